// See line.h.
#include "sim/replay/line.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace sim::replay {
namespace {

using Json = nlohmann::json;

constexpr double kSecondsMax = 1e8;  // three years in one request: nobody's
constexpr std::uint64_t kBytesMax = std::uint64_t{1} << 40U;
constexpr int kFirstYear = 2000, kLastYear = 2200;  // within what a clock of nanoseconds can tell

// Reads fields, and keeps the first mistake.
class Fields {
 public:
  explicit Fields(const Json& all) : all_(all) {}

  void text(const char* name, std::string& into) {
    const Json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_string()) return wrong(name, "is no text");
    into = value->get<std::string>();
  }
  void optionalText(const char* name, std::string& into) {
    const Json* value = find(name);
    if (value != nullptr && !value->is_null()) text(name, into);
  }
  // Which the lines of older versions do not have.
  void address(const char* name, std::optional<lb::Address>& into) {
    if (!all_.contains(name)) return;
    std::string written;
    optionalText(name, written);
    if (written.empty()) return;
    into = lb::Address::parse(written);
    if (!into) wrong(name, "is no address with a port");
  }
  template <class T>
  void count(const char* name, T& into) {
    const Json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > kBytesMax)
      return wrong(name, "is no number of things");
    into = value->get<T>();
  }
  void time(const char* name, std::optional<lb::Duration>& into) {
    const Json* value = find(name);
    if (value == nullptr || value->is_null()) return;
    const double seconds = value->is_number() ? value->get<double>() : -1;
    if (!(seconds >= 0 && seconds < kSecondsMax)) return wrong(name, "is no time in seconds");
    into = std::chrono::microseconds(std::llround(seconds * 1e6));
  }
  void wrong(const char* name, const char* what) {
    if (problem_.empty()) problem_ = fmt::format("\"{}\" {}", name, what);
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  const Json* find(const char* name) {
    const auto found = all_.find(name);
    if (found != all_.end()) return &*found;
    if (problem_.empty()) problem_ = fmt::format("there is no \"{}\": not a line of lb's access log", name);
    return nullptr;
  }

  const Json& all_;
  std::string problem_;
};

// "2026-01-02T03:04:05.678901Z", as lb writes it.
std::optional<lb::Duration> parseTime(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00.000000Z";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits = kForm[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == kForm[i];
    if (!fits) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + digits, value);
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  const bool clock = number(11, 2) < 24 && number(14, 2) < 60 && number(17, 2) <= 60;
  if (!day.ok() || !clock || number(0, 4) < kFirstYear || number(0, 4) > kLastYear) return std::nullopt;
  return std::chrono::sys_days(day).time_since_epoch() + std::chrono::hours(number(11, 2)) +
         std::chrono::minutes(number(14, 2)) + std::chrono::seconds(number(17, 2)) +
         std::chrono::microseconds(number(20, 6));
}

std::string notJson(std::string_view text) {
  if (text.starts_with('{')) return "the line is cut off, or is not JSON";
  if (text.find("\" -> ") != std::string_view::npos)
    return "a line of `access_log.format: text`, which has not all that a replay needs: set `format: json`";
  return "not JSON: not a line of lb's access log";
}

}  // namespace

lb::Result<Line> parseLine(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return lb::fail(notJson(text));
  Line line;
  Fields fields(json);
  std::string time, origin, agent;
  fields.text("time", time);
  fields.text("method", line.method);
  fields.text("host", line.host);
  fields.text("path", line.path);
  fields.text("service", line.service);
  fields.optionalText("backend", line.backend);
  fields.address("backend_address", line.address);
  fields.count("code", line.code);
  fields.text("origin", origin);
  fields.optionalText("reason", line.reason);
  fields.count("bytes_in", line.bytes_in);
  fields.count("bytes_out", line.bytes_out);
  fields.time("t_total", line.total);
  fields.time("t_receive", line.receive);
  fields.time("t_queue", line.queue);
  fields.time("t_connect", line.connect);
  fields.time("t_wait", line.wait);
  fields.time("t_backend_receive", line.backend_receive);
  fields.text("user_agent", agent);
  fields.optionalText("aborted", line.aborted);
  line.agent_bytes = agent.size();
  line.by_backend = origin == "backend";
  const auto when = parseTime(time);
  if (!when) fields.wrong("time", "is not as lb writes it (2026-01-02T03:04:05.678901Z)");
  if (!line.by_backend && origin != "proxy") fields.wrong("origin", "is neither backend nor proxy");
  if (!fields.problem().empty()) return lb::fail(fields.problem());
  line.time = *when;
  return line;
}

}  // namespace sim::replay
