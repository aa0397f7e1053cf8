// See traffic_watch.h.
#include "sim/check/traffic_watch.h"

#include <algorithm>
#include <limits>

#include "lb/back/retry_budget.h"
#include "sim/check/in_force.h"
#include "sim/check/ledger.h"
#include "sim/check/rate_key.h"
#include "sim/check/view.h"

namespace sim::check {
namespace {

using namespace std::chrono_literals;
using lb::config::Service;

constexpr Duration kWindow = 10s;
constexpr Duration kNews = 1s;  // until a client knows what the proxy knows, where nothing holds it up

bool limited(const Service& service) {
  return service.limits.max_inflight > 0 || service.limits.adaptive.enabled;
}

std::size_t hostsWithWeight(const Service& service) {
  return static_cast<std::size_t>(
      std::ranges::count_if(service.hosts, [](const lb::config::Host& host) { return host.weight > 0; }));
}

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

const Service& serviceAt(const Ledger& ledger, int number) {
  return ledger.scenario().config.services.at(static_cast<std::size_t>(number));
}

// Was somebody not offered, for his health or by hand?
bool someWereOut(const Ledger& ledger, const Service& service, MonoTime since) {
  for (std::uint32_t i = 0; i < ledger.scenario().backends.size(); ++i) {
    if (ledger.health().wasOut(service.name, i, since)) return true;
  }
  return false;
}

// On one of its backends at a time, by the widest limit in force; 0: there is none.
std::uint32_t mostInflight(const Ledger& ledger, const Service& service, MonoTime since) {
  std::uint32_t most = 0;
  bool unlimited = false;
  forEachInForce(ledger, service, since, ledger.now(), [&](const Service& one) {
    constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
    const std::uint32_t fixed = one.limits.max_inflight > 0 ? one.limits.max_inflight : kNone;
    const std::uint32_t adaptive = one.limits.adaptive.enabled ? one.limits.adaptive.max : kNone;
    unlimited = unlimited || std::min(fixed, adaptive) == kNone;
    most = std::max(most, std::min(fixed, adaptive));
  });
  return unlimited ? 0 : most;
}

// Routes may lead whoever has been at no backend anywhere.
bool mayBeOf(const Ledger& ledger, const Entry& entry, int service) {
  if (ledger.scenario().config.routes.empty()) return entry.plan->service == service;
  return entry.routed_to.empty() || entry.routed_to == serviceAt(ledger, service).name;
}

// Of a client that has gone nobody knows how long the proxy goes on without it.
bool mayBeUnderWay(const Ledger& ledger, const Entry& entry, int service, MonoTime since) {
  if (entry.plan == nullptr || entry.started == kNever || !mayBeOf(ledger, entry, service)) return false;
  return entry.ended == kNever || entry.ended >= since || entry.lost || entry.plan->upgrade;
}

bool hasCauseIn(const Ledger& ledger, const Entry& entry, const Service& service, std::string_view reason) {
  const Duration waited = ledger.now() - entry.started;
  if (reason == "rate_limited") return service.rate_limit.rate > 0;
  if (reason == "overloaded") return service.limits.adaptive.enabled;
  if (reason == "queue_timeout") return service.limits.max_inflight > 0 && waited >= service.limits.queue.timeout;
  if (reason == "queue_full") {
    // As many as may wait, and at least one on each backend, are there besides it; or have just been.
    const auto number = static_cast<int>(&service - ledger.scenario().config.services.data());
    std::int64_t others = 0;
    for (const Entry& one : ledger.entries()) {
      if (!mayBeUnderWay(ledger, one, number, entry.started + -kNews)) continue;
      // Who is sent again after an answer that is kept has two places, as long as that comes.
      others += one.attempts.size() > 1 && !service.retry.on.statuses.empty() ? 2 : 1;
    }
    return service.limits.max_inflight > 0 &&
           others > static_cast<std::int64_t>(service.limits.max_inflight) + service.limits.queue.max;
  }
  // In the queue of a service that a reload took away.
  if (reason == "no_healthy_backend") return service.limits.max_inflight > 0 && ledger.configurations().size() > 1;
  return false;
}

}  // namespace

bool isPaid(const Entry& entry) {
  const std::size_t count = entry.attempts.size();
  return count > 1 && !entry.attempts[count - 2].reused;
}

bool mayGetNowhere(const plan::Scenario& scenario, const Service& service) {
  const Duration way = 2 * plan::longestWay(scenario);
  return service.retry.per_try_timeout > 0s && service.retry.per_try_timeout <= 10 * way + 50ms;
}

bool retriesFreely(const Service& service) {
  return service.retry.attempts > 0 && service.retry.on.connect_failure && !limited(service);
}

Duration headTimeOf(const Service& service) {
  const Duration limit = service.timeouts.response_header;
  const Duration attempt = service.retry.per_try_timeout;
  return attempt > 0s ? std::min(limit, attempt) : limit;
}

Duration queueTimeOf(const Service& service) {
  return service.limits.max_inflight > 0 && !service.limits.adaptive.enabled && service.limits.queue.max > 0
             ? service.limits.queue.timeout
             : Duration::zero();
}

bool TrafficWatch::heldUp(MonoTime since) const {
  using enum plan::FaultKind;
  for (std::size_t i = 0; i < ledger_.scenario().backends.size(); ++i) {
    if (ledger_.troubles().any({Stall, StallTo, StallFrom, Loss, Slow, Pause, BlackHole, BacklogFull},
                               static_cast<int>(i), since, ledger_.now()))
      return true;
  }
  return ledger_.troubles().any({Pause}, plan::kProxySide, since, ledger_.now());
}

std::uint64_t TrafficWatch::underWay(int service, MonoTime since) const {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      ledger_.entries(), [&](const Entry& one) { return mayBeUnderWay(ledger_, one, service, since); }));
}

