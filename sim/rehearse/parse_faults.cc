// The `faults` of a scenario file: each has a time, and one key that says what happens.
#include <fmt/format.h>

#include <algorithm>

#include "lb/config/suggest.h"
#include "lb/config/units.h"
#include "sim/rehearse/parse_parts.h"
#include "sim/rehearse/quantity.h"

namespace sim::rehearse {
namespace {

using lb::config::formatDuration;
using lb::config::quote;
using lb::config::Section;
using lb::config::Value;
using lb::config::Word;

struct KindRow {
  std::string_view key;
  FaultKind kind;
  bool lasts;  // may have `for`
};
constexpr std::array<KindRow, 15> kKinds{{{"crash", FaultKind::Crash, true},
                                          {"stop", FaultKind::Stop, true},
                                          {"restart", FaultKind::Restart, false},
                                          {"reset", FaultKind::Reset, true},
                                          {"refuse", FaultKind::Refuse, true},
                                          {"black_hole", FaultKind::BlackHole, true},
                                          {"hang", FaultKind::Hang, true},
                                          {"slow", FaultKind::Slow, true},
                                          {"errors", FaultKind::Errors, true},
                                          {"pause", FaultKind::Pause, true},
                                          {"partition", FaultKind::Partition, true},
                                          {"network", FaultKind::Network, true},
                                          {"dns", FaultKind::Dns, true},
                                          {"reload", FaultKind::Reload, false},
                                          {"drain", FaultKind::Drain, false}}};

constexpr std::array<Word<Whom>, 2> kWhomWords{{{"users", Whom::Users}, {"checks", Whom::Checks}}};
constexpr lb::config::DecimalRange kFactor{0.01, 10'000};
constexpr lb::config::IntegerRange kErrorStatus{400, 599};

class FaultReader {
 public:
  FaultReader(Section& section, Fault& fault, std::size_t index, Reading& reading)
      : section_(section), fault_(fault), index_(index), reading_(reading) {}

  void read() {
    const auto at = section_.require("at");
    if (at && readTime(*at, fault_.at, kDurationMax) && fault_.at >= reading_.scenario.duration) {
      at->error(fmt::format("is never reached: the scenario lasts {}", formatDuration(reading_.scenario.duration)));
    }
    const auto length = section_.find("for");
    if (length && readTime(*length, fault_.length, kDurationMax) && fault_.length < 1us)
      length->error("must be more than 0");
    const KindRow* row = nullptr;
    std::optional<Value> target;
    for (const KindRow& one : kKinds) {
      auto found = section_.find(one.key);
      if (!found) continue;
      if (row != nullptr) found->error(fmt::format("stands beside `{}`: each fault is an item of its own", row->key));
      row = &one;
      target.emplace(*found);
    }
    if (row == nullptr) {
      section_.error(
          "says no fault; known are crash, stop, restart, reset, refuse, black_hole, hang, slow, errors, pause, "
          "partition, network, dns, reload and drain");
      return;
    }
    if (length && !row->lasts) length->error(fmt::format("`{}` happens at once and takes no `for`", row->key));
    if (!length && row->kind == FaultKind::Pause) target->error("needs `for`: a pause has an end");
    fault_.kind = row->kind;
    describe(*row, *target);
    readTarget(*target);
    if (readRepeats(section_, fault_, index_, reading_) && row->lasts && !length)
      target->error("needs `for` beside `every`: what does not end cannot begin again");
  }

 private:
  void describe(const KindRow& row, const Value& target) {
    std::string what;
    if (target.isScalar()) {
      static_cast<void>(target.text(what));
    } else if (target.isList()) {
      target.list([&](const Value& item) {
        std::string one;
        if (item.isScalar() && item.text(one)) what += what.empty() ? one : " " + one;
      });
    }
    fault_.text = fmt::format("{} {}", row.key, what);
  }

  void readTarget(const Value& target) {
    switch (fault_.kind) {
      case FaultKind::Hang:
        backends(target);
        only(target);
        return;
      case FaultKind::Slow:
        if (const auto factor = section_.require("factor")) factor->decimal(fault_.factor, kFactor);
        fault_.text += fmt::format(" x{}", fault_.factor);
        backends(target);
        only(target);
        return;
      case FaultKind::Errors:
        if (const auto ratio = section_.require("ratio")) readPerMillion(*ratio, fault_.error_ppm);
        section_.integer("status", fault_.error_status, kErrorStatus);
        backends(target);
        only(target);
        return;
      case FaultKind::Pause:
        fault_.of_lb = target.is("lb");
        if (!fault_.of_lb) backends(target);
        return;
      case FaultKind::Partition: partition(target); return;
      case FaultKind::Network:
        readLink(section_, fault_.link);
        sides(target);
        return;
      case FaultKind::Dns: dns(target); return;
      case FaultKind::Reload: reload(target); return;
      case FaultKind::Drain:
        if (!target.is("lb")) target.error("only lb is drained: drain: lb");
        return;
      default: backends(target); return;
    }
  }

  // After the backends, for it looks at them. A check that nobody makes cannot be failed.
  void only(const Value& target) {
    section_.word("only", fault_.only, kWhomWords);
    if (fault_.only == Whom::All) return;
    fault_.text += fault_.only == Whom::Users ? " for users" : " for checks";
    if (fault_.only == Whom::Users) return;
    reading_.later.emplace_back([&scenario = reading_.scenario, index = index_, target] {
      const Fault& fault = scenario.faults[index];
      const bool checked = std::ranges::any_of(
          fault.backends, [&](std::size_t site) { return !scenario.layout.sites[site].checks.empty(); });
      if (!checked && !fault.backends.empty())
        target.error("nobody checks it by HTTP: `only` needs a `health_check` in the configuration");
    });
  }

  // The fault moves while others are read; its index stays.
  void backends(const Value& target) {
    reading_.later.emplace_back([&scenario = reading_.scenario, index = index_, target] {
      scenario.faults[index].backends = readBackendNames(target, scenario.layout);
    });
  }

  void sides(const Value& target) {
    reading_.later.emplace_back([&scenario = reading_.scenario, index = index_, target] {
      readBetween(target, scenario.layout, scenario.faults[index].between);
    });
  }

  // [a, b] stops both ways, {from: a, to: b} one.
  void partition(const Value& target) {
    if (target.isList()) {
      sides(target);
      return;
    }
    fault_.both_ways = false;
    target.map([&](Section& inner) {
      const auto from = inner.require("from");
      const auto to = inner.require("to");
      if (!from || !to) return;
      std::string first, second;
      if (from->isScalar() && to->isScalar() && from->text(first) && to->text(second))
        fault_.text += fmt::format("from {} to {}", first, second);
      reading_.later.emplace_back([&scenario = reading_.scenario, index = index_, from = *from, to = *to] {
        auto& between = scenario.faults[index].between;
        between = {readSide(from, scenario.layout), readSide(to, scenario.layout)};
        if ((between[0].kind == Side::Kind::Lb) == (between[1].kind == Side::Kind::Lb))
          from.error("one of the two sides is lb: clients and backends have no way to each other");
      });
    });
  }

  void dns(const Value& target) {
    readAnswer(section_, fault_.answer);
    if (!readHostName(target, fault_.name)) return;
    auto& all = reading_.later_addresses[fault_.name];
    if (fault_.answer.addresses)
      all.insert(all.end(), fault_.answer.addresses->begin(), fault_.answer.addresses->end());
    reading_.later.emplace_back([&reading = reading_, name = fault_.name, target] {
      const auto& names = reading.scenario.layout.names;
      if (names.contains(name)) return;
      std::vector<std::string_view> known;
      for (const auto& [one, answer] : names) known.emplace_back(one);
      const auto near = lb::config::suggest(name, known);
      target.error(fmt::format("no host of the configuration has the name {}{}", quote(name),
                               near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
    });
  }

  void reload(const Value& target) {
    std::string file;
    if (!target.text(file, "a file's name")) return;
    const auto text = reading_.read_file(file);
    if (!text) {
      target.error(text.error().what);
      return;
    }
    auto parsed = lb::config::parse(*text);
    if (!parsed) {
      for (const auto& issue : parsed.error()) target.error(lb::config::format(file, issue));
      return;
    }
    fault_.config = std::make_shared<const lb::config::Config>(std::move(parsed->config));
    reading_.later_configs.push_back(fault_.config);
  }

  Section& section_;
  Fault& fault_;
  std::size_t index_;
  Reading& reading_;
};

}  // namespace

void readFaults(const Value& list, Reading& reading) {
  list.list([&](const Value& item) {
    if (reading.scenario.faults.size() + reading.repeats >= kFaultsMax) {
      item.error(fmt::format("is one too many: at most {} faults", kFaultsMax));
      return;
    }
    Fault fault;
    const std::size_t index = reading.scenario.faults.size();
    item.map([&](Section& section) { FaultReader(section, fault, index, reading).read(); });
    reading.scenario.faults.push_back(std::move(fault));
  });
}

}  // namespace sim::rehearse
