// See books.h.
#include "sim/check/books.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "sim/check/ledger.h"

namespace sim::check {
namespace {

// Adds up every sample of a family, those with `label` only if it is given: `code="200"`.
double sumOf(std::string_view text, std::string_view family, std::string_view label = {}) {
  double sum = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.starts_with(family)) continue;
    const std::string_view rest = line.substr(family.size());
    if (rest.empty() || (rest.front() != '{' && rest.front() != ' ')) continue;
    if (!label.empty() && rest.find(label) == std::string_view::npos) continue;
    const std::string_view number = line.substr(line.rfind(' ') + 1);
    double value = 0;
    std::from_chars(number.data(), number.data() + number.size(), value);
    sum += value;
  }
  return sum;
}

// Every bucket of a histogram against the times that went into it. They are written with microseconds, so that one on a
// bucket's edge may be on either side.
void checkBuckets(Ledger& ledger, std::string_view metrics, std::string_view family, const std::vector<double>& times) {
  constexpr double kRounding = 1e-6;
  for (std::size_t at = metrics.find(family); at != std::string_view::npos; at = metrics.find(family, at + 1)) {
    const std::string_view line = metrics.substr(at, metrics.find('\n', at) - at);
    constexpr std::string_view kKey = "le=\"";
    const std::size_t key = line.find(kKey);
    if (key == std::string_view::npos) continue;
    const std::string_view bound = line.substr(key, line.find('"', key + kKey.size()) + 1 - key);
    double limit = 0;
    if (std::from_chars(bound.data() + kKey.size(), bound.data() + bound.size(), limit).ec != std::errc{}) continue;
    const auto below = [&](double edge) {
      return static_cast<double>(std::ranges::count_if(times, [&](double time) { return time <= edge; }));
    };
    const double said = sumOf(metrics, family, bound);
    ledger.expect(said >= below(limit - kRounding) && said <= below(limit + kRounding), Class::Safety, "safety.metrics",
                  0, "{} with {} is {} and should be {}", family, bound, said, below(limit));
    if (ledger.failed()) return;
  }
}

// The words of docs/telemetry.md.
constexpr std::array<std::string_view, 6> kDenials{"budget",   "not_idempotent", "body_too_large",
                                                   "deadline", "no_host",        "exhausted"};

}  // namespace

void checkBooks(Ledger& ledger, std::string_view metrics, bool services_stayed, bool backends_stayed) {
  const Books& books = ledger.books();
  const auto same = [&](std::string_view family, std::string_view label, std::uint64_t truth) {
    const double said = sumOf(metrics, family, label);
    ledger.expect(std::llround(said) == static_cast<long long>(truth), Class::Safety, "safety.metrics", 0,
                  "{}{}{} is {} and should be {}", family, label.empty() ? "" : " with ", label, said, truth);
  };
  for (const char* gauge : {"lb_client_connections", "lb_service_inflight_requests", "lb_queue_length",
                            "lb_backend_inflight_requests", "lb_backend_connections"})
    same(gauge, "", 0);
  if (sumOf(metrics, "lb_retries_denied_total", "reason=\"budget\"") > 0) ledger.leave(Mark::RetryOverBudget);
  if (!services_stayed) return;
  same("lb_requests_total", "", books.lines);
  if (!books.detailed) return;
  for (const auto& [code, count] : books.by_code) same("lb_requests_total", fmt::format("code=\"{}\"", code), count);
  for (const auto& [reason, count] : books.own_by_reason)
    same("lb_generated_responses_total", fmt::format("reason=\"{}\"", reason), count);
  same("lb_generated_responses_total", "", books.own);
  same("lb_client_aborts_total", "", books.aborted);
  const auto sameTimes = [&](bool of_backend) {
    for (std::size_t i = 0; i < kTimeFamilies.size() && !ledger.failed(); ++i) {
      if (kTimeFamilies[i].of_backend != of_backend) continue;
      const std::string family = kTimeFamilies[i].histogram;
      same(family + "_count", "", books.times[i].size());
      same(family + "_bucket", "le=\"+Inf\"", books.times[i].size());
      if (!ledger.failed()) checkBuckets(ledger, metrics, family + "_bucket", books.times[i]);
    }
  };
  sameTimes(false);
  same("lb_received_bytes_total", "side=\"client\"", books.bytes_in);
  same("lb_sent_bytes_total", "side=\"client\"", books.bytes_out);
  same("lb_retries_total", "", books.retries);
  for (const std::string_view reason : kDenials) {
    const auto denied = books.denials.find(std::string(reason));
    same("lb_retries_denied_total", fmt::format("reason=\"{}\"", reason),
         denied == books.denials.end() ? 0 : denied->second);
  }
  const plan::Scenario& scenario = ledger.scenario();
  const auto atLeast = [&](std::string_view family, std::string_view label, std::uint64_t seen) {
    const double said = sumOf(metrics, family, label);
    ledger.expect(std::llround(said) >= static_cast<long long>(seen), Class::Safety, "safety.metrics", 0,
                  "{}{}{} is {}, and {} were seen", family, label.empty() ? "" : " with ", label, said, seen);
  };
  for (const auto& [reason, count] : books.last_retries)
    atLeast("lb_retries_total", fmt::format("reason=\"{}\"", reason), count);
  atLeast("lb_sticky_moved_total", "", books.sticky_moved);
  const auto& all = scenario.config.services;
  if (std::ranges::all_of(all, [](const auto& one) { return one.sticky.cookie.empty(); }))
    same("lb_sticky_moved_total", "", 0);
  atLeast("lb_hash_passed_on_total", "", books.hash_passed_on);
  if (std::ranges::none_of(all, [](const auto& one) { return one.hash.max_load_percent > 0; }))
    same("lb_hash_passed_on_total", "", 0);
  // Where nothing is pooled, nothing is stale; where nothing goes wrong, everybody can be connected to.
  const bool pools = std::ranges::any_of(all, [](const auto& one) { return one.pool.max_idle > 0; });
  if (!pools) same("lb_retries_total", "reason=\"stale_connection\"", 0);
  if (scenario.calm_only) same("lb_retries_total", "reason=\"connect_failure\"", 0);
  if (!backends_stayed) return;
  if (scenario.config.metrics.backend_histograms) sameTimes(true);
  if (std::ranges::none_of(all, hasNames)) {
    for (const auto& [state, count] : books.moves)
      same("lb_backend_state_changes_total", fmt::format("to=\"{}\"", state), count);
  }
  same("lb_backend_attempts_total", "", books.attempts);
  const auto failed = static_cast<std::uint64_t>(std::llround(sumOf(metrics, "lb_backend_attempts_total", "http_5xx")));
  // An answer that was put by for another attempt has been one, too.
  const auto put_by = static_cast<std::uint64_t>(std::llround(sumOf(metrics, "lb_retries_total", "reason=\"status\"")));
  const std::uint64_t most = books.failed + books.maybe_failed + put_by;
  ledger.expect(failed >= books.failed && failed <= most, Class::Safety, "safety.metrics", 0,
                "{} attempts are said to have ended with 5xx, it was {} to {}", failed, books.failed, most);
}

}  // namespace sim::check
