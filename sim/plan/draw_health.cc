// See draw_health.h.
#include "sim/plan/draw_health.h"

#include <algorithm>
#include <initializer_list>

#include "sim/actor/backend.h"

namespace sim::plan {
namespace {

using namespace std::chrono_literals;

class HealthDraw {
 public:
  explicit HealthDraw(Scenario& scenario) : made_(scenario), random_(Chance(scenario.seed).stream("scenario health")) {}

  void draw() {
    family("checks", {1, 3});
    family("outlier", {1, 2});
    if (mayDrain()) family("by_hand", {1, 6});
    if (!made_.calm_only) {
      family("sick", {1, 4});
      if (made_.has("checks")) family("check_sick", {1, 3});
    }
    for (lb::config::Service& service : made_.config.services) {
      if (made_.has("checks") && random_.chance({2, 3})) checks(service.health_check);
      if (made_.has("outlier")) outlier(service);
    }
    if (made_.has("sick")) strike(FaultKind::Sick);
    if (made_.has("check_sick")) strike(FaultKind::CheckSick);
    if (made_.has("by_hand")) strike(random_.chance({1, 2}) ? FaultKind::DrainByHand : FaultKind::WeighByHand);
  }

 private:
  // Where nothing goes wrong one backend is drained, and everybody has another.
  [[nodiscard]] bool mayDrain() const {
    const auto has_another = [](const lb::config::Service& service) {
      return std::ranges::count_if(service.hosts, [](const auto& host) { return host.weight > 0; }) > 1;
    };
    return !made_.calm_only || (!made_.has("reload") && std::ranges::all_of(made_.config.services, has_another));
  }

  template <class T>
  T oneOf(std::initializer_list<T> values) {
    return values.begin()[random_.below(values.size())];
  }
  Duration upTo(Duration max) {
    return Duration(static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(max.count()))));
  }
  void family(const char* name, Ratio ratio) {
    if (random_.chance(ratio)) made_.families.emplace_back(name);
  }

  void checks(lb::config::HealthCheck& check) {
    check.enabled = true;
    if (random_.chance({1, 4})) {
      check.kind = lb::config::CheckKind::Tcp;
    } else {
      check.path = actor::kCheckPath;
      if (random_.chance({1, 2})) check.body = oneOf<const char*>({"fine", "ine", "f"});
      if (random_.chance({1, 3})) check.host = "checks.test";
      // be answers with a body of its own.
      if (made_.has("be")) check.body.clear();
    }
    check.interval = oneOf<Duration>({200ms, 1s, 5s});
    check.down_interval = oneOf<Duration>({100ms, 1s, 2s});
    // A check in pieces of a byte is hundreds of events, and some storms end after hours only.
    if (made_.network.segment_max < 100) check.interval = check.down_interval = 5s;
    check.timeout = oneOf<Duration>({2s, 5s});
    check.fall = static_cast<std::uint32_t>(random_.between(1, 3));
    check.rise = static_cast<std::uint32_t>(random_.between(1, 3));
    check.initial =
        oneOf({lb::config::InitialHealth::Check, lb::config::InitialHealth::Up, lb::config::InitialHealth::Down});
  }

  void outlier(lb::config::Service& service) {
    lb::config::Outlier& rules = service.outlier;
    rules.enabled = random_.chance({7, 8});
    rules.consecutive_failures = oneOf<std::uint32_t>({0, 1, 2, 3, 5});
    rules.base_ejection = oneOf<Duration>({100ms, 1s, 5s});
    rules.max_ejection = oneOf<Duration>({5s, 10s, 60s});
    rules.max_ejection_percent = oneOf<std::uint32_t>({0, 10, 50, 50, 100});
    if (random_.chance({1, 4})) {
      rules.success_percent = oneOf<std::uint32_t>({50, 80, 100});
      rules.window = oneOf<Duration>({1s, 5s});
      rules.min_requests = static_cast<std::uint32_t>(random_.between(1, 6));
    }
    if (random_.chance({1, 4})) {
      rules.latency_factor = oneOf<std::uint32_t>({3, 5, 10});
      rules.window = oneOf<Duration>({1s, 5s});
      rules.min_requests = static_cast<std::uint32_t>(random_.between(4, 8));
    }
    service.panic_threshold = oneOf<std::uint32_t>({0, 0, 10, 50, 50, 100});
    // Where nothing goes wrong nobody is to be left without a backend.
    if (made_.calm_only) service.panic_threshold = oneOf<std::uint32_t>({50, 100});
    if (!rules.enabled) rules = {.enabled = false};  // what is off has no settings
  }

  void strike(FaultKind kind) {
    for (std::uint64_t i = made_.calm_only ? 1 : random_.between(1, 3); i > 0; --i) {
      made_.faults.push_back({.kind = kind,
                              .at = upTo(8s),
                              .length = upTo(oneOf<Duration>({100ms, 3s, 15s})),
                              .who = static_cast<int>(random_.below(made_.backends.size()))});
    }
  }

  Scenario& made_;
  Prng random_;
};

}  // namespace

void drawHealth(Scenario& scenario) {
  HealthDraw(scenario).draw();
}

}  // namespace sim::plan
