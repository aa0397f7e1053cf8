// From a scenario that fails to a small one that fails in the same way: parts are taken away (ddmin over clients,
// faults, reloads, requests, backends, lines of the configuration), then every field goes as far towards its default as
// it can. All of it again, until nothing more helps or the time is up.
//
// What fails is asked from outside, so nothing here knows how a scenario is run. Candidates that validate() refuses are
// not tried: they would fail for reasons of their own. The families stay, although most of them are gone from the rest:
// the oracles excuse errors by them, so without one a right answer may look wrong, if not now then when the bug is
// fixed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "sim/plan/scenario.h"
#include "sim/shrink/ddmin.h"

namespace sim::shrink {

struct Edit;

// How large a scenario is, as far as people care.
struct Size {
  std::size_t clients = 0, requests = 0, faults = 0, reloads = 0, backends = 0, services = 0;
  explicit Size(const plan::Scenario& scenario);
};

struct Hooks {
  std::function<bool(const plan::Scenario&)> fails;  // in the way that is to be kept
  std::function<bool()> enough;                      // no more time
  std::function<void(const plan::Scenario& best)> onProgress;
};

class Shrinker {
 public:
  // REQUIRES: the scenario fails.
  Shrinker(plan::Scenario scenario, Hooks hooks);

  // Ends with the smallest one that was found. True: nothing more helps; false: the time was up.
  bool go();
  [[nodiscard]] const plan::Scenario& best() const { return best_; }

 private:
  // More chances than these are not worth their time: requests and faults of a scenario that anybody can read.
  static constexpr std::size_t kRequestsGood = 3;
  static constexpr std::size_t kFaultsGood = 2;
  static constexpr std::array<std::uint64_t, 3> kOtherSeeds{0, 3, 12};  // for each candidate, by how stuck it is
  // Requests change their clients only when few are left: there are as many ways as pairs.
  static constexpr std::size_t kRegroupMax = 12;

  [[nodiscard]] bool good() const;
  bool attempt(plan::Scenario candidate);
  bool attemptOne(const plan::Scenario& candidate);

  bool round();
  bool lists();
  bool clients();
  bool faults();
  bool reloads();
  bool requests();
  bool regroup();
  bool regroupTwo(std::size_t from, std::size_t to);
  bool services();
  bool backends();
  bool configuration();
  bool numbers();
  bool fields();
  bool towardsDefault(const Edit& edit);

  plan::Scenario best_;
  Hooks hooks_;
  std::size_t stuck_ = 0;  // how often nothing more helped
};

}  // namespace sim::shrink
