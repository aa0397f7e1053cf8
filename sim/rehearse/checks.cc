// See checks.h.
#include "sim/rehearse/checks.h"

#include <algorithm>

namespace sim::rehearse {
namespace {

constexpr std::uint16_t kUsual = 200;

// Interim answers are none, and these two have no body.
bool suits(std::uint16_t status, bool needs_body) {
  return status >= 200 && !(needs_body && (status == 204 || status == 304));
}

std::uint16_t statusFor(const lb::config::HealthCheck& check) {
  std::uint16_t first = 0;
  for (const auto& range : check.expect) {
    if (range.first <= kUsual && kUsual <= range.last) return kUsual;
    for (std::uint16_t status = range.first; status <= range.last && first == 0; ++status) {
      if (suits(status, !check.body.empty())) first = status;
    }
  }
  return first == 0 ? kUsual : first;
}

// Whoever has the address, or listens there for checks.
Site* listenerAt(Layout& layout, const lb::Address& where) {
  const auto found = std::ranges::find_if(layout.sites, [&](const Site& site) {
    const bool extra = std::ranges::find(site.check_ports, where.port) != site.check_ports.end();
    return site.address.ip == where.ip && (site.address.port == where.port || extra);
  });
  return found == layout.sites.end() ? nullptr : &*found;
}

}  // namespace

model::CheckAnswer answerThatPasses(const lb::config::HealthCheck& check) {
  return {.path = check.path, .status = statusFor(check), .body = check.body};
}

void addChecks(Layout& layout, const lb::config::HealthCheck& check, const std::vector<lb::Address>& backends) {
  if (!check.enabled) return;
  for (const lb::Address& backend : backends) {
    Site* asked = listenerAt(layout, {backend.ip, check.port == 0 ? backend.port : check.port});
    if (asked == nullptr) {
      asked = listenerAt(layout, backend);
      asked->check_ports.push_back(check.port);
    }
    if (check.kind != lb::health::CheckKind::Http) continue;
    const model::CheckAnswer wanted = answerThatPasses(check);
    const auto known = std::ranges::find(asked->checks, wanted.path, &model::CheckAnswer::path);
    if (known == asked->checks.end()) {
      asked->checks.push_back(wanted);
    } else if (known->body.find(wanted.body) == std::string::npos) {
      known->body += "\n" + wanted.body;  // several services ask the same thing and look for different words
    }
  }
}

}  // namespace sim::rehearse
