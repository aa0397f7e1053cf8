// `health_check`, `outlier` and `panic_threshold` as the file has them.
#include "lb/config/dump_parts.h"
#include "lb/config/words.h"

namespace lb::config {
namespace {

void writeCheck(Writer& out, const HealthCheck& check) {
  out.open("health_check");
  if (check.kind == CheckKind::Tcp) {
    out.set("tcp", true);
  } else {
    out.open("http");
    out.set("path", text(check.path));
    if (!check.host.empty()) out.set("host", text(check.host));
    out.list("expect", check.expect, [](const StatusRange& range) {
      return range.first == range.last ? std::to_string(range.first) : fmt::format("{}-{}", range.first, range.last);
    });
    out.set("body", text(check.body));
    out.close();
  }
  out.set("port", std::uint64_t{check.port});
  out.set("interval", check.interval);
  out.set("down_interval", check.down_interval);
  out.set("jitter_percent", std::uint64_t{check.jitter_percent});
  out.set("timeout", check.timeout);
  out.set("fall", std::uint64_t{check.fall});
  out.set("rise", std::uint64_t{check.rise});
  out.set("initial", wordOf(check.initial, kInitialHealthWords));
  out.close();
}

void writeOutlier(Writer& out, const Outlier& outlier) {
  out.open("outlier");
  out.set("consecutive_failures", std::uint64_t{outlier.consecutive_failures});
  out.set("success_percent", std::uint64_t{outlier.success_percent});
  out.set("window", outlier.window);
  out.set("min_requests", std::uint64_t{outlier.min_requests});
  out.set("latency_factor", std::uint64_t{outlier.latency_factor});
  out.set("base_ejection", outlier.base_ejection);
  out.set("max_ejection", outlier.max_ejection);
  out.set("max_ejection_percent", std::uint64_t{outlier.max_ejection_percent});
  out.close();
}

}  // namespace

void writeHealth(Writer& out, const Service& service) {
  if (service.health_check.enabled) {
    writeCheck(out, service.health_check);
  } else {
    out.set("health_check", "off");
  }
  if (service.outlier.enabled) {
    writeOutlier(out, service.outlier);
  } else {
    out.set("outlier", "off");
  }
  out.set("panic_threshold", std::uint64_t{service.panic_threshold});
}

}  // namespace lb::config