void TrafficWatch::atBackend(const Entry& entry) {
  const plan::Request& plan = *entry.plan;
  const int service = ledger_.serviceNumber(entry);
  if (plan.malformed >= 0 || service < 0 || ledger_.failed()) return;
  checkAttempts(entry, serviceAt(ledger_, service));
  checkPlacement(entry, serviceAt(ledger_, service));
  checkReason(entry, serviceAt(ledger_, service));
  leaveMarks(entry, serviceAt(ledger_, service));
  // Of what has been held up, the attempt on a pooled connection, which costs nothing, may come last.
  const bool mixed = std::ranges::any_of(entry.attempts, &Attempt::reused) && heldUp(entry.started);
  if (isPaid(entry) && !mixed) {
    paid_.push_back({service, ledger_.now()});
    ledger_.leave(Mark::RetryPaid);
    checkBudget(entry, service);
  }
  if (entry.attempts.size() == 1) checkRate(entry, service);
}

void TrafficWatch::leaveMarks(const Entry& entry, const Service& service) {
  if (entry.attempts.size() < 2) return;
  if (!isIdempotent(entry.plan->method)) ledger_.leave(Mark::RetryVouched);
  const Attempt& before = entry.attempts[entry.attempts.size() - 2];
  const Duration limit = service.retry.per_try_timeout;
  if (limit == 0s || !service.retry.on.timeout || before.complete == kNever) return;
  const Duration took = ledger_.now() - before.complete;
  const Duration way = 2 * plan::longestWay(ledger_.scenario()) + 10ms;
  if (took + way >= limit && took <= limit + way) ledger_.leave(Mark::RetryTimedOut);
}

// Each attempt that is counted may be preceded by one on a pooled connection, which is not.
void TrafficWatch::checkAttempts(const Entry& entry, const Service& service) {
  const auto fresh = std::ranges::count(entry.attempts, false, &Attempt::reused);
  const bool moved = ledger_.scenario().config.threads > 1 && limited(service);  // its place may have gone meanwhile
  const auto most = static_cast<std::int64_t>(service.retry.attempts) + 1;
  ledger_.expect(fresh <= most && (moved || static_cast<std::int64_t>(entry.attempts.size()) <= 2 * most),
                 Class::Safety, "safety.retries", entry.plan->id,
                 "request {} was tried {} times, {} of them on new connections", entry.plan->id, entry.attempts.size(),
                 fresh);
}

