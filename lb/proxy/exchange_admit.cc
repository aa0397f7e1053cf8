// What stands between a request and its first attempt: limits of rate and of load, and the queue.
#include <algorithm>
#include <utility>

#include "lb/proxy/exchange.h"

namespace lb::proxy {

using observe::Reason;

namespace {

// Of IPv6 the network of a subscriber: whoever has one address of it has them all.
std::string_view keyOf(const IpAddress& ip) {
  const auto* bytes = reinterpret_cast<const char*>(ip.bytes().data());
  return {bytes, ip.isV4() ? ip.bytes().size() : ip.bytes().size() / 2};
}

}  // namespace

bool Exchange::withinRate() {
  const config::RateLimit& limit = service_->settings().rate_limit;
  if (limit.rate <= 0) return true;
  std::string_view key;
  switch (limit.key) {
    case config::RateKey::Service: break;
    case config::RateKey::ClientIp: key = keyOf(identity_.client.ip); break;
    case config::RateKey::Header: key = head_->fields.find(limit.name).value_or(""); break;
  }
  const Duration wait = service_->rateTable().ask(key, limit, context_.clock.now());
  if (wait == Duration::zero()) return true;
  retry_after_ = std::chrono::ceil<std::chrono::seconds>(wait);
  reply(429, Reason::RateLimited, "more requests than this service's rate_limit allows");
  return false;
}

// To a backend with room, or to the end of the queue, or away. Whoever waits already has been here longer.
void Exchange::dispatch() {
  back::WaitQueue& queue = service_->queue();
  back::Backend* free = queue.empty() ? pick() : nullptr;
  if (free != nullptr) {
    adopt(*free);
    send(false);
    return;
  }
  const config::ServiceLimits& limits = service_->settings().limits;
  if (!service_->hasBackends()) {
    reply(503, Reason::NoHealthyBackend,
          service_->hasAddresses() ? "no backend of this service can be used now"
                                   : "no backend of this service has an address");
  } else if (limits.adaptive.enabled) {
    reply(503, Reason::Overloaded, "every backend has as many requests as its latency allows");
  } else if (!queue.enter(*this, limits.queue.max, limits.queue.timeout)) {
    reply(503, Reason::QueueFull, "every backend is busy, and as many requests wait as may");
  } else {
    enter(Phase::Wait);
    queued_ = true;
    queued_since_ = context_.clock.precise();
    service_->stats().queue_length.add();
    if (!request_ended_) client_->pauseRequest(true);
  }
}

void Exchange::leaveQueue() {
  if (!std::exchange(queued_, false)) return;
  service_->queue().leave(*this);
  service_->stats().queue_length.subtract();
  queue_time_ = std::max(queue_time_, Duration::zero()) + (context_.clock.precise() - queued_since_);
}

void Exchange::onSlot(back::Backend& backend) {
  adopt(backend);
  send(false);
  sendWhatIsKnown();
}

void Exchange::onNoSlot(NoSlot why) {
  if (why == NoSlot::Timeout) {
    reply(503, Reason::QueueTimeout, "no backend had room within limits.queue.timeout");
  } else {
    reply(503, Reason::NoHealthyBackend, "no backend of this service can be used any more");
  }
  client_->flush();
}

}  // namespace lb::proxy
