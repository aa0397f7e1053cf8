// See books.h.
#include "sim/check/books.h"

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

}  // namespace

void checkBooks(Ledger& ledger, std::string_view metrics, const Books& books, bool backends_stayed) {
  const auto same = [&](std::string_view family, std::string_view label, std::uint64_t truth) {
    const double said = sumOf(metrics, family, label);
    ledger.expect(std::llround(said) == static_cast<long long>(truth), Class::Safety, "safety.metrics", 0,
                  fmt::format("{}{}{} is {} and should be {}", family, label.empty() ? "" : " with ", label, said,
                              truth));
  };
  same("lb_requests_total", "", books.lines);
  for (const char* gauge : {"lb_client_connections", "lb_service_inflight_requests", "lb_backend_inflight_requests",
                            "lb_backend_connections"})
    same(gauge, "", 0);
  if (!books.detailed) return;
  for (const auto& [code, count] : books.by_code) same("lb_requests_total", fmt::format("code=\"{}\"", code), count);
  for (const auto& [reason, count] : books.own_by_reason)
    same("lb_generated_responses_total", fmt::format("reason=\"{}\"", reason), count);
  same("lb_generated_responses_total", "", books.own);
  same("lb_client_aborts_total", "", books.aborted);
  same("lb_request_duration_seconds_count", "", books.timed);
  same("lb_request_duration_seconds_bucket", "le=\"+Inf\"", books.timed);
  same("lb_received_bytes_total", "side=\"client\"", books.bytes_in);
  same("lb_sent_bytes_total", "side=\"client\"", books.bytes_out);
  same("lb_retries_total", "", books.retries);
  if (backends_stayed) same("lb_backend_attempts_total", "", books.attempts);
}

}  // namespace sim::check
