// How a service spreads its load: the policy and what belongs to it, and each host's share.
#include <algorithm>

#include "lb/config/names.h"
#include "lb/config/sections.h"
#include "lb/config/words.h"

namespace lb::config {

void readBalance(Section& section, Service& service) {
  section.word("balance", service.balance, kBalanceWords);
  section.map("hash", [&](Section& hash) {
    hash.word("key", service.hash.key, kKeySourceWords);
    if (const auto name = hash.find("name")) name->parsed(service.hash.name, parseTokenOrNone, "a name");
    hash.integer("max_load", service.hash.max_load_percent, kHashMaxLoad);
  });
  section.map("slow_start", [&](Section& slow_start) {
    slow_start.duration("window", service.slow_start.window, kSlowStartWindow);
    slow_start.integer("min_weight", service.slow_start.min_weight_percent, kSlowStartMinWeight);
  });
  section.map("sticky", [&](Section& sticky) {
    if (const auto cookie = sticky.find("cookie"))
      cookie->parsed(service.sticky.cookie, parseTokenOrNone, "the name of a cookie");
    sticky.duration("ttl", service.sticky.ttl, kStickyTtl);
    sticky.boolean("secure", service.sticky.secure);
  });
}

void checkBalance(Section& section, const Service& service) {
  const bool named = service.hash.key == KeySource::Header || service.hash.key == KeySource::Cookie;
  if (service.balance == Balance::Hash && named && service.hash.name.empty())
    section.error("balance: hash by a header or a cookie needs its name: set `hash.name`");
  if (!service.hosts.empty() && std::ranges::all_of(service.hosts, [](const Host& host) { return host.weight == 0; }))
    section.error("no host gets anything: every weight is 0");
}

void readShare(Section& section, Host& host) {
  section.integer("weight", host.weight, kHostWeight);
  section.boolean("backup", host.backup);
}

}  // namespace lb::config
