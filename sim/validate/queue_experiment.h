// One queueing experiment as a row of a table: Poisson or regular traffic through a policy to equal servers, and the
// figures that theory gives for it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lb/config/config.h"
#include "sim/model/arrivals.h"
#include "sim/model/station.h"
#include "sim/validate/validate.h"

namespace sim::validate {

enum class Law : std::uint8_t { Constant, Exponential, Bimodal };  // of the service; the last one with cv2 = 16
constexpr double kBimodalCv2 = 16;

enum class Figure : std::uint8_t {
  MeanTime,  // of a request, from its intended start to its end, in units
  P99,       // of the same
  Lost,      // the share that was answered with 503
  Waits,     // the share that had to wait in the proxy's queue, as its access log says
};

struct Expectation {
  Figure figure{};
  double expected = 0;
  double tolerance = 0;  // relative; the tight gate; 0: there is none but the standard errors
};

struct QueueExperiment {
  const char* id = "";
  std::string what{};
  double load = 0;  // of each slot
  std::uint32_t servers = 1;
  std::uint32_t slots = 1;  // of each server
  std::uint32_t queue_max = 1'000'000;
  model::Discipline discipline = model::Discipline::Fifo;
  Law law = Law::Exponential;
  model::Arrivals::Kind arrivals = model::Arrivals::Kind::Poisson;
  lb::config::Service service{};  // the policy, and whatever else of lb is tested
  std::vector<Expectation> expectations{};
  double time = 0;       // units, after the warm-up
  double full_time = 0;  // for the tight gates
};

// Every figure's verdict; and where the run's own books do not balance, that none of them counts.
[[nodiscard]] std::vector<Verdict> run(const QueueExperiment& experiment, const Options& options);

}  // namespace sim::validate
