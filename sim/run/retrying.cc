// In the calm: before an attempt at a backend that has failed already there is a pause of a random length, whose bound
// doubles up to retry.backoff.max.
#include <utility>

#include "sim/check/affinity_check.h"
#include "sim/run/run.h"

namespace sim::run {

using check::Class;
using namespace std::chrono_literals;

namespace {

constexpr Duration kBase = 400ms;
constexpr Duration kMax = 500ms;
constexpr Duration kPatience = 10s;
constexpr int kRequests = 4;
constexpr std::uint16_t kBusy = 503;
constexpr std::uint64_t kBodyMax = 100;  // of a plain POST

}  // namespace

void Run::retries() {
  // Where there is a budget, or nothing is to go wrong, nothing is tried as often as this wants.
  if (scenario_.calm_only || !config_.routes.empty() || scenario_.has("retry_budget") || !waysAreShort()) return;
  for (std::size_t service = 0; service < config_.services.size(); ++service) {
    if (!ledger_.failed()) attemptsArePausedBetween(service);
  }
}

// There is one backend, which is busy whenever it is asked.
void Run::attemptsArePausedBetween(std::size_t service) {
  lb::config::Service& settings = config_.services[service];
  if (settings.retry.attempts < 2 || onlyBackend(settings) < 0 || !waitsFor(settings, kPatience)) return;
  const lb::config::Service before = settings;
  settings.retry.on.statuses = {kBusy};
  settings.retry.backoff_base = kBase;
  settings.retry.backoff_max = kMax;
  settings.retry.budget.min_concurrency = 1000;
  settings.pool.max_idle = 0;  // a pooled connection that closes just then takes an attempt that no backend knows of
  takeOver(config_);
  pass(100ms);
  const Duration way = 4 * plan::farthest(scenario_) + 2ms;
  int short_ones = 0;  // as if there were no pause
  int full_ones = 0;   // as if it were not drawn
  int all = 0;
  for (int i = 0; i < kRequests; ++i) {
    // A POST whose client vouches for it is tried as often as a GET.
    const bool vouched = settings.retry.idempotency_key && settings.retry.body_limit >= kBodyMax && i % 2 == 1;
    plan::Request request = plainRequest(vouched ? "POST" : "GET", service);
    request.idempotency_key = vouched;
    request.answer.status = kBusy;
    ledger_.setTolerant(true);
    const std::uint64_t id = askWith(std::move(request), false);
    ledger_.setTolerant(false);
    if (ledger_.failed()) return;
    const std::vector<check::Attempt>& attempts = ledger_.of(id).attempts;
    expect(attempts.size() > settings.retry.attempts, Class::Safety, "safety.retry_missed",
           "request {} was tried {} times of {}", id, attempts.size(), settings.retry.attempts + 1);
    for (std::size_t k = 1; k < attempts.size() && !ledger_.failed(); ++k) {
      const Duration pause = attempts[k].head - attempts[k - 1].head;
      const Duration bound = k == 1 ? kBase : kMax;
      expect(pause <= bound + way, Class::Safety, "safety.backoff", "request {} waited {} ms for attempt {}", id,
             pause / 1ms, k + 1);
      ++all;
      short_ones += pause <= way ? 1 : 0;
      full_ones += pause >= bound - 1ms ? 1 : 0;
    }
  }
  // By chance: once in 10^8 cases, of which a campaign has few.
  expect(short_ones < all, Class::Safety, "safety.backoff", "{} attempts followed at once", all);
  expect(full_ones < all, Class::Safety, "safety.backoff", "{} attempts followed after the longest pause", all);
  if (ledger_.failed()) return;
  ledger_.leave(check::Mark::AttemptsPaused);
  settings = before;
  takeOver(config_);
}

}  // namespace sim::run
