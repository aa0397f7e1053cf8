// First in, first out, in one piece of memory that is kept: nothing is allocated in steady state.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace sim {

template <class T>
class Fifo {
 public:
  [[nodiscard]] bool empty() const { return first_ == items_.size(); }
  [[nodiscard]] std::size_t size() const { return items_.size() - first_; }
  [[nodiscard]] T& front() { return items_[first_]; }  // REQUIRES: not empty
  void push(T item) { items_.push_back(std::move(item)); }
  T pop() {  // REQUIRES: not empty
    T item = std::move(items_[first_++]);
    if (empty()) {
      clear();
    } else if (first_ >= kWasteMax && first_ > items_.size() / 2) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    return item;
  }
  void clear() {
    items_.clear();
    first_ = 0;
  }

 private:
  static constexpr std::size_t kWasteMax = 64;  // places of what has gone that may stay before the rest moves down
  std::vector<T> items_;
  std::size_t first_ = 0;
};

}  // namespace sim
