// See wire.h.
#include "sim/net/wire.h"

#include <algorithm>
#include <utility>

#include "lb/base/check.h"
#include "sim/net/connection.h"

namespace sim::net {

Wire::~Wire() {
  if (held_) std::erase(link_.held, this);
}

void Wire::send(MonoTime at, const Packet& packet) {
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
  flying_.push({last_arrival_, packet});
  if (!planned() && !held_) planFirst();
}

void Wire::planFirst() {
  world_.plan(*this, std::max(flying_.front().arrival, world_.now()));
}

void Wire::happen() {
  if (link_.rules.stalled) {
    held_ = true;
    link_.held.push_back(this);
    return;
  }
  const Packet packet = flying_.pop().packet;
  if (!flying_.empty()) planFirst();
  connection_.arrived(other(from_), packet);  // may destroy this object
}

// What was held up takes the way once more, as what is sent again does.
void Wire::resume() {
  held_ = false;
  last_arrival_ = std::max(world_.now() + link_.rules.latency, last_arrival_);
  world_.plan(*this, world_.now() + link_.rules.latency);
}

}  // namespace sim::net
