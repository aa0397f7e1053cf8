// See backend_monitor.h.
#include "lb/monitor/backend_monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lb/base/random_util.h"

namespace lb::monitor {

using back::Ejection;
using back::Health;
using back::HealthState;

namespace {

// What a new epoch forgets.
constexpr std::uint32_t kProbation = Health::kHalfOpen | Health::kProbing | Health::kProbeSlow |
                                     Health::kProbeAnswered | Health::kProbePassed | Health::kProbeFailed |
                                     Health::kTripped;
constexpr std::uint32_t kOutByChecks = Health::kDown | Health::kNeverUp;
constexpr std::uint32_t kEjectionJitterPercent = 20;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

BackendMonitor::BackendMonitor(const MonitorContext& context, std::shared_ptr<back::SharedBackend> shared,
                               const config::Service& service, const config::Host* host, Orders orders,
                               BackendMonitorOwner& owner)
    : context_(context),
      shared_(std::move(shared)),
      service_(&service),
      host_(host),
      owner_(owner),
      timer_(context.env.loop.makeTimer([this] { onTimer(); })) {
  // Whatever an earlier monitor thought of it is forgotten.
  const bool down = service.health_check.enabled && service.health_check.initial == config::InitialHealth::Down;
  const bool kept = orders == Orders::Kept;
  static_cast<void>(shared_->health.change({.set = down ? kOutByChecks : 0U,
                                            .clear = kProbation | Health::kUnseen | Health::kEjected |
                                                     (kept ? 0U : Health::kDrained) | (down ? 0U : kOutByChecks),
                                            .new_epoch = true}));
  if (!kept) shared_->set_weight.store(back::SharedBackend::kNoWeight, std::memory_order_relaxed);
  window_.restart(shared_->health.totals());
  reason_ = health().has(Health::kDrained) ? "drained by hand" : down ? "not checked yet" : "";
  applyChecks(service.health_check);
}

BackendMonitor::~BackendMonitor() = default;

std::string BackendMonitor::name() const {
  const std::string address = shared_->address.toString();
  const std::string label = shared_->label();
  const std::string which = address == label ? address : fmt::format("{} ({})", label, address);
  return fmt::format("backend {} of {}", which, shared_->service);
}

// The one place where a backend's state changes, is counted and is told.
void BackendMonitor::move(const back::BackendHealth::Change& change, const std::string& why) {
  const Health before = shared_->health.change(change);
  const Health after((before.word() | change.set) & ~change.clear);
  if (before.state() != after.state()) {
    reason_ = why;
    // Who comes back starts slowly, where that is wanted.
    if (after.state() == HealthState::Up)
      shared_->since.store(context_.env.clock.now().since_start.count(), std::memory_order_relaxed);
    shared_->health.counts.changes[static_cast<std::size_t>(after.state())].fetch_add(1, std::memory_order_relaxed);
    const LogLevel level = after.state() == HealthState::Up ? LogLevel::Info : LogLevel::Warn;
    context_.log.write(
        level, fmt::format("{} is {}, was {}: {}", name(), toString(after.state()), toString(before.state()), why));
  } else if (change.set != 0 || (change.clear & ~kProbation) != 0) {
    context_.log.write(LogLevel::Info, fmt::format("{} stays {}: {}", name(), toString(after.state()), why));
  }
  owner_.onMoved();
}

void BackendMonitor::apply(const config::Service& service) {
  service_ = &service;
  applyChecks(service.health_check);
  if (!service.outlier.enabled && (health().has(Health::kEjected) || health().has(Health::kHalfOpen)))
    endEjection("outlier is off");
}

void BackendMonitor::applyChecks(const config::HealthCheck& check) {
  if (left_at_) {
    checker_.reset();
  } else if (!check.enabled) {
    checker_.reset();
    if (health().has(Health::kDown)) move({.clear = kOutByChecks}, "it is not checked any more");
  } else if (checker_) {
    checker_->change(check);
  } else {
    // It begins where the backend is. Who serves already when a reload brings checks is not taken out before he is
    // asked: Down is then as Check.
    using health::InitialHealth;
    health::CheckSettings settings = check;
    if (health().has(Health::kDown)) {
      settings.initial = InitialHealth::Down;
    } else if (check.initial == InitialHealth::Down) {
      settings.initial = InitialHealth::Check;
    }
    health::CheckerEvents& self = *this;
    checker_ = std::make_unique<health::Checker>(context_.env.loop, context_.env.network, context_.env.random,
                                                 context_.blocks, shared_->address, std::move(settings), self);
    checker_->start();
  }
}

void BackendMonitor::onChecked(health::Verdict verdict, const std::string&) {
  auto& counts = shared_->health.counts;
  auto& count = verdict == health::Verdict::Passed   ? counts.checks_passed
                : verdict == health::Verdict::Failed ? counts.checks_failed
                                                     : counts.checks_inconclusive;
  count.fetch_add(1, std::memory_order_relaxed);
}

void BackendMonitor::onChange(bool up, const std::string& why) {
  if (up) {
    move({.clear = kOutByChecks}, fmt::format("a check passed ({})", why));
  } else {
    move({.set = Health::kDown}, fmt::format("a check failed ({})", why));
  }
}

void BackendMonitor::look() {
  const Health now = health();
  if (now.has(Health::kProbePassed)) {
    endEjection("the request on probation succeeded");
  } else if (now.has(Health::kProbeFailed)) {
    eject(Ejection::ProbeFailed, "the request on probation failed");
  } else if (now.has(Health::kTripped)) {
    // Who may not be ejected now is not ejected later for what was long ago, but for as many failures again.
    static_cast<void>(shared_->health.change({.clear = Health::kTripped}));
    // A success may have ended the row since.
    const std::uint32_t row = std::max(shared_->health.failuresInARow(), service_->outlier.consecutive_failures);
    eject(Ejection::ConsecutiveFailures, fmt::format("{} failures in a row", row));
  }
}

// Whom no worker has any more, since DNS leaves it out, is not asked meanwhile. If it comes back, another monitor
// begins.
bool BackendMonitor::lookWhetherItLeft() {
  if (serves() || left_at_) return false;
  left_at_ = context_.env.clock.now();
  checker_.reset();
  return true;
}

bool BackendMonitor::keepsOrders() const {
  const bool long_gone = left_at_ && context_.env.clock.now() - *left_at_ >= kOrdersLast;
  return byHand() && host_ != nullptr && !long_gone;
}

void BackendMonitor::eject(Ejection reason, const std::string& why) {
  const config::Outlier& outlier = service_->outlier;
  const bool again = health().has(Health::kHalfOpen);
  const bool first = health().state() == HealthState::Up && owner_.mayEject(*this);
  if (!outlier.enabled || !(again || first)) return;
  const MonoTime now = context_.env.clock.now();
  if (!again && now - returned_ >= last_ejection_) ejections_in_a_row_ = 0;
  ++ejections_in_a_row_;
  last_ejection_ = nextEjection();
  ejected_until_ = now + last_ejection_;
  timer_->arm(last_ejection_);
  shared_->health.counts.ejections[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  move({.set = Health::kEjected, .clear = kProbation, .new_epoch = true},
       fmt::format("{}; out for {:.3f} s", why, seconds(last_ejection_)));
}

// base x 2^(n-1), at most the maximum, +-20 %.
Duration BackendMonitor::nextEjection() {
  const config::Outlier& outlier = service_->outlier;
  Duration length = outlier.base_ejection;
  for (std::uint32_t i = 1; i < ejections_in_a_row_ && length < outlier.max_ejection; ++i) length *= 2;
  length = std::min(length, outlier.max_ejection);
  const Duration jitter = length * kEjectionJitterPercent / 100;
  const std::uint64_t drawn = below(context_.env.random, static_cast<std::uint64_t>((2 * jitter).count()) + 1);
  return length - jitter + Duration(static_cast<Duration::rep>(drawn));
}

// The ejection is over, and then: the request on probation does not come to its end.
void BackendMonitor::onTimer() {
  timer_->arm(service_->outlier.base_ejection);
  if (health().has(Health::kEjected)) {
    move({.set = Health::kHalfOpen, .clear = Health::kEjected, .new_epoch = true}, "one request is to show");
    return;
  }
  if (health().has(Health::kProbePassed) || health().has(Health::kProbeFailed)) {
    look();  // its worker has just said so
    return;
  }
  if (!health().has(Health::kProbing)) return;
  if (!health().has(Health::kProbeSlow)) {  // less than base_ejection until now
    static_cast<void>(shared_->health.change({.set = Health::kProbeSlow}));
  } else if (health().has(Health::kProbeAnswered)) {
    endEjection("the request on probation is being answered");
  } else {
    // Nor does the end of this one say anything any more: it would free the place of the next.
    move({.clear = Health::kProbing | Health::kProbeAnswered, .new_epoch = true}, "another request is to show");
  }
}

void BackendMonitor::endEjection(const std::string& why) {
  timer_->disarm();
  returned_ = context_.env.clock.now();
  window_.restart(shared_->health.totals());
  move({.clear = kProbation | Health::kEjected, .new_epoch = true}, why);
}

Duration BackendMonitor::ejectedFor() const {
  if (!health().has(Health::kEjected)) return {};
  return std::max(ejected_until_ - context_.env.clock.now(), Duration::zero());
}

void BackendMonitor::drain() {
  if (!health().has(Health::kDrained)) move({.set = Health::kDrained}, "drained by hand");
}

void BackendMonitor::enable() {
  if (!health().has(Health::kDrained)) return;
  // Whoever enables it has looked at it: earlier failures are forgotten. A probation goes on.
  move({.clear = Health::kDrained, .new_epoch = !health().has(Health::kHalfOpen)}, "enabled by hand");
}

void BackendMonitor::setWeight(std::optional<std::uint32_t> weight) {
  shared_->set_weight.store(weight.value_or(back::SharedBackend::kNoWeight), std::memory_order_relaxed);
  context_.log.write(LogLevel::Info, weight ? fmt::format("{} has weight {} by hand", name(), *weight)
                                            : fmt::format("{} has its configured weight", name()));
  owner_.onMoved();
}

}  // namespace lb::monitor
