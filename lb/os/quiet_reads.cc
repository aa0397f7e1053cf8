// Two generations and one timer, armed only while somebody is registered.
#include "lb/os/quiet_reads.h"

namespace lb::os {
namespace {

constexpr Duration kInterval = std::chrono::milliseconds(100);  // longer than a busy connection is ever quiet

}  // namespace

void QuietRead::leave() {
  if (list_ == nullptr) return;
  QuietRead* last = list_->back();  // takes its place
  (*list_)[place_] = last;
  last->place_ = place_;
  list_->pop_back();
  list_ = nullptr;
}

QuietReads::QuietReads(Loop& loop) : timer_(loop.makeTimer([this] { onTimer(); })) {}

void QuietReads::add(QuietRead& stream) {
  stream.leave();
  stream.list_ = &young_;
  stream.place_ = young_.size();
  young_.push_back(&stream);
  if (armed_) return;
  armed_ = true;
  timer_->arm(kInterval);
}

void QuietReads::onTimer() {
  while (!old_.empty()) {
    QuietRead& quiet = *old_.back();
    quiet.leave();
    quiet.lookAgain();
  }
  old_.swap(young_);
  for (QuietRead* quiet : old_) quiet->list_ = &old_;
  armed_ = !old_.empty();
  if (armed_) timer_->arm(kInterval);
}

}  // namespace lb::os
