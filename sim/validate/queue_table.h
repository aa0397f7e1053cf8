// The table of queueing experiments, in the order of their ids.
#pragma once

#include <vector>

#include "sim/validate/queue_experiment.h"

namespace sim::validate {

[[nodiscard]] std::vector<QueueExperiment> queueExperiments(bool full);  // full: those of the long run

}  // namespace sim::validate
