// See checker.h.
#include "lb/health/checker.h"

#include <utility>

#include "lb/base/check.h"
#include "lb/base/random_util.h"

namespace lb::health {

Checker::Checker(Loop& loop, Network& network, Random& random, buf::BlockPool& blocks, const Address& target,
                 CheckSettings settings, CheckerEvents& events)
    : loop_(loop),
      network_(network),
      random_(random),
      blocks_(blocks),
      target_(target),
      settings_(std::move(settings)),
      events_(events),
      next_(loop.makeTimer([this] { check(); })),
      up_(settings_.initial != InitialHealth::Down),
      decided_(settings_.initial != InitialHealth::Check) {
  LB_CHECK(problem(settings_).empty());
}

Checker::~Checker() = default;

void Checker::start() {
  next_->arm(Duration::zero());
}

void Checker::change(const CheckSettings& settings) {
  LB_CHECK(problem(settings).empty());
  const Duration interval = up_ ? settings.interval : settings.down_interval;
  const bool other = interval != (up_ ? settings_.interval : settings_.down_interval);
  settings_ = settings;
  if (waiting_ && other) next_->arm(pause());
}

void Checker::check() {
  waiting_ = false;
  ProbeEvents& self = *this;
  probe_ = std::make_unique<Probe>(loop_, network_, blocks_, target_, settings_, self);
}

void Checker::onProbed(Verdict verdict, const std::string& why) {
  loop_.retire(std::move(probe_));
  events_.onChecked(verdict, why);
  if (verdict != Verdict::Inconclusive) weigh(verdict == Verdict::Passed, why);
  next_->arm(pause());
  waiting_ = true;
}

void Checker::weigh(bool passed, const std::string& why) {
  passes_ = passed ? passes_ + 1 : 0;
  failures_ = passed ? 0 : failures_ + 1;
  const bool alone = !std::exchange(decided_, true);
  const bool enough = passed ? passes_ >= settings_.rise : failures_ >= settings_.fall;
  if (passed == up_ || !(enough || alone)) return;
  up_ = passed;
  events_.onChange(up_, why);
}

Duration Checker::pause() {
  const Duration interval = up_ ? settings_.interval : settings_.down_interval;
  const auto upTo = [&](Duration most) {
    return Duration(static_cast<Duration::rep>(below(random_, static_cast<std::uint64_t>(most.count()) + 1)));
  };
  if (std::exchange(first_, false)) return upTo(interval);
  const Duration jitter = interval * settings_.jitter_percent / 100;
  return interval - jitter + upTo(2 * jitter);
}

}  // namespace lb::health
