// See client_connection.h.
#include "sim/check/client_connection.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace sim::check {

namespace {

// What the proxy refuses ends the connection: it does not know where the next request begins.
bool mayBeRefusal(int status) {
  return status >= 400 && status < 500 && status != 404 && status != 429;
}

}  // namespace

std::string ClientConnection::onAnswer(const Asked& asked, const Said& said, const Age& age, std::uint32_t requests_max,
                                       Duration age_max) {
  ++answers_;
  if (said.switches) return {};
  if (said.keep_alive && (said.close || (asked.http10 && !asked.keep_alive)))
    return "the answer keeps a connection that is to end";
  if (asked.close && !said.close) return "the request asked for the connection to end, the answer does not say it";
  if (requests_max > 0 && answers_ > requests_max)
    return fmt::format("answer {} on a connection that is for {}", answers_, requests_max);
  const bool last = requests_max > 0 && answers_ == requests_max;
  if (last && !asked.http10 && !said.close)
    return fmt::format("answer {} of {} does not say that it is the last one", answers_, requests_max);
  const bool ages = age_max > Duration::zero();
  if (ages && age.least >= age_max && !asked.http10 && !said.close)
    return fmt::format("the connection is {} old at least, which is more than {}, and the answer keeps it",
                       std::chrono::duration_cast<std::chrono::microseconds>(age.least),
                       std::chrono::duration_cast<std::chrono::microseconds>(age_max));
  if (asked.simple && said.close && !asked.close && !asked.http10 && !last && !(ages && age.most >= age_max))
    return "the answer ends a connection that could go on";
  return {};
}

std::string ClientConnection::onHead(Ledger& ledger, const plan::Request& request, const actor::Head& head,
                                     bool sending_ended) {
  const auto& limits = ledger.scenario().config.limits;
  const bool simple = request.framing == plan::Framing::None && request.cut_at < 0 && !request.upgrade &&
                      !sending_ended && ledger.drainAnnounced() == kNever && !mayBeRefusal(head.status);
  return onAnswer(
      {.http10 = request.http10, .keep_alive = request.keep_alive, .close = request.close, .simple = simple},
      {.keep_alive = head.connectionHas("keep-alive"),
       .close = head.connectionHas("close"),
       .switches = head.status == 101},
      age(ledger.of(request.id), ledger.now()), limits.max_requests, limits.max_connection_age);
}

Age ClientConnection::age(const Entry& entry, MonoTime now) {
  const Duration least = arrived_ == kNever ? Duration::zero() : entry.started - arrived_;
  if (arrived_ == kNever && !entry.attempts.empty()) arrived_ = entry.attempts.front().head;
  return {.least = least, .most = now - opened_};
}

}  // namespace sim::check
