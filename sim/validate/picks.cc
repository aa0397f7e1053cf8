// See picks.h.
#include "sim/validate/picks.h"

#include <fmt/format.h>

#include <cmath>

#include "lb/base/hash.h"
#include "sim/validate/theory.h"

namespace sim::validate {

using namespace std::chrono_literals;

LabPlan oneByOne(lb::config::Balance balance, std::uint32_t servers, std::uint64_t requests, const Options& options) {
  LabPlan plan{.servers = servers,
               .station = {.service = model::Distribution::constant(100us)},
               .arrivals = {.kind = model::Arrivals::Kind::Regular, .rate = {{0s, 1000}}},
               .requests = requests,
               .seed = options.seed};
  plan.service.balance = balance;
  return plan;
}

Verdict chiSquareVerdict(std::string what, double statistic, std::size_t cells) {
  const int degrees = static_cast<int>(cells) - 1;
  return {.id = "PICK",
          .what = std::move(what),
          .figure = "chi-square",
          .expected = static_cast<double>(degrees),
          .measured = statistic,
          .error = std::sqrt(2.0 * degrees),
          .low = chiSquareBound(degrees, -kOneInAMillion),
          .high = chiSquareBound(degrees, kOneInAMillion)};
}

Verdict ofLab(Verdict verdict, const Lab& lab) {
  verdict.spoilt = lab.spoilt();
  verdict.requests = lab.requests();
  return verdict;
}

std::vector<std::uint64_t> hostIds(std::size_t from, std::size_t to) {
  std::vector<std::uint64_t> ids;
  for (std::size_t i = from; i < to; ++i) ids.push_back(lb::fnv1a(fmt::format("10.1.{}.{}:80", i / 256, i % 256)));
  return ids;
}

Fleet::Fleet(const std::vector<std::uint64_t>& ids) {
  for (const std::uint64_t id : ids) {
    lb::balance::Candidate& one = candidates_.emplace_back();
    one.id = id;
    one.inflight = &inflight_.emplace_back(0);
    one.latency = &latencies_.emplace_back();
    all_.push_back(&one);
  }
}

}  // namespace sim::validate
