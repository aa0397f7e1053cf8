// From the text of an expectation to what it means, or to a sentence that says what is wrong with it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lb/config/suggest.h"
#include "lb/config/units.h"
#include "lb/observe/record.h"
#include "sim/rehearse/expect.h"
#include "sim/rehearse/outcome.h"
#include "sim/rehearse/quantity.h"

namespace sim::rehearse {
namespace {

using lb::config::quote;

constexpr std::array<std::string_view, 14> kMeasures{"every",  "max",    "mean",     "median", "p50",
                                                     "p90",    "p99",    "errors",   "proxy",  "backend",
                                                     "status", "reason", "requests", "share"};
constexpr std::string_view kExample = "such as: p99 < 200ms, errors < 0.1%, every request answered";

std::string didYouMean(std::string_view word, std::span<const std::string_view> known) {
  const auto near = lb::config::suggest(word, known);
  return near ? fmt::format("; did you mean \"{}\"?", *near) : "";
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    const bool sign = c == '<' || c == '>' || c == '=';
    const bool after_sign = !words.back().empty() && std::string_view("<>=").contains(words.back().back());
    if (c == ' ' || sign != after_sign) {
      if (!words.back().empty()) words.emplace_back();
    }
    if (c != ' ') words.back() += c;
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

// Thrown through the descent and caught at its top: the text of a person is wrong somewhere.
struct Wrong {
  std::string what;
};

class Reader {
 public:
  Reader(std::string_view text, const Layout& layout, const std::vector<std::string>& streams)
      : layout_(layout), streams_(streams), words_(split(text)) {
    made_.text = text;
  }

  Expectation read() {
    if (words_.empty()) throw Wrong{fmt::format("is empty; an expectation is {}", kExample)};
    measure();
    if (made_.measure != Measure::EveryAnswered) {
      comparison();
      limit();
    }
    while (at_ < words_.size()) scope();
    if (!made_.scope.backends.empty() && !hasBackend())
      throw Wrong{"only answers of backends have a backend: leave `of backend` out"};
    if (made_.scope.from && made_.scope.to && *made_.scope.from >= *made_.scope.to)
      throw Wrong{"this span of time ends before it begins"};
    return std::move(made_);
  }

 private:
  [[nodiscard]] bool take(std::string_view word) {
    if (at_ >= words_.size() || words_[at_] != word) return false;
    ++at_;
    return true;
  }
  void need(std::string_view word) {
    if (take(word)) return;
    if (at_ >= words_.size()) throw Wrong{fmt::format("ends where \"{}\" is expected", word)};
    throw Wrong{fmt::format("{} stands where \"{}\" is expected", quote(words_[at_]), word)};
  }
  std::string next(std::string_view what) {
    if (at_ >= words_.size()) throw Wrong{fmt::format("ends where {} is expected", what)};
    return words_[at_++];
  }

  void set(Measure measure, Unit unit, double number = 0) {
    made_.measure = measure;
    made_.unit = unit;
    made_.number = number;
  }

  void measure() {
    const std::string word = next("what is measured");
    if (word == "every") {
      need("request");
      need("answered");
      set(Measure::EveryAnswered, Unit::Count);
      made_.comparison = Comparison::Equal;
    } else if (word == "max") {
      set(Measure::Percentile, Unit::Seconds, 100);
    } else if (word == "median") {
      set(Measure::Percentile, Unit::Seconds, 50);
    } else if (word == "mean") {
      set(Measure::Mean, Unit::Seconds);
    } else if (word == "errors") {
      set(Measure::Errors, Unit::Ratio);
    } else if (word == "unanswered") {
      set(Measure::Unanswered, Unit::Ratio);
    } else if (word == "proxy" || word == "backend") {
      need("errors");
      set(word == "proxy" ? Measure::ProxyErrors : Measure::BackendErrors, Unit::Ratio);
    } else if (word == "status") {
      set(Measure::Status, Unit::Ratio, status(next("a status, such as 503 or 5xx")));
    } else if (word == "reason") {
      set(Measure::Reason, Unit::Ratio);
      made_.word = reason(next("a reason, such as connect_failed"));
    } else if (word == "requests") {
      set(Measure::Requests, Unit::Count);
      if (take("per")) {
        need("second");
        set(Measure::RequestRate, Unit::PerSecond);
      }
    } else if (word == "share") {
      need("of");
      set(Measure::Share, Unit::Ratio);
      made_.backends = backends(next("a backend"));
    } else if (!percentile(word)) {
      throw Wrong{
          fmt::format("{} is nothing that can be measured, {}{}", quote(word), kExample, didYouMean(word, kMeasures))};
    }
  }

  bool percentile(const std::string& word) {
    if (word.size() < 2 || word.front() != 'p' || word[1] < '0' || word[1] > '9') return false;
    const auto number = lb::config::parseDecimal(std::string_view(word).substr(1));
    if (!number || *number <= 0 || *number > 100)
      throw Wrong{fmt::format("{} is not a percentile: p50, p99, p99.9, up to p100", quote(word))};
    set(Measure::Percentile, Unit::Seconds, *number);
    return true;
  }

  // Of what is measured: what it counts, or could count.
  [[nodiscard]] bool hasBackend() const {
    switch (made_.measure) {
      case Measure::EveryAnswered:
      case Measure::Unanswered:
      case Measure::ProxyErrors: return false;
      case Measure::Reason: return statusBehind(made_.word, kOfBackend) > 0;
      default: return true;
    }
  }

  // "backend_503" has one behind "backend_", and "backend_closed" has none: 0.
  static std::uint64_t statusBehind(std::string_view word, std::string_view prefix) {
    if (!word.starts_with(prefix)) return 0;
    const auto code = lb::config::parseInteger(word.substr(prefix.size()));
    return code && *code >= 100 && *code <= 599 ? *code : 0;
  }

  // What a table of errors may have: why lb answered by itself, what became of an attempt, or whose status it was.
  static std::string reason(const std::string& word) {
    std::vector<std::string_view> known(kNoAnswer.begin(), kNoAnswer.end());
    for (std::size_t i = 1; i < lb::observe::kReasonCount; ++i)
      known.push_back(lb::observe::toString(static_cast<lb::observe::Reason>(i)));
    if (statusBehind(word, kOfBackend) >= 500 || statusBehind(word, kOfLb) >= 400) return word;
    if (std::ranges::find(known, word) != known.end()) return word;
    throw Wrong{fmt::format("{} is no reason that a request fails for, such as connect_failed or backend_503{}",
                            quote(word), didYouMean(word, known))};
  }

  static double status(const std::string& word) {
    if (word.size() == 3 && word.ends_with("xx") && word[0] >= '1' && word[0] <= '5') return word[0] - '0';
    const auto code = lb::config::parseInteger(word);
    if (!code || *code < 100 || *code > 599)
      throw Wrong{fmt::format("{} is not a status, such as 503 or 5xx", quote(word))};
    return static_cast<double>(*code);
  }

  void comparison() {
    const std::string word = next("<, <=, >, >= or =");
    constexpr std::array<std::pair<std::string_view, Comparison>, 6> kSigns{{{"<", Comparison::Less},
                                                                             {"<=", Comparison::LessOrEqual},
                                                                             {">", Comparison::Greater},
                                                                             {">=", Comparison::GreaterOrEqual},
                                                                             {"=", Comparison::Equal},
                                                                             {"==", Comparison::Equal}}};
    for (const auto& [sign, meaning] : kSigns) {
      if (word == sign) {
        made_.comparison = meaning;
        return;
      }
    }
    throw Wrong{fmt::format("{} stands where <, <=, >, >= or = is expected", quote(word))};
  }

  void limit() {
    std::string word = next("a value");
    if (take("%")) word += '%';
    switch (made_.unit) {
      case Unit::Seconds: made_.limit = std::chrono::duration<double>(duration(word)).count(); return;
      case Unit::PerSecond: made_.limit = value(parsePerSecond(word)); return;
      case Unit::Count: made_.limit = static_cast<double>(value(lb::config::parseInteger(word))); return;
      case Unit::Ratio: break;
    }
    if (word.ends_with('%')) {
      made_.limit = value(parseRatio(word));
    } else if (made_.measure == Measure::Share) {
      throw Wrong{fmt::format("{} is not a share, such as 40%", quote(word))};
    } else {
      const auto count = lb::config::parseInteger(word);
      if (!count)
        throw Wrong{fmt::format("{} is neither a share, such as 0.1%, nor a number of requests", quote(word))};
      made_.unit = Unit::Count;
      made_.limit = static_cast<double>(*count);
    }
  }

  void scope() {
    const std::string word = next("");
    if (word == "of") {
      who();
    } else if (word == "between") {
      made_.scope.from = duration(next("a time, such as 10s"));
      need("and");
      made_.scope.to = duration(next("a time, such as 20s"));
    } else if (word == "after") {
      made_.scope.from = duration(next("a time, such as 10s"));
    } else if (word == "before") {
      made_.scope.to = duration(next("a time, such as 10s"));
    } else {
      constexpr std::array<std::string_view, 4> kScopes{"of", "between", "after", "before"};
      throw Wrong{fmt::format("{} stands where of, between, after or before is expected{}", quote(word),
                              didYouMean(word, kScopes))};
    }
  }

  void who() {
    const std::string kind = next("service, stream or backend");
    if (kind == "service") {
      made_.scope.service = index(next("a service's name"), layout_.services, "service");
    } else if (kind == "stream") {
      made_.scope.stream = index(next("a stream's name"), streams_, "stream");
    } else if (kind == "backend") {
      made_.scope.backends = backends(next("a backend"));
    } else {
      throw Wrong{fmt::format("{} stands where service, stream or backend is expected", quote(kind))};
    }
  }

  static std::size_t index(const std::string& name, const std::vector<std::string>& known, std::string_view what) {
    const auto found = std::ranges::find(known, name);
    if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
    const std::vector<std::string_view> views(known.begin(), known.end());
    throw Wrong{fmt::format("no {} has the name {}{}", what, quote(name), didYouMean(name, views))};
  }

  std::vector<std::size_t> backends(const std::string& pattern) {
    auto found = layout_.matching(pattern);
    if (found.empty())
      throw Wrong{fmt::format("no backend is {}{}", quote(pattern), didYouMean(pattern, layout_.labels()))};
    return found;
  }

  template <class T>
  static T value(lb::Result<T> read) {
    if (!read) throw Wrong{read.error().what};
    return *read;
  }
  static lb::Duration duration(const std::string& word) { return value(parseTime(word)); }

  const Layout& layout_;
  const std::vector<std::string>& streams_;
  std::vector<std::string> words_;
  std::size_t at_ = 0;
  Expectation made_;
};

}  // namespace

lb::Result<Expectation> parseExpectation(std::string_view text, const Layout& layout,
                                         const std::vector<std::string>& streams) {
  try {
    return Reader(text, layout, streams).read();
  } catch (const Wrong& wrong) {
    return lb::fail(wrong.what);
  }
}

}  // namespace sim::rehearse
