// The `backends`, `network` and `dns` of a scenario file.
#include <fmt/format.h>

#include "lb/config/names.h"
#include "lb/config/suggest.h"
#include "lb/config/units.h"
#include "sim/rehearse/parse_parts.h"
#include "sim/rehearse/quantity.h"

namespace sim::rehearse {
namespace {

using lb::config::quote;
using lb::config::Section;
using lb::config::Value;
using lb::config::Word;

constexpr lb::config::IntegerRange kConcurrency{1, 1'000'000, true};
constexpr lb::config::IntegerRange kQueue{0, 1'000'000};
constexpr lb::config::IntegerRange kErrorStatus{400, 599};
constexpr lb::config::IntegerRange kBandwidth{1, 100 * lb::config::kGiB, true};
constexpr Duration kNetworkTimeMax = std::chrono::minutes(1);

enum class Trouble : std::uint8_t { Fails, Silent };
constexpr std::array<Word<Trouble>, 2> kTroubleWords{{{"fails", Trouble::Fails}, {"silent", Trouble::Silent}}};

void readCount(Section& section, std::string_view key, const lb::config::IntegerRange& range,
               std::optional<std::uint32_t>& target) {
  std::uint32_t count = 0;
  const auto value = section.find(key);
  if (value && value->integer(count, range)) target = count;
}

// What may change during the rehearsal.
void readChangeable(Section& section, BehaviourPatch& patch) {
  model::Distribution law;
  std::uint32_t ppm = 0;
  if (const auto latency = section.find("latency"); latency && readTimeLaw(*latency, law)) patch.latency = law;
  if (const auto errors = section.find("errors"); errors && readPerMillion(*errors, ppm)) patch.error_ppm = ppm;
  readCount(section, "error_status", kErrorStatus, patch.error_status);
}

}  // namespace

void BehaviourPatch::apply(Behaviour& to) const {
  to.latency = latency.value_or(to.latency);
  to.concurrency = concurrency.value_or(to.concurrency);
  to.queue = queue.value_or(to.queue);
  to.error_ppm = error_ppm.value_or(to.error_ppm);
  to.error_status = error_status.value_or(to.error_status);
}

std::vector<std::size_t> readBackendNames(const Value& value, const Layout& layout) {
  std::vector<std::size_t> found;
  const auto add = [&](const Value& one) {
    std::string pattern;
    if (!one.text(pattern, "a backend, such as 10.0.0.3:8080")) return;
    const auto some = layout.matching(pattern);
    if (some.empty()) {
      const auto labels = layout.labels();
      const auto near = lb::config::suggest(pattern, labels);
      one.error(fmt::format("no backend of the configuration is {}{}", quote(pattern),
                            near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
    }
    found.insert(found.end(), some.begin(), some.end());
  };
  if (value.isList()) {
    value.list(add);
  } else {
    add(value);
  }
  return found;
}

Side readSide(const Value& value, const Layout& layout) {
  if (value.is("clients")) return {Side::Kind::Clients, {}};
  if (value.is("lb")) return {Side::Kind::Lb, {}};
  return {Side::Kind::Backends, readBackendNames(value, layout)};
}

void readBetween(const Value& value, const Layout& layout, std::array<Side, 2>& between) {
  std::size_t count = 0;
  const bool is_list = value.list([&](const Value& item) {
    if (count < between.size()) between[count] = readSide(item, layout);
    ++count;
  });
  if (!is_list) return;
  using Kind = Side::Kind;
  if (count != between.size()) {
    value.error("must name two sides, such as [lb, 10.0.0.2:8080] or [clients, lb]");
  } else if ((between[0].kind == Kind::Lb) == (between[1].kind == Kind::Lb)) {
    value.error("one of the two sides is lb: clients and backends have no way to each other");
  }
}

void readLink(Section& section, LinkPatch& patch) {
  Duration time{};
  if (const auto value = section.find("latency"); value && readTime(*value, time, kNetworkTimeMax))
    patch.latency = time;
  if (const auto value = section.find("jitter"); value && readTime(*value, time, kNetworkTimeMax)) patch.jitter = time;
  std::uint64_t rate = 0;
  if (const auto value = section.find("bandwidth"); value && value->rate(rate, kBandwidth)) patch.bandwidth = rate;
}

bool readHostName(const Value& value, std::string& name) {
  if (!value.parsed(name, &lb::config::parseHostAddress, "a name")) return false;
  if (!lb::IpAddress::parse(name) && name != "localhost") return true;
  value.error(fmt::format("{} is not looked up in the name service", quote(name)));
  return false;
}

void readTimeOf(Section& section, std::string_view key, std::optional<Duration>& into) {
  Duration time{};
  if (const auto value = section.find(key); value && readTime(*value, time, kDurationMax)) into = time;
}

void readAnswer(Section& section, NamePatch& answer) {
  if (const auto list = section.find("addresses")) {
    answer.addresses.emplace();
    list->list([&](const Value& item) {
      std::string text;
      if (!item.text(text, "an address")) return;
      const auto ip = lb::IpAddress::parse(text);
      if (!ip) item.error(fmt::format("{} is not an address of IPv4 or IPv6", quote(text)));
      if (ip) answer.addresses->push_back(*ip);
    });
  }
  readTimeOf(section, "ttl", answer.ttl);
  readTimeOf(section, "delay", answer.delay);
  Trouble trouble{};
  if (const auto word = section.find("answer"); word && word->word(trouble, kTroubleWords)) {
    (trouble == Trouble::Fails ? answer.fails : answer.silent) = true;
  }
}

void readNames(const Value& list, Reading& reading) {
  list.list([&](const Value& item) {
    item.map([&](Section& section) {
      std::string name;
      const auto given = section.require("name");
      NamePatch patch;
      readAnswer(section, patch);
      NameAnswer answer;
      answer.made_up = !patch.addresses;
      patch.apply(answer);
      if (given && readHostName(*given, name) && !reading.names.emplace(name, answer).second)
        given->error(fmt::format("{} is already there", quote(name)));
    });
  });
}

void readBackends(const Value& list, Reading& reading) {
  const Layout& layout = reading.scenario.layout;
  list.list([&](const Value& item) {
    BackendRule rule;
    item.map([&](Section& section) {
      if (const auto name = section.find("backend")) {
        rule.backends = readBackendNames(*name, layout);
      } else {
        rule.backends = layout.matching("*");
      }
      readChangeable(section, rule.patch);
      readCount(section, "concurrency", kConcurrency, rule.patch.concurrency);
      readCount(section, "queue", kQueue, rule.patch.queue);
      const auto changes = section.find("changes");
      if (!changes) return;
      changes->list([&](const Value& change) {
        BackendRule::Change& made = rule.changes.emplace_back();
        change.map([&](Section& inner) {
          const auto at = inner.require("at");
          if (at && readTime(*at, made.at, kDurationMax) && made.at >= reading.scenario.duration)
            at->error(fmt::format("nothing happens then: the scenario lasts {}",
                                  lb::config::formatDuration(reading.scenario.duration)));
          readChangeable(inner, made.patch);
        });
      });
    });
    reading.scenario.backends.push_back(std::move(rule));
  });
}

void readNetwork(const Value& list, Reading& reading) {
  list.list([&](const Value& item) {
    NetworkRule rule;
    item.map([&](Section& section) {
      if (const auto between = section.require("between")) readBetween(*between, reading.scenario.layout, rule.between);
      readLink(section, rule.patch);
    });
    reading.scenario.network.push_back(std::move(rule));
  });
}

}  // namespace sim::rehearse
