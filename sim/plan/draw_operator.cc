// See draw_operator.h.
#include "sim/plan/draw_operator.h"

namespace sim::plan {

using namespace std::chrono_literals;

void drawOperator(Scenario& scenario) {
  Prng random = Chance(scenario.seed).stream("scenario operator");
  if (scenario.has("reload")) {
    constexpr auto kLast = static_cast<std::uint64_t>(Duration(10s).count());
    for (std::uint64_t i = random.between(1, 5); i > 0; --i)
      scenario.reloads.emplace_back(static_cast<Duration::rep>(random.below(kLast)));
  }
  if (!random.chance({1, 3})) return;
  scenario.families.emplace_back("control_plane");
  scenario.config.admin.enabled = true;
  scenario.config.admin.address = kProxyIp;
  scenario.config.admin.port = kAdminPort;
}

}  // namespace sim::plan
