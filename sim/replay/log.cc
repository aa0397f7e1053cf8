// See log.h.
#include "sim/replay/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "sim/rehearse/layout.h"
#include "sim/replay/names.h"
#include "sim/replay/outages.h"
#include "sim/replay/treat.h"

namespace sim::replay {
namespace {

using lb::Duration;
using namespace std::chrono_literals;
using rehearse::Answered;

constexpr std::size_t kLineBytesMax = 1 << 20;
constexpr std::uint32_t kTargetMax = 8000;  // bytes of a path: what fits a head of the simulated backends in any case
constexpr std::size_t kOutagesTold = 10;
constexpr Duration kSpanMax = std::chrono::days(31);  // of virtual time; idle workers tick, too

using Counts = std::map<std::string, std::size_t>;
using Days = std::chrono::duration<double, std::chrono::days::period>;

// Into the buffer, which bounds it: of a longer line the beginning, one byte more than is allowed. False: no more.
bool nextLine(std::istream& in, std::string& buffer, std::string_view& line) {
  buffer.resize(kLineBytesMax + 2);
  in.getline(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  const auto count = static_cast<std::size_t>(in.gcount());
  line = std::string_view(buffer).substr(0, count);
  if (in.bad() || in.eof()) return !in.bad() && count > 0;
  if (in.fail()) {
    in.clear();
    in.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  } else {
    line.remove_suffix(1);  // the newline is counted and not kept
  }
  return true;
}

std::string list(const Counts& counts) {
  std::string text;
  for (const auto& [what, count] : counts) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, count);
  return text;
}

class Reader {
 public:
  Reader(const lb::config::Config& config, const LogOptions& options)
      : config_(config), options_(options), layout_(rehearse::layOut({&config}, {}, {})), names_(layout_) {
    for (const lb::config::Route& route : config.routes) {
      for (const lb::config::Split& part : route.split) routed_.insert(part.service);
    }
  }

  // Of one line; an error if it is none of lb's.
  lb::Result<void> take(std::string_view text) {
    ++lines_;
    if (text.size() > kLineBytesMax) return lb::fail("longer than a megabyte: not a line of lb's access log");
    const auto line = parseLine(text);
    if (!line) return lb::fail(line.error().what);
    Treatment treatment = treat(*line);
    const Duration began = line->time - line->total.value_or(Duration::zero());
    names_.see(*line);
    outages_.see(*line, began);
    if (!treatment.left_out.empty()) {
      ++left_out_[treatment.left_out];
      return {};
    }
    add(*line, treatment, began);
    return {};
  }

  void skip() { ++left_out_["unreadable lines"]; }
  [[nodiscard]] std::string leftOut() const { return list(left_out_); }
  [[nodiscard]] std::size_t replayed() const { return log_.recorded.outcomes.size(); }
  // As it will be played, which at a low speed may be more than a clock can tell.
  [[nodiscard]] Days span() const {
    const auto [first, last] = std::ranges::minmax_element(log_.recorded.outcomes, {}, &rehearse::Outcome::began);
    return Days(last->began - first->began) / options_.speed;
  }

  Log finish() {
    auto& requests = log_.recording.script.requests;
    std::ranges::stable_sort(requests, {}, &model::ScriptedRequest::at);
    const Duration zero = requests.front().at;
    for (model::ScriptedRequest& request : requests) request.at = atSpeed(request.at - zero, options_.speed);
    for (rehearse::Outcome& outcome : log_.recorded.outcomes)
      outcome.began = atSpeed(outcome.began - zero, options_.speed);
    log_.duration = requests.back().at;
    standIn();
    layOutNames();
    outages_.finish();
    log_.outages = outages_.faults(layout_, zero, options_.speed);
    makeNotes();
    log_.layout = std::move(layout_);
    return std::move(log_);
  }

