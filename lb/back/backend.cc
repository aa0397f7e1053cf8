// See backend.h.
#include "lb/back/backend.h"

#include <algorithm>
#include <utility>

#include "lb/base/check.h"
#include "lb/base/hash.h"

namespace lb::back {
namespace {

// Of service and address; never 0.
std::uint64_t idOf(const SharedBackend& shared) {
  const std::uint64_t hash = mixed(fnv1a(shared.address.toString(), fnv1a("\n", fnv1a(shared.service))));
  return hash == 0 ? 1 : hash;
}

}  // namespace

Backend::Backend(const BackContext& context, std::shared_ptr<SharedBackend> shared,
                 std::shared_ptr<observe::BackendStats> stats, const UpstreamSettings& settings, BackendOwner& owner)
    : shared_(std::move(shared)),
      stats_(std::move(stats)),
      settings_(settings),
      owner_(owner),
      candidate_{.id = idOf(*shared_), .inflight = &shared_->inflight, .latency = &shared_->latency},
      context_(context),
      connection_context_{context.loop, context.clock, context.blocks, settings, context.states, *stats_, *this} {}

Backend::~Backend() {
  leave();
}

void Backend::leave() {
  if (std::exchange(member_, false)) shared_->leave();
}

std::uint32_t Backend::limit() const {
  const config::ServiceLimits& limits = settings_.limits;
  if (!limits.adaptive.enabled) return limits.max_inflight;
  const std::uint32_t found = shared_->gradient.limit(limits.adaptive);
  return limits.max_inflight == 0 ? found : std::min(found, limits.max_inflight);
}

bool Backend::hasRoom() const {
  const std::uint32_t max = limit();
  return max == 0 || shared_->inflight.load(std::memory_order_relaxed) < max;
}

bool Backend::reserve() {
  const std::uint32_t max = limit();
  if (max == 0) {
    shared_->inflight.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  std::uint32_t inflight = shared_->inflight.load(std::memory_order_relaxed);
  do {
    if (inflight >= max) return false;
  } while (!shared_->inflight.compare_exchange_weak(inflight, inflight + 1, std::memory_order_relaxed));
  return true;
}

void Backend::giveBack() {
  shared_->inflight.fetch_sub(1, std::memory_order_relaxed);
  owner_.onRoomMade();
}

void Backend::noteLatency(MonoTime begun, Duration latency) {
  if (!settings_.limits.adaptive.enabled) return;
  shared_->gradient.sample(begun, latency, settings_.limits.adaptive, context_.clock.now(), context_.random);
}

UpstreamConn& Backend::lease(http::ResponseHandler& handler, const LeaseOptions& options) {
  ++inflight_;
  stats_->inflight_requests.add();
  while (!options.fresh && !idle_.empty()) {
    UpstreamConn& connection = *idle_.back();
    if (options.verify_quiet && !connection.verifyQuiet()) continue;  // it closed, and has left the list
    idle_.pop_back();
    connection.begin(handler);
    return connection;
  }
  connections_.push_front(
      std::make_unique<UpstreamConn>(context_.network.connect(shared_->address), connection_context_));
  UpstreamConn& connection = *connections_.front();
  connection.place_ = connections_.begin();
  connection.begin(handler);
  return connection;
}

void Backend::onDetached(UpstreamConn&, bool keeps_place) {
  LB_CHECK(inflight_ > 0);
  --inflight_;
  stats_->inflight_requests.subtract();
  if (!keeps_place) giveBack();
}

void Backend::onIdle(UpstreamConn& connection) {
  LB_CHECK(connection.idle());
  if (departing_ || shared_->health.read().has(Health::kDrained)) {
    connection.closeIdle();
    return;
  }
  if (idle_.size() >= settings_.pool.max_idle) idle_.front()->closeIdle();  // the longest unused one makes room
  idle_.push_back(&connection);
}

void Backend::onClosed(UpstreamConn& connection) {
  std::erase(idle_, &connection);
  std::unique_ptr<UpstreamConn> owned = std::move(*connection.place_);
  connections_.erase(connection.place_);
  context_.loop.retire(std::move(owned));
  departIfUnused();
}

void Backend::closeIdle() {
  while (!idle_.empty()) idle_.back()->closeIdle();
}

void Backend::judgePool() {
  for (UpstreamConn* connection : std::vector(idle_)) connection->judgeIdle();
  while (idle_.size() > settings_.pool.max_idle) idle_.front()->closeIdle();
}

void Backend::depart() {
  departing_ = true;
  leave();
  closeIdle();
  departIfUnused();
}

void Backend::dropUser() {
  LB_CHECK(users_ > 0);
  --users_;
  departIfUnused();
}

void Backend::departIfUnused() {
  if (!departing_ || users_ > 0 || !connections_.empty()) return;
  departing_ = false;  // said once
  owner_.onDeparted(*this);
}

void Backend::shutdownNow() {
  closeIdle();
  while (!connections_.empty()) connections_.front()->abortNow();
}

}  // namespace lb::back
