// What a rehearsal prints for people.
#pragma once

#include <string>
#include <vector>

#include "sim/rehearse/summary.h"

namespace sim::rehearse {

// An expectation over all seeds that were tried.
struct Judged {
  Verdict verdict;         // the worst
  std::uint64_t seed = 0;  // of it
  std::size_t failed = 0;  // seeds
};

struct SeedLine {
  std::uint64_t seed = 0;
  std::size_t requests = 0;
  std::size_t errors = 0;
  double p99 = 0;          // seconds
  std::size_t failed = 0;  // expectations
};

struct Rehearsed {
  Scenario scenario;
  std::string config_file, scenario_file;
  Result shown;  // of the seed that failed most
  std::vector<Judged> judged;
  std::vector<SeedLine> seeds;
  std::optional<Result> recorded{};  // of a replay: the same requests as their log has them
  std::vector<std::string> notes{};  // of a replay: what became of the log's lines
  [[nodiscard]] bool holds() const;
};

[[nodiscard]] std::string table(const Rehearsed& rehearsed);

}  // namespace sim::rehearse