 private:
  void add(const Line& line, const Treatment& treatment, Duration began) {
    model::ScriptedRequest request;
    request.at = began;
    request.patience = treatment.patience;
    request.bytes = treatment.body;
    request.ask = askOf(line);
    request.target = std::clamp(static_cast<std::uint32_t>(line.path.size()), 1U, kTargetMax);
    request.answer = treatment.answer;
    if (!treatment.stand_in_for.empty()) {
      ++stand_ins_[treatment.stand_in_for];
      request.answer.status = kNotRecorded;
    }
    log_.recording.script.requests.push_back(request);

    rehearse::Outcome outcome;
    outcome.began = began;
    outcome.took = *line.total;
    outcome.bytes = treatment.answer.bytes;
    outcome.service = static_cast<std::uint16_t>(log_.recording.asks[request.ask].service);
    outcome.cause = log_.recorded.causeOf(causeOf(line));
    const bool whole = line.aborted.empty() && (!line.by_backend || line.reason.empty());
    if (whole) {
      outcome.status = static_cast<std::uint16_t>(line.code);
      outcome.answered = line.by_backend ? Answered::ByBackend : Answered::ByProxy;
    }
    log_.recorded.outcomes.push_back(outcome);
  }

  std::uint32_t askOf(const Line& line) {
    // Elsewhere only the length of the path matters.
    const bool matters = !config_.routes.empty() && line.path.starts_with('/') &&
                         std::ranges::all_of(line.path, [](char c) { return c > ' ' && c < 0x7f; });
    const std::string path = matters ? line.path : "/";
    // A route leads where the host alone does not, and the log says where. What comes of the request is counted there,
    // now as then, whoever answers.
    const std::string routed = routed_.contains(line.service) ? line.service : std::string();
    const auto [found, is_new] = asks_.try_emplace({line.method, line.host, path, routed}, log_.recording.asks.size());
    if (is_new) {
      const std::size_t service = indexOf(routed.empty() ? serviceOf(line.host) : routed);
      log_.recording.asks.push_back({line.method, line.host, path, service});
    }
    return static_cast<std::uint32_t>(found->second);
  }

  [[nodiscard]] std::string serviceOf(const std::string& host) const {
    const lb::config::Service* service = rehearse::serviceOfHost(config_, host);
    return service != nullptr ? service->name : "_none";
  }

  std::size_t indexOf(const std::string& name) {
    const auto found = std::ranges::find(layout_.services, name);
    const auto index = static_cast<std::size_t>(found - layout_.services.begin());
    if (found == layout_.services.end()) layout_.services.push_back(name);
    return index;
  }

  // Only now, since any line may tell one more address. The services are the same, and maybe `_none`.
  void layOutNames() {
    std::vector<std::string> services = std::move(layout_.services);
    layout_ = rehearse::layOut({&config_}, names_.answers(), {});
    layout_.services = std::move(services);
  }

  // A request whose answer nobody knows gets that of the one before it in its service; the first ones that of the one
  // behind them, and at worst an empty 200 at once.
  void standIn() {
    auto& script = log_.recording.script.requests;
    const auto serviceOf = [&](const model::ScriptedRequest& one) { return log_.recording.asks[one.ask].service; };
    const auto usable = [](const model::ScriptedAnswer& answer) {
      return answer.status != kNotRecorded && answer.head && answer.ending == model::Ending::Whole;
    };
    std::vector<model::ScriptedAnswer> known(layout_.services.size());
    for (auto one = script.rbegin(); one != script.rend(); ++one) {
      if (usable(one->answer)) known[serviceOf(*one)] = one->answer;
    }
    for (model::ScriptedRequest& one : script) {
      model::ScriptedAnswer& last = known[serviceOf(one)];
      if (usable(one.answer)) last = one.answer;
      if (one.answer.status == kNotRecorded) one.answer = last;
    }
  }

