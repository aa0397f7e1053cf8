// See draw_uploads.h.
#include "sim/plan/draw_uploads.h"

#include <array>

namespace sim::plan {
namespace {

using namespace std::chrono_literals;

bool isUpload(const Request& request) {
  return request.framing != Framing::None && request.bytes > 0 && request.malformed < 0;
}

// What is wrong with an answer in another way has its own order of things.
void drawDuplex(Request& request, Prng& random) {
  const bool whole = request.answer.fault == AnswerFault::None && !request.expect && request.answer.status != 101;
  if (whole && random.chance({1, 3})) request.answer.duplex = true;
}

// Where nothing goes wrong somebody says 100, and soon.
void drawPatience(Request& request, bool calm_only, Prng& random) {
  constexpr std::array<Duration, 5> kAfter{0s, 20ms, 500ms, 3s, 12s};
  if (!request.expect || !random.chance({1, 2})) return;
  if (!calm_only || request.answer.interim) request.patient = true;
  request.answer.continue_after = kAfter[random.below(calm_only ? 2 : kAfter.size())];
}

}  // namespace

void drawUploads(Scenario& scenario) {
  Prng random = Chance(scenario.seed).stream("scenario uploads");
  const bool duplex = random.chance({1, 3});
  const bool patient = scenario.has("expect") && random.chance({1, 2});
  if (duplex) scenario.families.emplace_back("duplex");
  if (patient) scenario.families.emplace_back("patient");
  for (Client& client : scenario.clients) {
    for (Request& request : client.requests) {
      if (duplex && isUpload(request)) drawDuplex(request, random);
      if (patient && isUpload(request)) drawPatience(request, scenario.calm_only, random);
    }
  }
}

}  // namespace sim::plan
