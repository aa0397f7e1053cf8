// Intrusive doubly linked lists: membership without allocation, O(1) removal, and an object that is destroyed leaves
// its list by itself, even while somebody walks through it with popFront.
#pragma once

namespace lb::os {

template <class T>
class LinkList;

// Base of what can be in one LinkList<T> at a time. T derives from Link<T>.
template <class T>
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  [[nodiscard]] bool linked() const { return next_ != this; }
  void unlink() {
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = this;
  }

 protected:
  ~Link() { unlink(); }

 private:
  friend class LinkList<T>;
  Link* prev_ = this;
  Link* next_ = this;
};

template <class T>
class LinkList {
 public:
  [[nodiscard]] bool empty() const { return !end_.linked(); }
  // Moves `item` to the end of this list, from whichever list it was in.
  void pushBack(Link<T>& item) {
    item.unlink();
    item.prev_ = end_.prev_;
    item.next_ = &end_;
    end_.prev_->next_ = &item;
    end_.prev_ = &item;
  }
  // REQUIRES: not empty.
  T& popFront() {
    Link<T>* first = end_.next_;
    first->unlink();
    return static_cast<T&>(*first);
  }
  // Takes everything out of `other`, in order, behind what is here.
  void takeAll(LinkList& other) {
    if (other.empty()) return;
    Link<T>* first = other.end_.next_;
    Link<T>* last = other.end_.prev_;
    other.end_.unlink();
    first->prev_ = end_.prev_;
    end_.prev_->next_ = first;
    last->next_ = &end_;
    end_.prev_ = last;
  }

 private:
  struct End : Link<T> {};
  End end_;
};

}  // namespace lb::os
