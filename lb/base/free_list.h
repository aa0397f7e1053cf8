// Recycles objects that each request needs for a while, so that a keep-alive request allocates nothing in steady state.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace lb {

// Objects keep their memory between uses: the user clears what it finds. One list a worker; not shared by threads.
// The list must outlive what it handed out.
template <class T>
class FreeList {
 public:
  explicit FreeList(std::size_t kept_max) : kept_max_(kept_max) { kept_.reserve(kept_max); }

  struct GiveBack {
    FreeList* list = nullptr;
    void operator()(T* object) const { list->giveBack(object); }
  };
  using Ptr = std::unique_ptr<T, GiveBack>;

  template <class... Args>
  [[nodiscard]] Ptr take(Args&&... args) {  // the arguments are for a new object only
    if (kept_.empty()) return Ptr(new T(std::forward<Args>(args)...), GiveBack{this});
    T* object = kept_.back().release();
    kept_.pop_back();
    return Ptr(object, GiveBack{this});
  }

  [[nodiscard]] bool full() const { return kept_.size() >= kept_max_; }

 private:
  void giveBack(T* object) {
    std::unique_ptr<T> owned(object);
    if (kept_.size() < kept_max_) kept_.push_back(std::move(owned));
  }

  std::size_t kept_max_;
  std::vector<std::unique_ptr<T>> kept_;
};

}  // namespace lb
