// See stream_watch.h.
#include "sim/check/stream_watch.h"

#include "sim/net/connection.h"

namespace sim::check {

using net::Side;

void StreamWatch::look() {
  ++round_;
  std::uint32_t open = 0;
  for (const auto& connection : fabric_.connections()) {
    const lb::Address at = connection->addressOf(Side::Server);
    const bool asked_here = at.port == plan::kProxyPort || at.port == plan::kSecondPort;  // not at the control plane
    if (at.ip != proxy_ || !asked_here || !connection->held(Side::Server)) continue;
    Seen& seen = seen_[connection->id()];
    seen.round = round_;
    ++open;
    judge(*connection, seen);
    if (ledger_.failed()) return;
  }
  // All clients have the same address.
  const std::uint32_t most = ledger_.scenario().config.limits.max_connections_per_client;
  ledger_.expect(most == 0 || open <= most, Class::Safety, "safety.per_client", 0,
                 "{} connections of one client where {} are the limit", open, most);
  std::erase_if(seen_, [&](const auto& one) { return one.second.round != round_; });
}

bool StreamWatch::stoodStill(MonoTime from) const {
  return ledger_.troubles().any({plan::FaultKind::Pause}, plan::kProxySide, from, ledger_.now());
}

void StreamWatch::judge(const net::Connection& connection, Seen& seen) {
  const MonoTime now = ledger_.now();
  const std::uint64_t written = connection.written(Side::Server);
  if (!connection.blocked(Side::Server) || written != seen.written) {
    seen.blocked = kNever;
  } else if (seen.blocked == kNever) {
    seen.blocked = now;
  }
  seen.written = written;
  const Duration write_limit = ledger_.scenario().config.timeouts.response_idle + kEvery;
  if (seen.blocked != kNever && now - seen.blocked > write_limit && !stoodStill(seen.blocked))
    ledger_.fail(Class::Liveness, "liveness.write_timeout", 0,
                 fmt::format("a client has taken nothing for {} s and is still waited for",
                             std::chrono::duration<double>(now - seen.blocked).count()));
  // After the FIN of a tunnel the other direction may go on.
  const bool tunnels = ledger_.marks().count(static_cast<std::size_t>(Mark::TunnelOpened)) > 0;
  if (!connection.finished(Side::Server) || tunnels) {
    seen.finished = kNever;
  } else if (seen.finished == kNever) {
    seen.finished = now;
  } else if (now - seen.finished > kLinger + kEvery && !stoodStill(seen.finished)) {
    ledger_.fail(Class::Liveness, "liveness.linger", 0,
                 fmt::format("a client was sent a FIN {} s ago and is still waited for",
                             std::chrono::duration<double>(now - seen.finished).count()));
  }
}

}  // namespace sim::check
