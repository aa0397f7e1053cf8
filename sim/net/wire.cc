// See wire.h.
#include "sim/net/wire.h"

#include <algorithm>
#include <utility>

#include "lb/base/check.h"
#include "sim/net/connection.h"

namespace sim::net {

void Wire::send(Connection& connection, MonoTime at, const Packet& packet) {
  const LinkRules& line = link_.rules;
  MonoTime leaves = std::max(at, line_free_);
  if (line.bytes_per_second > 0 && packet.bytes > 0) {
    constexpr std::uint64_t kNanoseconds = 1'000'000'000;
    leaves = leaves + Duration(static_cast<Duration::rep>(packet.bytes * kNanoseconds / line.bytes_per_second));
    line_free_ = leaves;
  }
  Duration way = line.latency;
  if (line.jitter > Duration::zero()) {
    way += Duration(static_cast<Duration::rep>(chance_.between(0, static_cast<std::uint64_t>(line.jitter.count()))));
  }
  last_arrival_ = std::max({leaves + way, last_arrival_, world_.now()});
  flying_.push_back({last_arrival_, packet});
  world_.at(last_arrival_, [this, keep = connection.shared_from_this()] { arrive(keep); });
}

// Which packet an event stands for does not matter: there is one event for each, and they leave in order.
void Wire::arrive(const std::shared_ptr<Connection>& connection) {
  if (link_.rules.stalled || held_) {
    if (!std::exchange(held_, true)) link_.held.push_back(connection);
    ++due_;
    return;
  }
  LB_CHECK(!flying_.empty());
  const Packet packet = flying_.front().packet;
  flying_.pop_front();
  connection->arrived(other(from_), packet);
}

void Wire::resume(Connection& connection) {
  if (!held_) return;
  held_ = false;
  const MonoTime at = std::max(world_.now() + link_.rules.latency, last_arrival_);
  last_arrival_ = at;
  for (std::size_t count = std::exchange(due_, 0); count > 0; --count) {
    world_.at(at, [this, keep = connection.shared_from_this()] { arrive(keep); });
  }
}

}  // namespace sim::net
