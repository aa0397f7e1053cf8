// `health_check`, `outlier` and `panic_threshold` of a service.
#include <fmt/format.h>

#include <charconv>

#include "lb/config/sections.h"
#include "lb/config/units.h"
#include "lb/config/words.h"

namespace lb::config {
namespace {

// "200-299" or "404".
Result<StatusRange> parseStatusRange(std::string_view text) {
  const auto number = [](std::string_view digits) -> std::uint16_t {
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool whole = error == std::errc{} && end == digits.data() + digits.size();
    return whole && value >= kStatus.min && value <= kStatus.max ? value : std::uint16_t{0};
  };
  const std::size_t dash = text.find('-');
  const StatusRange range{.first = number(text.substr(0, dash)),
                          .last = number(dash == std::string_view::npos ? text : text.substr(dash + 1))};
  if (range.first == 0 || range.last < range.first)
    return fail(fmt::format("{} is not a status or a range of them, as in 200-299", quote(text)));
  return range;
}

Result<std::string> parseCheckPath(std::string_view text) {
  if (!text.starts_with('/') || !health::fitsIntoRequest(text) || text.size() > kPathMax)
    return fail(
        fmt::format("{} is not a path: it begins with / and has neither spaces nor control characters", quote(text)));
  return std::string(text);
}

Result<std::string> parseCheckHost(std::string_view text) {
  if (text.empty() || !health::fitsIntoRequest(text) || text.size() > kDomainMax + 6)
    return fail(fmt::format("{} is not a host", quote(text)));
  return std::string(text);
}

void readHttp(Section& http, HealthCheck& check) {
  if (const auto path = http.find("path")) path->parsed(check.path, parseCheckPath, "a path");
  if (const auto host = http.find("host")) host->parsed(check.host, parseCheckHost, "a host");
  if (const auto expect = http.find("expect")) {
    check.expect.clear();
    if (expect->isEmptyList()) expect->error("needs at least one status");
    expect->list([&](const Value& item) {
      StatusRange range;
      if (item.parsed(range, parseStatusRange, "a status")) check.expect.push_back(range);
    });
  }
  if (const auto body = http.find("body")) body->text(check.body);
}

void readHealthCheck(Section& section, HealthCheck& check) {
  check.enabled = true;
  const auto http = section.find("http");
  if (http) {
    check.kind = CheckKind::Http;
    http->map([&](Section& map) { readHttp(map, check); });
  }
  bool tcp = false;
  if (const auto wanted = section.find("tcp"); wanted && wanted->boolean(tcp)) {
    if (http && tcp) wanted->error("a check is either `http` or `tcp`");
    check.kind = tcp ? CheckKind::Tcp : CheckKind::Http;
  }
  section.integer("port", check.port, kCheckPort);
  section.duration("interval", check.interval, kCheckInterval);
  section.duration("down_interval", check.down_interval, kCheckInterval);
  section.integer("jitter_percent", check.jitter_percent, kJitterPercent);
  section.duration("timeout", check.timeout, kTimeout);
  section.integer("fall", check.fall, kChecksInARow);
  section.integer("rise", check.rise, kChecksInARow);
  section.word("initial", check.initial, kInitialHealthWords);
}

void readOutlier(Section& section, Outlier& outlier) {
  outlier.enabled = true;
  section.integer("consecutive_failures", outlier.consecutive_failures, kFailuresInARow);
  section.integer("success_percent", outlier.success_percent, kPercent);
  section.duration("window", outlier.window, kOutlierWindow);
  section.integer("min_requests", outlier.min_requests, kOutlierRequests);
  section.integer("latency_factor", outlier.latency_factor, kLatencyFactor);
  section.duration("base_ejection", outlier.base_ejection, kEjectionTime);
  section.duration("max_ejection", outlier.max_ejection, kEjectionTime);
  section.integer("max_ejection_percent", outlier.max_ejection_percent, kPercent);
  if (outlier.max_ejection < outlier.base_ejection) section.error("max_ejection is less than base_ejection");
}

// A map, or the word `off`; nothing leaves it as it is, like any section without keys.
template <class Settings>
void readOrOff(Section& section, std::string_view key, Settings& settings, void (*read)(Section&, Settings&)) {
  const auto value = section.find(key);
  if (!value || value->isNull()) return;
  if (value->is("off") || value->is("false")) {
    settings.enabled = false;
    return;
  }
  value->map([&](Section& map) { read(map, settings); });
}

}  // namespace

void readHealth(Section& section, Service& service) {
  readOrOff(section, "health_check", service.health_check, readHealthCheck);
  readOrOff(section, "outlier", service.outlier, readOutlier);
  section.integer("panic_threshold", service.panic_threshold, kPercent);
}

}  // namespace lb::config