  void makeNotes() {
    auto& notes = log_.notes;
    notes.push_back(fmt::format("{} lines, {} of them replayed", lines_, replayed()));
    for (const auto& [why, count] : left_out_) notes.push_back(fmt::format("{} left out: {}", count, why));
    std::size_t sum = 0;
    for (const auto& [reason, count] : stand_ins_) sum += count;
    if (sum > 0) {
      notes.push_back(fmt::format("{} had no answer of a backend ({}): they get that of their service's request before",
                                  sum, list(stand_ins_)));
    }
    for (const std::string& name : names_.cropped())
      notes.push_back(fmt::format("{} had more than {} addresses: the highest are left out", name, kAddressesMax));
    for (const rehearse::Fault& outage : log_.outages) {
      if (&outage - log_.outages.data() >= static_cast<std::ptrdiff_t>(kOutagesTold)) {
        notes.push_back(fmt::format("... and {} outages more", log_.outages.size() - kOutagesTold));
        break;
      }
      const auto seconds = [](Duration time) { return std::chrono::duration<double>(time).count(); };
      notes.push_back(outage.length == Duration::zero()
                          ? fmt::format("from {:.3f}s on: {}", seconds(outage.at), outage.text)
                          : fmt::format("from {:.3f}s to {:.3f}s: {}", seconds(outage.at),
                                        seconds(outage.at + outage.length), outage.text));
    }
  }

  static constexpr std::uint16_t kNotRecorded = 0;

  const lb::config::Config& config_;
  const LogOptions& options_;
  rehearse::Layout layout_;
  Log log_;
  std::size_t lines_ = 0;
  std::set<std::string> routed_;  // services that a route leads to
  std::map<std::array<std::string, 4>, std::size_t> asks_;
  Names names_;
  Outages outages_;
  Counts left_out_;
  Counts stand_ins_;
};

}  // namespace

std::expected<Log, std::vector<std::string>> readLog(std::istream& in, const std::string& name,
                                                     const lb::config::Config& config, const LogOptions& options) {
  if (!std::isfinite(options.speed) || options.speed <= 0)  // CLI11's ranges let NaN through
    return std::unexpected(std::vector{fmt::format("--speed: {} is no number above 0", options.speed)});
  Reader reader(config, options);
  std::vector<std::string> mistakes;
  std::size_t bad = 0;
  std::string buffer;
  std::string_view text;
  for (std::uint64_t number = 1; options.limit == 0 || number <= options.limit; ++number) {
    if (!nextLine(in, buffer, text)) break;
    const auto taken = reader.take(text);
    if (!taken && options.skip_bad_lines) {
      reader.skip();
    } else if (!taken && ++bad <= kMistakesMax) {
      mistakes.push_back(fmt::format("{}:{}: {}", name, number, taken.error().what));
    }
    if (static_cast<double>(reader.replayed()) > rehearse::kRequestsMax) {
      mistakes.push_back(fmt::format("{}:{}: more than {:.0f} requests, of which a replay has at most: --limit", name,
                                     number, rehearse::kRequestsMax));
      break;
    }
  }
  if (in.bad()) mistakes.push_back(fmt::format("{}: cannot be read", name));
  if (bad > kMistakesMax) mistakes.push_back(fmt::format("... and {} lines more", bad - kMistakesMax));
  if (bad > 0) mistakes.emplace_back("--skip-bad-lines leaves such lines out");
  if (mistakes.empty() && reader.replayed() == 0) {
    mistakes.push_back(fmt::format("{}: there is no request to replay", name));
    const auto why = reader.leftOut();
    if (!why.empty()) mistakes.push_back("left out: " + why);
  }
  if (mistakes.empty() && reader.span() > kSpanMax) {
    mistakes.push_back(
        fmt::format("{}: from the first request to the last there are {:.0f} days, of which a replay has at "
                    "most {}: --limit, or --speed",
                    name, std::floor(reader.span().count()), kSpanMax / std::chrono::days(1)));
  }
  if (!mistakes.empty()) return std::unexpected(mistakes);
  Log log = reader.finish();
  if (const std::string wrong = misplaced(log.layout); !wrong.empty())
    return std::unexpected(std::vector{fmt::format("{}: {}", name, wrong)});
  return log;
}

}  // namespace sim::replay
