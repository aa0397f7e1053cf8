// See draw_methods.h.
#include "sim/plan/draw_methods.h"

#include "sim/plan/draw.h"

namespace sim::plan {

void drawMethods(Scenario& scenario) {
  Prng random = Chance(scenario.seed).stream("scenario methods");
  if (!switchOn(scenario, random, "methods", {1, 3})) return;
  for (Client& client : scenario.clients) {
    for (Request& request : client.requests) {
      if (request.malformed >= 0 || request.upgrade || !random.chance({1, 3})) continue;
      if (request.method == "POST") request.method = random.chance({1, 2}) ? "PATCH" : "REMEMBER";
      if (request.method == "GET") request.method = random.chance({1, 2}) ? "OPTIONS" : "REMEMBER";
    }
  }
}

}  // namespace sim::plan