// As long as there is a host that it has not been to, it goes there.
void TrafficWatch::checkPlacement(const Entry& entry, const Service& service) {
  const plan::Scenario& scenario = ledger_.scenario();
  if (!isPaid(entry) || limited(service) || scenario.has("tiny_timeouts") || scenario.has("names") ||
      ledger_.configurations().size() > 1 || ledger_.troubles().anySince(entry.connected) ||
      someWereOut(ledger_, service, entry.connected))
    return;
  if (std::ranges::any_of(entry.attempts, &Attempt::reused)) return;
  if (mayGetNowhere(scenario, service)) return;
  const std::size_t count = entry.attempts.size();
  if (count > hostsWithWeight(service)) return;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    ledger_.expect(entry.attempts[i].backend != entry.attempts.back().backend, Class::Safety, "safety.retry_placement",
                   entry.plan->id, "request {} went to b{} again although it has not been everywhere", entry.plan->id,
                   entry.attempts.back().backend);
  }
}

// Who has had its answer is not asked again, unless retry.retry_on names that answer. Judged where nothing but the
// answer can have been the reason; a used connection may have been ended before the request came.
void TrafficWatch::checkReason(const Entry& entry, const Service& service) {
  const plan::Scenario& scenario = ledger_.scenario();
  const plan::Answer& answer = entry.plan->answer;
  if (entry.attempts.size() < 2) return;
  const Attempt& before = entry.attempts[entry.attempts.size() - 2];
  if (before.reused) return;
  // When the ways become short, what was sent on a long one, and given up with its connection, comes after what was
  // sent later on a new one.
  if (entry.attempts.back().reused && plan::longestWay(scenario) > 1ms) return;
  const bool answered =
      entry.replied != kNever && entry.replied >= before.head && !scenario.backends[before.backend].be;
  if (!answered || scenario.has("idle_answer") || ledger_.troubles().anySince(entry.connected)) return;
  const bool unavailable = answer.fault == plan::AnswerFault::Unavailable;
  if (!unavailable && answer.fault != plan::AnswerFault::None) return;
  const Duration way = 4 * plan::longestWay(scenario) + 50ms;
  const Duration took = entry.replied - entry.started + headTakes(*entry.plan);
  if (ledger_.configurations().size() > 1 || took + way >= headTimeOf(service)) return;
  const int status = unavailable && entry.attempts.size() == 2 ? 503 : answer.status;
  const auto& statuses = service.retry.on.statuses;
  ledger_.expect(std::ranges::find(statuses, status) != statuses.end(), Class::Safety, "safety.retry_unasked",
                 entry.plan->id, "b{} has answered request {} with {}, which is not retried, and b{} was asked, too",
                 before.backend, entry.plan->id, status, entry.attempts.back().backend);
}

// What the backends see is at most the requests and the budget. All that is under way somewhere counts for the proxy.
void TrafficWatch::checkBudget(const Entry& entry, int number) {
  const lb::config::RetryBudget& budget = serviceAt(ledger_, number).retry.budget;
  const MonoTime now = ledger_.now();
  const auto since = [&](MonoTime from) {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(paid_, [&](const Paid& one) { return one.service == number && one.at >= from; }));
  };
  // A service that a reload takes away and brings back begins anew.
  if (ledger_.configurations().size() > 1) return;
  const MonoTime begin{World::kStart};
  const std::uint64_t ever = since(begin);
  const double earned = static_cast<double>(budget.percent * underWay(number, begin)) / 100 +
                        budget.min_concurrency * (seconds(now - begin) + lb::back::RetryBudget::kSaved);
  ledger_.expect(static_cast<double>(ever) <= earned, Class::Safety, "safety.amplification", entry.plan->id,
                 "{} retries where {} could be earned", ever, earned);
  if (heldUp(now + -2 * kWindow)) return;
  const std::uint64_t lately = since(now + -kWindow);
  const auto saved = static_cast<double>(lb::back::RetryBudget::kSaved * (1 + std::int64_t{budget.min_concurrency}));
  const double most = static_cast<double>(budget.percent * underWay(number, now + -kWindow + -kNews)) / 100 +
                      budget.min_concurrency * seconds(kWindow) + saved;
  ledger_.expect(static_cast<double>(lately) <= most, Class::Safety, "safety.amplification", entry.plan->id,
                 "{} retries in ten seconds where {} are the budget", lately, most);
}

