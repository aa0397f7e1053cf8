// What experiments on single picks have in common: traffic in which a pick never waits for another, backends for
// policies by themselves, and the verdict on counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "lb/balance/policy.h"
#include "sim/validate/lab.h"
#include "sim/validate/validate.h"

namespace sim::validate {

// One request after the other, at a thousand a second, each answered before the next comes: in the order of the picks.
[[nodiscard]] LabPlan oneByOne(lb::config::Balance balance, std::uint32_t servers, std::uint64_t requests,
                               const Options& options);

// A statistic that follows a chi-square law: as bad as one in a million, and as good as one in a million, is too much.
// The lower bound finds picks that are too even to be random.
[[nodiscard]] Verdict chiSquareVerdict(std::string what, double statistic, std::size_t cells);
[[nodiscard]] Verdict ofLab(Verdict verdict, const Lab& lab);  // with the lab's requests, and what spoilt it

// Of hosts as hashing knows them, in the order of their numbers.
[[nodiscard]] std::vector<std::uint64_t> hostIds(std::size_t from, std::size_t to);

// Backends of equal weight, as far as policies know them.
class Fleet {
 public:
  explicit Fleet(const std::vector<std::uint64_t>& ids);
  [[nodiscard]] std::size_t pick(lb::balance::Policy& policy, const lb::balance::Ask& ask = {}) {
    return policy.pick({.all = all_, .version = 1}, ask);
  }
  [[nodiscard]] std::atomic<std::uint32_t>& inflight(std::size_t index) { return inflight_[index]; }
  [[nodiscard]] std::size_t size() const { return all_.size(); }

 private:
  std::deque<std::atomic<std::uint32_t>> inflight_;
  std::deque<lb::balance::Latency> latencies_;
  std::deque<lb::balance::Candidate> candidates_;
  std::vector<lb::balance::Candidate*> all_;
};

}  // namespace sim::validate
