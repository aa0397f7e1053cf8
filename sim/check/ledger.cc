// See ledger.h.
#include "sim/check/ledger.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/actor/wire_text.h"
#include "sim/core/trace.h"

namespace sim::check {

bool answeredWithoutBody(const plan::Request& request) {
  const int status = request.answer.status;
  return request.method == "HEAD" || status == 101 || status == 204 || status == 304;
}

std::uint64_t answerBytes(const plan::Request& request) {
  return answeredWithoutBody(request) ? 0 : actor::announcedBytes(request.answer);
}

bool isIdempotent(std::string_view method) {
  constexpr std::array<std::string_view, 6> kIdempotent{"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  return std::ranges::find(kIdempotent, method) != kIdempotent.end();
}

bool replayable(const plan::Request& request, const lb::config::Service& service) {
  return isIdempotent(request.method) && repeatable(request, service);
}

bool repeatable(const plan::Request& request, const lb::config::Service& service) {
  const bool vouched = request.idempotency_key && service.retry.idempotency_key;
  if (request.framing == plan::Framing::Chunked || (!isIdempotent(request.method) && !vouched)) return false;
  return request.framing == plan::Framing::None || request.bytes <= service.retry.body_limit;
}

const lb::config::Service* serviceOf(const plan::Scenario& scenario, const plan::Request& request) {
  // Where there are routes all services are alike but for names and rules, and a route may lead there from any host.
  const bool routed = !scenario.config.routes.empty() && (request.spelled >= 0 || request.canary);
  if (request.service < 0) return routed ? &scenario.config.services.front() : nullptr;
  return &scenario.config.services.at(static_cast<std::size_t>(request.service));
}

void Ledger::add(const plan::Request& request, const plan::Client& client) {
  if (entries_.size() <= request.id) entries_.resize(request.id + 1);
  entries_[request.id].plan = &request;
  entries_[request.id].client = &client;
  entries_[request.id].calm = calm_;
  entries_[request.id].may_fail = tolerant_;
}

Entry* Ledger::find(std::uint64_t id) {
  return id < entries_.size() && entries_[id].plan != nullptr ? &entries_[id] : nullptr;
}

void Ledger::fail(Class kind, std::string invariant, std::uint64_t request, std::string what) {
  if (failed()) return;
  if (world_.trace() != nullptr) world_.trace()->violation(invariant, what);
  violation_ = {kind, std::move(invariant), std::move(what), request, {}, {}, world_.now(), world_.events()};
}

void Ledger::failBytes(std::string invariant, std::uint64_t request, std::string what, std::string expected,
                       std::string_view seen) {
  if (failed()) return;
  fail(Class::Safety, std::move(invariant), request, std::move(what));
  violation_.expected = std::move(expected);
  violation_.seen = seen;
}

void Ledger::tunnelBytes(std::uint64_t id, actor::Direction direction, std::string_view bytes) {
  Entry& entry = of(id);
  if (entry.misled) return;  // on its connection other requests and answers belong together than the backend knows
  std::uint64_t& offset = direction == actor::Direction::TunnelUp ? entry.tunnel_up : entry.tunnel_down;
  if (!actor::isPattern(bytes, id, direction, offset)) {
    std::string expected;
    actor::appendPattern(expected, id, direction, offset, bytes.size());
    failBytes("safety.tunnel", id, fmt::format("the tunnel of request {} has wrong bytes from {} on", id, offset),
              std::move(expected), bytes);
  }
  offset += bytes.size();
  const plan::Tunnel& tunnel = entry.plan->tunnel;
  if (offset > (direction == actor::Direction::TunnelUp ? tunnel.up : tunnel.down))
    fail(Class::Safety, "safety.tunnel", id, fmt::format("the tunnel of request {} has bytes too many", id));
}

}  // namespace sim::check
