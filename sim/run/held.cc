// What the proxy holds, all the time: blocks of memory, connections, sockets.
#include <algorithm>

#include "sim/check/in_force.h"
#include "sim/net/connection.h"
#include "sim/run/run.h"

namespace sim::run {

using check::Class;

// In blocks, of so many connections on both sides together.
std::uint64_t Run::heldMax(std::uint64_t connections) const {
  const auto& limits = scenario_.config.limits;
  const auto of = [](std::uint64_t bytes) { return bytes / lb::buf::Block::kBytes + 2; };
  std::uint64_t replay = 0;
  for (const auto& service : scenario_.config.services) replay = std::max(replay, service.retry.body_limit);
  const std::uint64_t connection = 3 * of(limits.buffer_bytes) + 2 * of(limits.max_header_bytes) +
                                   2 * of(limits.max_response_header_bytes) + of(replay);
  return (connections + 2) * connection + 16;
}

// Whatever the other sides do: what a connection may hold is what its buffers may. Looked at when more is in use than
// ever before, and now and then.
void Run::checkHeld() {
  const std::size_t blocks = stage_->proxy().blocksInUse();
  constexpr std::uint64_t kSeldom = 1024;
  next_held_check_ = world_.events() + 64;
  if (scenario_.has("inflight")) checkQueues();
  if (blocks <= blocks_seen_ && world_.events() % kSeldom >= 64) return;
  blocks_seen_ = std::max(blocks_seen_, blocks);
  const auto& limits = scenario_.config.limits;
  const Proxy::Gauges now = stage_->proxy().gauges();
  checkSockets(now.backend_idle);
  const std::uint64_t connections = now.connections + now.backend_active + now.backend_idle;
  expect(blocks <= heldMax(connections), Class::Safety, "safety.memory", "{} blocks for {} connections", blocks,
         connections);
  const std::uint32_t threads = scenario_.config.threads;
  const bool limited = limits.max_connections > 0;  // and not `auto`
  const std::uint64_t clients_max = std::uint64_t{std::max(1U, limits.max_connections / threads)} * threads;
  // Who stands in the queue when draining begins is let in.
  expect(!limited || now.connections <= clients_max || ledger_.drainingSince() != check::kNever, Class::Safety,
         "safety.connections", "{} client connections where {} are the limit", now.connections, clients_max);
  for (std::size_t i = 0; i < now.idle_most.size(); ++i)
    checkPool(stage_->proxy().config().services[i], now.idle_most[i]);
  if (limited && now.connections >= limits.max_connections) ledger_.leave(check::Mark::ConnectionsAtLimit);
  if (blocks * lb::buf::Block::kBytes > now.connections * (limits.buffer_bytes + 2 * lb::buf::Block::kBytes))
    ledger_.leave(check::Mark::MemoryNearLimit);
}

// Counted apart from what the limit goes by. A reload changes no queue's limit.
void Run::checkQueues() {
  const std::vector<std::uint64_t> queued = stage_->proxy().gauges().queued;
  for (std::size_t i = 0; i < queued.size(); ++i) {
    const lb::config::Service& service = stage_->proxy().config().services[i];
    expect(queued[i] <= service.limits.queue.max, Class::Safety, "safety.queue", "{} requests wait for {} where {} may",
           queued[i], service.name, service.limits.queue.max);
  }
}

void Run::checkPool(const lb::config::Service& service, std::uint64_t idle) {
  const std::uint64_t most = check::poolOf(ledger_, service, world_.now(), world_.now()).max_idle;
  expect(idle <= most, Class::Safety, "safety.pool", "{} idle connections to a backend of {}, of {} by pool.max_idle",
         idle, service.name, most);
}

// A client has one request at a backend at a time, so that what is connected there is as much as there are clients
// (twice that, where an answer may be kept), what waits in pools, and checks; and what has been replaced or given up in
// this very turn of a worker.
void Run::checkSockets(std::uint64_t pooled) {
  const lb::IpAddress& here = stage_->proxyHost().address();
  std::uint64_t from_clients = 0;
  std::uint64_t to_backends = 0;
  for (const auto& one : stage_->fabric().connections()) {
    from_clients += one->addressOf(net::Side::Server).ip == here && one->held(net::Side::Server) ? 1 : 0;
    to_backends += one->addressOf(net::Side::Client).ip == here && one->held(net::Side::Client) ? 1 : 0;
  }
  // An answer that is kept while another attempt is made keeps its connection as well.
  const bool keeps = std::ranges::any_of(scenario_.config.services, [](const lb::config::Service& service) {
    return service.retry.attempts > 0 && !service.retry.on.statuses.empty();
  });
  if (keeps) from_clients *= 2;
  std::uint64_t checks = 0;
  std::uint64_t places = 0;  // in pools
  for (const lb::config::Service& service : scenario_.config.services) {
    if (service.health_check.enabled) checks += service.hosts.size();
    const std::uint32_t idle = check::poolOf(ledger_, service, world_.now(), world_.now()).max_idle;
    places += service.hosts.size() * std::max(idle, service.pool.max_idle) * scenario_.config.threads;
  }
  if (!scenario_.reloads.empty()) pooled = places;  // a service that is gone has no numbers any more
  expect(to_backends <= from_clients + pooled + checks + scenario_.config.threads, Class::Safety, "safety.sockets",
         "{} sockets to backends for {} clients, {} idle ones and {} checks", to_backends, from_clients, pooled,
         checks);
}

}  // namespace sim::run
