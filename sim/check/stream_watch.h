// Looks at the proxy's connections to its clients from the network's side, once a second: what waits for a client that
// does not move must end in time. It needs neither end's help, so that it also sees those that nobody asks any more.
#pragma once

#include <map>

#include "sim/check/ledger.h"
#include "sim/net/fabric.h"

namespace sim::check {

class StreamWatch {
 public:
  static constexpr Duration kEvery = std::chrono::seconds(1);
  static constexpr Duration kLinger = std::chrono::seconds(5);  // the proxy's, for a client that ignores its FIN

  // `proxy`: where the proxy listens for clients.
  StreamWatch(const net::Fabric& fabric, const lb::IpAddress& proxy, Ledger& ledger)
      : fabric_(fabric), proxy_(proxy), ledger_(ledger) {}

  void look();

 private:
  struct Seen {
    MonoTime blocked = kNever;  // since when nothing could be written; kNever: it could
    MonoTime finished = kNever;
    std::uint64_t written = 0;
    std::uint64_t round = 0;  // in which it was seen last
  };
  void judge(const net::Connection& connection, Seen& seen);
  // Was the proxy kept from acting since then?
  [[nodiscard]] bool stoodStill(MonoTime from) const;

  const net::Fabric& fabric_;
  lb::IpAddress proxy_;
  Ledger& ledger_;
  std::map<std::uint64_t, Seen> seen_;  // by the connections' ids
  std::uint64_t round_ = 0;
};

}  // namespace sim::check
