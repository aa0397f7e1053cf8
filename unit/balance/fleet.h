// Backends to pick from, as plain numbers.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <random>
#include <vector>

#include "lb/balance/policy.h"
#include "lb/base/hash.h"

namespace lb::balance {

class FixedSeed final : public Random {
 public:
  std::uint64_t next() override {
    ++draws;
    return engine_();
  }
  std::uint64_t draws = 0;

 private:
  std::mt19937_64 engine_{20260101};
};

class Fleet {
 public:
  explicit Fleet(const std::vector<std::uint32_t>& weights) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      Candidate& one = candidates_.emplace_back();
      one.id = mixed(1000 + i);
      one.inflight = &inflight_.emplace_back(0);
      one.latency = &latencies_.emplace_back();
      pointers_.push_back(&one);
    }
    setWeights(weights);
  }
  explicit Fleet(std::size_t size) : Fleet(std::vector<std::uint32_t>(size, 1)) {}

  void setWeights(const std::vector<std::uint32_t>& weights) {
    for (std::size_t i = 0; i < weights.size(); ++i)
      candidates_[i].weight = candidates_[i].full_weight = weights[i] * kWeightUnit;
    ++version_;
  }
  [[nodiscard]] std::size_t pick(Policy& policy, const Ask& ask = {}) {
    return policy.pick({pointers_, version_}, ask);
  }
  // How often each was picked.
  [[nodiscard]] std::vector<std::uint64_t> count(Policy& policy, int picks, const Ask& ask = {}) {
    std::vector<std::uint64_t> counts(pointers_.size());
    for (int i = 0; i < picks; ++i) ++counts[pick(policy, ask)];
    return counts;
  }
  [[nodiscard]] std::atomic<std::uint32_t>& inflight(std::size_t index) { return inflight_[index]; }
  [[nodiscard]] Latency& latency(std::size_t index) { return latencies_[index]; }
  [[nodiscard]] std::size_t size() const { return pointers_.size(); }

 private:
  std::deque<std::atomic<std::uint32_t>> inflight_;
  std::deque<Latency> latencies_;
  std::deque<Candidate> candidates_;
  std::vector<Candidate*> pointers_;
  std::uint64_t version_ = 0;
};

[[nodiscard]] inline double chiSquare(const std::vector<std::uint64_t>& counts, const std::vector<double>& expected) {
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double off = static_cast<double>(counts[i]) - expected[i];
    sum += off * off / expected[i];
  }
  return sum;
}

}  // namespace lb::balance
