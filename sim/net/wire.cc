// See wire.h.
#include "sim/net/wire.h"

#include <algorithm>
#include <utility>

#include "lb/base/check.h"
#include "sim/net/connection.h"

namespace sim::net {

namespace {

// Attempts to connect, and answers to them, are made anew by the handshake; nobody makes sure that a reset arrives.
bool isRepeated(Packet::Kind kind) {
  return kind != Packet::Kind::Connect && kind != Packet::Kind::Accept && kind != Packet::Kind::Reset;
}

}  // namespace

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
  Duration way = line.latency + link_.slowness;
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
  const bool through = !link_.blocked() && !chance_.chance(link_.rules.loss);
  if (through) {
    deliver();
  } else if (!isRepeated(flying_.front().packet.kind) || connection_.forgottenBy(from_)) {
    lose();
  } else if (link_.blocked()) {
    hold();
  } else {
    repeat();
  }
}

void Wire::deliver() {
  last_repeat_ = Duration::zero();
  // Nothing comes before it has had its way, out of its order, or twice.
  LB_CHECK(flying_.front().arrival <= world_.now());
  const Packet packet = flying_.pop().packet;
  if (packet.kind == Packet::Kind::Data) {
    LB_CHECK(packet.value > delivered_);
    delivered_ = packet.value;
  }
  if (!flying_.empty()) planFirst();
  connection_.arrived(other(from_), packet);  // may destroy this object
}

void Wire::lose() {
  const Packet::Kind kind = flying_.pop().packet.kind;
  if (!flying_.empty()) planFirst();
  connection_.lost(kind);  // may destroy this object
}

void Wire::hold() {
  held_ = true;
  link_.held.push_back(this);
  connection_.delayed();
}

// What was sent later waits for it, as bytes are delivered in their order.
void Wire::repeat() {
  last_repeat_ = last_repeat_ == Duration::zero() ? kFirstRepeat : std::min(last_repeat_ * 2, kLongestRepeat);
  world_.plan(*this, world_.now() + last_repeat_);
  connection_.delayed();
}

void Wire::repeatNothing() {
  if (!held_ && last_repeat_ == Duration::zero()) return;
  if (std::exchange(held_, false)) std::erase(link_.held, this);
  last_repeat_ = Duration::zero();
  flying_.clear();
  callOff();
}

// What was held up takes the way once more, as what is sent again does.
void Wire::resume() {
  held_ = false;
  const MonoTime arrival = world_.now() + link_.rules.latency + link_.slowness;
  last_arrival_ = std::max(arrival, last_arrival_);
  world_.plan(*this, arrival);
}

}  // namespace sim::net