void TrafficWatch::begins(const Entry& entry, std::uint32_t backend, std::uint64_t connection) {
  const plan::Scenario& scenario = ledger_.scenario();
  const plan::Request& plan = *entry.plan;
  const int number = ledger_.serviceNumber(entry);
  if (plan.malformed >= 0 || number < 0 || !held_) return;
  open_.push_back({backend, connection, number, plan.id, isPaid(entry)});
  const Service& service = serviceAt(ledger_, number);
  const std::uint32_t most = mostInflight(ledger_, service, entry.started);
  const bool budgeted = scenario.has("retry_budget");
  // An answer that nobody asked for may have been taken for this one's: then the backend is alone with it.
  if ((most == 0 && !budgeted) || scenario.has("idle_answer")) return;
  std::uint32_t here = 0;
  std::uint32_t paid = 0;
  for (const Open& one : open_) {
    if (one.service != number || (one.backend != backend && !one.paid) || !held_(one.connection)) continue;
    if (one.backend == backend) ++here;
    // An earlier attempt of the same request has had its answer, which is kept there.
    if (one.paid && (one.request != plan.id || &one == &open_.back())) ++paid;
  }
  if (most > 0) {
    ledger_.expect(here <= most, Class::Safety, "safety.inflight", plan.id,
                   "b{} has {} requests of {} where {} are the limit", backend, here, service.name, most);
    if (here == most) ledger_.leave(Mark::InflightAtLimit);
  }
  if (!open_.back().paid) return;
  // When it was charged, before its pause.
  const lb::config::RetryBudget& budget = service.retry.budget;
  const std::uint64_t share =
      budget.percent * underWay(number, ledger_.now() + -(kNews + service.retry.backoff_max)) / 100;
  ledger_.expect(
      !budgeted || heldUp(ledger_.now() + -kWindow) || paid <= std::max<std::uint64_t>(share, budget.min_concurrency),
      Class::Safety, "safety.amplification", plan.id, "{} retries of {} at a time", paid, service.name);
}

void TrafficWatch::ends(std::uint64_t connection) {
  std::erase_if(open_, [&](const Open& one) { return one.connection == connection; });
}

// Is one a request that may be of this service, and has it the same key as the other?
bool TrafficWatch::sharesRate(const Entry& one, const Entry& other, int service) const {
  const plan::Scenario& scenario = ledger_.scenario();
  const lb::config::RateLimit& limit = serviceAt(ledger_, service).rate_limit;
  return one.plan != nullptr && mayBeOf(ledger_, one, service) &&
         rateKeyOf(scenario, limit, *one.plan) == rateKeyOf(scenario, limit, *other.plan);
}

// No more have passed in any time than the burst and what the rate gives. When each was decided nobody outside knows,
// but between its first byte and its arrival.
void TrafficWatch::checkRate(const Entry& entry, int service) {
  const lb::config::RateLimit& limit = serviceAt(ledger_, service).rate_limit;
  if (limit.rate <= 0 || ledger_.calm() || ledger_.configurations().size() > 1) return;
  std::vector<MonoTime> begins;
  for (const Entry& one : ledger_.entries()) {
    if (!one.attempts.empty() && !one.calm && sharesRate(one, entry, service)) begins.push_back(one.started);
  }
  std::ranges::sort(begins);
  for (std::size_t i = 0; i < begins.size(); ++i) {
    const double most = limit.allowance() + limit.rate * seconds(ledger_.now() - begins[i]) + 1e-6;
    ledger_.expect(static_cast<double>(begins.size() - i) <= most, Class::Safety, "safety.rate", entry.plan->id,
                   "{} requests have passed in {} s", begins.size() - i, seconds(ledger_.now() - begins[i]));
    if (ledger_.failed()) return;
  }
}

