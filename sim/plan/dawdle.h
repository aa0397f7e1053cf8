// Healthy messages that take long: a dozen pieces, each of which comes within the time that it has, as a proxy must not
// mistake one for a peer that has fallen silent.
#pragma once

#include "sim/plan/scenario.h"

namespace sim::plan {

// Nothing changes where the time for a piece is so short that a pause is hard to tell from its end, or so long that the
// whole would outlast the scenario.
void dawdle(Answer& answer, Duration response_idle, Prng& random);
void dawdle(Client& client, Duration request_body_idle, Prng& random);  // with one of its uploads

}  // namespace sim::plan
