// See checks.h.
#include "sim/rehearse/checks.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim::rehearse {
namespace {

constexpr std::uint16_t kUsual = 200;
constexpr std::uint16_t kFirstFinal = 200;  // interim answers are none

bool suits(std::uint16_t status, bool needs_body) {
  return !(needs_body && (status == 204 || status == 304));  // these have none
}

// 0: none passes.
std::uint16_t statusFor(const CheckedPath& checks) {
  if (std::ranges::find(checks.statuses, kUsual) != checks.statuses.end()) return kUsual;
  const auto first =
      std::ranges::find_if(checks.statuses, [&](std::uint16_t status) { return suits(status, !checks.body.empty()); });
  return first == checks.statuses.end() ? std::uint16_t{0} : *first;
}

// Several services ask the same thing, look for different words and expect different statuses. False: what one answer
// could do before, none can now.
bool join(CheckedPath& known, const CheckedPath& wish) {
  const bool possible = statusFor(known) != 0;
  std::erase_if(known.statuses,
                [&](std::uint16_t status) { return std::ranges::find(wish.statuses, status) == wish.statuses.end(); });
  if (known.body.find(wish.body) == std::string::npos) known.body += "\n" + wish.body;
  return !possible || statusFor(known) != 0;
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

CheckedPath wishOf(const lb::config::HealthCheck& check) {
  CheckedPath wish{.path = check.path, .host = check.host, .statuses = {}, .body = check.body};
  for (const lb::config::StatusRange& range : check.expect) {
    for (std::uint32_t status = std::max(range.first, kFirstFinal); status <= range.last; ++status)
      wish.statuses.push_back(static_cast<std::uint16_t>(status));
  }
  return wish;
}

// What nothing passes is answered as usual, and fails as it would in production.
model::CheckAnswer answerThatPasses(const CheckedPath& checks) {
  const std::uint16_t status = statusFor(checks);
  return {.path = checks.path, .status = status == 0 ? kUsual : status, .body = checks.body};
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
    const CheckedPath wish = wishOf(check);
    const auto known = std::ranges::find(asked->checks, wish.path, &CheckedPath::path);
    if (known == asked->checks.end()) {
      asked->checks.push_back(wish);
    } else if (known->host == wish.host && !join(*known, wish)) {  // backends here look at paths only
      layout.conflicts.push_back(fmt::format(
          "no answer of {} to GET {} passes all health checks that ask for it, by their `expect` and `body`",
          asked->label, wish.path));
    }
  }
}

}  // namespace sim::rehearse
