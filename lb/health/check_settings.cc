// See check_settings.h.
#include "lb/health/check_settings.h"

#include <algorithm>

namespace lb::health {

bool fitsIntoRequest(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

std::string_view problem(const CheckSettings& settings) {
  if (settings.interval <= Duration::zero() || settings.down_interval <= Duration::zero()) return "no interval";
  if (settings.timeout <= Duration::zero()) return "no timeout";
  if (settings.fall == 0 || settings.rise == 0) return "fall and rise are at least 1";
  if (settings.jitter_percent > 100) return "a jitter of more than 100 %";
  if (settings.kind == CheckKind::Tcp) return {};
  if (settings.expect.empty()) return "no status is expected";
  if (!settings.path.starts_with('/') || !fitsIntoRequest(settings.path)) return "not a path";
  return fitsIntoRequest(settings.host) ? std::string_view{} : "not a host";
}

}  // namespace lb::health
