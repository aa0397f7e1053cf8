// Two generations and one timer, armed only while somebody is registered.
#include "lb/os/quiet_reads.h"

namespace lb::os {
namespace {

constexpr Duration kInterval = std::chrono::milliseconds(100);  // longer than a busy connection is ever quiet

}  // namespace

QuietReads::QuietReads(Loop& loop) : timer_(loop.makeTimer([this] { onTimer(); })) {}

void QuietReads::add(QuietRead& stream) {
  young_.pushBack(stream);
  if (armed_) return;
  armed_ = true;
  timer_->arm(kInterval);
}

void QuietReads::onTimer() {
  while (!old_.empty()) old_.popFront().lookAgain();
  old_.takeAll(young_);
  armed_ = !old_.empty();
  if (armed_) timer_->arm(kInterval);
}

}  // namespace lb::os
