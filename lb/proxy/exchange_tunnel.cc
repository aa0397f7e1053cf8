// What follows a 101: bytes in both directions, until each side ends or nothing has moved for timeouts.tunnel_idle.
#include <algorithm>
#include <string>

#include "lb/http/hop_by_hop.h"
#include "lb/proxy/exchange.h"

namespace lb::proxy {

void Exchange::beginTunnel(http::ResponseHead& head) {
  reportHealth(observe::AttemptResult::Ok, 0);
  status_ = head.status;
  replayable_ = false;
  replay_.clear();
  const std::string protocol(head.fields.find(http::FieldId::Upgrade).value_or(""));
  http::dropHopByHop(head.fields);
  editResponse(head.fields);
  markBackend(head);
  enter(Phase::Tunnel);
  request_ended_ = false;  // from here on, the end of the client's direction
  client_->sendHead(head, {}, protocol);
  if (deadlines_) deadlines_->clear(kTotalSlot);
  releasePermit();  // a tunnel may last for hours
  touchTunnel();
}

void Exchange::touchTunnel() {
  const Duration idle = service_->settings().timeouts.tunnel_idle;
  if (idle == Duration::zero()) return;
  deadlines().set(kTunnelSlot, idle);
}

// What a slow reader has yet to take waits here, and is no silence. Nor does a tunnel end that has lost its limit.
bool Exchange::tunnelMayGoOn() {
  const Duration idle = service_->settings().timeouts.tunnel_idle;
  if (idle == Duration::zero()) return true;
  MonoTime latest = client_->times().write_latest;
  if (upstream_ != nullptr) latest = std::max(latest, upstream_->times().write_latest);
  const Duration left = latest + idle - context_.clock.now();
  if (left <= Duration::zero()) return false;
  deadlines().set(kTunnelSlot, left);
  return true;
}

}  // namespace lb::proxy
