// How a service spreads its load, for the dump.
#include "lb/config/dump_parts.h"
#include "lb/config/words.h"

namespace lb::config {

void writeBalance(Writer& out, const Service& service) {
  out.set("balance", wordOf(service.balance, kBalanceWords));
  out.open("hash");
  out.set("key", wordOf(service.hash.key, kKeySourceWords));
  out.set("name", text(service.hash.name));
  out.set("max_load", std::uint64_t{service.hash.max_load_percent});
  out.close();
  out.open("slow_start");
  out.set("window", service.slow_start.window);
  out.set("min_weight", std::uint64_t{service.slow_start.min_weight_percent});
  out.close();
  out.open("sticky");
  out.set("cookie", text(service.sticky.cookie));
  out.set("ttl", service.sticky.ttl);
  out.set("secure", service.sticky.secure);
  out.close();
}

}  // namespace lb::config
