// See host.h.
#include "sim/net/host.h"

#include <algorithm>
#include <iterator>

#include "lb/base/check.h"
#include "sim/net/sim_listener.h"
#include "sim/net/sim_loop.h"

namespace sim::net {

bool isLoopback(const lb::IpAddress& ip) {
  if (ip.isV4()) return ip.bytes()[12] == 127;
  std::array<std::uint8_t, 16> one{};
  one.back() = 1;
  return ip.bytes() == one;
}

bool Host::has(const lb::IpAddress& ip) const {
  return ip == lb::IpAddress{} || isLoopback(ip) || std::ranges::find(addresses_, ip) != addresses_.end();
}

std::uint16_t Host::takePort(const lb::Address& remote, MonoTime now) {
  constexpr int kNoPort = 0x10000;
  const int first = rules_.first_port;
  const int end = std::min(first + rules_.ports, kNoPort);
  for (int tried = first; tried < end; ++tried) {
    const int next = last_port_ + 1;
    last_port_ = static_cast<std::uint16_t>(first <= next && next < end ? next : first);
    const auto [found, fresh] = ports_.try_emplace({remote, last_port_}, kHeld);
    if (!fresh && found->second > now) continue;
    found->second = kHeld;
    ++ports_in_use_;
    return last_port_;
  }
  return 0;
}

void Host::releasePort(std::uint16_t port, const lb::Address& remote) {
  const auto found = ports_.find({remote, port});
  LB_CHECK(found != ports_.end());
  if (found->second == kHeld) --ports_in_use_;
  ports_.erase(found);
}

void Host::releasePortAt(std::uint16_t port, const lb::Address& remote, MonoTime time) {
  const auto found = ports_.find({remote, port});
  LB_CHECK(found != ports_.end());
  if (found->second == kHeld) --ports_in_use_;
  found->second = time;
}

void Host::addLoop(SimLoop& loop) {
  loops_.push_back(&loop);
  if (paused_) loop.pause();
}

void Host::pause() {
  paused_ = true;
  for (SimLoop* loop : loops_) loop->pause();
}

void Host::resume() {
  paused_ = false;
  for (SimLoop* loop : loops_) loop->resume();
}

void Host::switchOff() {
  up_ = false;
  for (SimLoop* loop : loops_) loop->kill();
  for (SimListener* listener : std::exchange(listeners_, {})) listener->forget();
}

std::uint16_t Host::freeListenPort() const {
  std::uint16_t port = kFirstEphemeral - 1;
  const auto taken = [&](const SimListener* listener) { return listener->local().port == port; };
  while (std::ranges::any_of(listeners_, taken)) --port;
  LB_CHECK(port > 0);
  return port;
}

void Host::removeListener(SimListener& listener) {
  std::erase(listeners_, &listener);
}

std::size_t Host::waitingToBeAccepted() const {
  std::size_t sum = 0;
  for (const SimListener* listener : listeners_) sum += listener->waiting();
  return sum;
}

bool Host::listensOn(std::uint16_t port) const {
  return std::ranges::any_of(listeners_, [&](const SimListener* listener) { return listener->local().port == port; });
}

SimListener* Host::listenerAt(const lb::Address& at, Prng& chance) const {
  std::vector<SimListener*> found;
  for (const lb::Address& bound : {at, lb::Address{{}, at.port}}) {
    std::ranges::copy_if(listeners_, std::back_inserter(found),
                         [&](const SimListener* listener) { return listener->local() == bound; });
    if (!found.empty()) break;
  }
  if (found.empty()) return nullptr;
  return found.size() == 1 ? found.front() : found[chance.below(found.size())];
}

}  // namespace sim::net
