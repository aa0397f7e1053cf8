// Bytes that wait to be sent, piece by piece. Taking from the front does not move what is left, so that a megabyte in
// single bytes costs a megabyte.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace sim::actor {

class Outbox {
 public:
  [[nodiscard]] bool empty() const { return at_ == text_.size(); }
  [[nodiscard]] std::size_t size() const { return text_.size() - at_; }
  [[nodiscard]] std::string_view rest() const { return std::string_view(text_).substr(at_); }
  [[nodiscard]] std::string& end() { return text_; }  // to append to

  void drop(std::size_t bytes) {  // REQUIRES: bytes <= size()
    at_ += bytes;
    if (at_ < text_.size() / 2) return;
    text_.erase(0, at_);
    at_ = 0;
  }
  [[nodiscard]] std::string take(std::size_t bytes) {
    std::string piece(rest().substr(0, bytes));
    drop(piece.size());
    return piece;
  }
  void clear() {
    text_.clear();
    at_ = 0;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;  // what is before it has been taken
};

}  // namespace sim::actor
