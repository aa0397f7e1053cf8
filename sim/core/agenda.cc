// Heap order with the hole method: an entry is moved once, to its final place.
#include "sim/core/agenda.h"

#include <algorithm>

#include "lb/base/check.h"

namespace sim {

Due Planned::due() const {
  return agenda_->heap_[place_].due;
}

void Planned::callOff() {
  if (agenda_ != nullptr) agenda_->remove(*this);
}

Agenda::~Agenda() {
  for (const Entry& entry : heap_) entry.item->agenda_ = nullptr;
}

void Agenda::put(Planned& item, Due due) {
  if (item.agenda_ != nullptr) {
    LB_CHECK(item.agenda_ == this);
    move(item.place_, {due, &item});
    return;
  }
  item.agenda_ = this;
  heap_.push_back({due, &item});
  siftUp(heap_.size() - 1, {due, &item});
}

Planned& Agenda::takeFirst() {
  Planned& item = *heap_.front().item;
  remove(item);
  return item;
}

void Agenda::remove(Planned& item) {
  const std::size_t at = item.place_;
  LB_CHECK(item.agenda_ == this && heap_[at].item == &item);
  item.agenda_ = nullptr;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (last.item != &item) move(at, last);
}

void Agenda::move(std::size_t at, const Entry& entry) {
  if (at > 0 && entry.due < heap_[(at - 1) / kChildren].due) {
    siftUp(at, entry);
  } else {
    siftDown(at, entry);
  }
}

void Agenda::siftUp(std::size_t at, const Entry& entry) {
  while (at > 0) {
    const std::size_t parent = (at - 1) / kChildren;
    if (entry.due >= heap_[parent].due) break;
    place(at, heap_[parent]);
    at = parent;
  }
  place(at, entry);
}

void Agenda::siftDown(std::size_t at, const Entry& entry) {
  const std::size_t size = heap_.size();
  for (std::size_t child = kChildren * at + 1; child < size; child = kChildren * at + 1) {
    std::size_t least = child;
    const std::size_t end = std::min(child + kChildren, size);
    for (std::size_t i = child + 1; i < end; ++i) {
      if (heap_[i].due < heap_[least].due) least = i;
    }
    if (entry.due <= heap_[least].due) break;
    place(at, heap_[least]);
    at = least;
  }
  place(at, entry);
}

}  // namespace sim