// Who was refused had others before it that had used up what there was, by the slowest rate in force.
bool TrafficWatch::rateWasUsedUp(const Entry& entry, const Service& service) const {
  lb::config::RateLimit limit = service.rate_limit;
  forEachInForce(ledger_, service, entry.started, ledger_.now(), [&](const Service& one) {
    if (one.rate_limit.rate > 0) limit.rate = std::min(limit.rate, one.rate_limit.rate);
  });
  const auto number = static_cast<int>(&service - ledger_.scenario().config.services.data());
  std::vector<const Entry*> passed;
  for (const Entry& one : ledger_.entries()) {
    if (one.started != kNever && one.reason != "rate_limited" && &one != &entry && sharesRate(one, entry, number))
      passed.push_back(&one);
  }
  const auto decidedBy = [&](const Entry& one) {
    if (!one.attempts.empty()) return one.attempts.front().head;
    return one.ended != kNever && !one.lost ? one.ended : ledger_.now();
  };
  return std::ranges::any_of(passed, [&](const Entry* first) {
    const auto count =
        std::ranges::count_if(passed, [&](const Entry* one) { return decidedBy(*one) >= first->started; });
    const double most = limit.allowance() - 1 + limit.rate * seconds(entry.started - decidedBy(*first)) - 1e-3;
    return static_cast<double>(count) >= most;
  });
}

void TrafficWatch::rateLimited(const Entry& entry) {
  const std::vector<std::string> names = ledger_.servicesOf(entry);
  const bool explained = std::ranges::any_of(ledger_.scenario().config.services, [&](const Service& service) {
    return std::ranges::find(names, service.name) != names.end() && rateWasUsedUp(entry, service);
  });
  ledger_.expect(explained, Class::Safety, "safety.rate", entry.plan->id,
                 "request {} got a 429 although the rate had not been used up", entry.plan->id);
}

bool trafficHasCause(const Ledger& ledger, const Entry& entry, std::string_view reason) {
  const std::vector<std::string> names = ledger.servicesOf(entry);
  return std::ranges::any_of(ledger.scenario().config.services, [&](const Service& service) {
    return std::ranges::find(names, service.name) != names.end() && hasCauseIn(ledger, entry, service, reason);
  });
}

bool statusIsRetried(const Ledger& ledger, const Entry& entry) {
  const std::vector<std::string> names = ledger.servicesOf(entry);
  return std::ranges::any_of(ledger.scenario().config.services, [&](const Service& service) {
    const auto& statuses = service.retry.on.statuses;
    return std::ranges::find(names, service.name) != names.end() &&
           std::ranges::find(statuses, entry.plan->answer.status) != statuses.end();
  });
}

bool hadToBeRetried(const Ledger& ledger, const Entry& entry) {
  const plan::Scenario& scenario = ledger.scenario();
  const plan::Request& plan = *entry.plan;
  const int number = ledger.serviceNumber(entry);
  if (number < 0) return false;
  const Service& service = serviceAt(ledger, number);
  const bool named = std::ranges::find(service.retry.on.statuses, 503) != service.retry.on.statuses.end();
  const bool paid_for = service.retry.budget.min_concurrency >= 1000;
  const bool elsewhere =
      paid_for && retriesFreely(service) && hostsWithWeight(service) > 1 && ledger.configurations().size() == 1;
  // A POST whose pooled connection closes just then has used up an attempt that no backend may know of.
  const bool unseen =
      (!isIdempotent(plan.method) && View(ledger, entry).closesQuietly()) || mayGetNowhere(scenario, service);
  return named && elsewhere && !unseen && repeatable(plan, service) && !plan.answer.interim && !plan.expect &&
         !plan.trailers && entry.attempts.size() == 1 && service.timeouts.total == 0s &&
         !scenario.has("tiny_timeouts") && !scenario.has("names") && ledger.drainingSince() == kNever &&
         !ledger.troubles().anySince(entry.connected) && !someWereOut(ledger, service, entry.connected);
}

}  // namespace sim::check
