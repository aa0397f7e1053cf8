// What a route does to an exchange by itself: its answers, and its rules for the response.
#include <array>

#include "lb/front/reply.h"
#include "lb/http/hop_by_hop.h"
#include "lb/proxy/error_reply.h"
#include "lb/proxy/exchange.h"
#include "lb/proxy/header_rules.h"
#include "lb/proxy/route_answer.h"

namespace lb::proxy {

using observe::Reason;

void Exchange::editResponse(http::Fields& fields) const {
  if (rules_) applyRules(rules_->response, fields);
  applyRules(service_->settings().headers.response, fields);
}

// RFC 9110 6.5.1: whoever merges them into the head is not to find there what was kept out of it.
std::optional<http::Fields> Exchange::editTrailers(const http::Fields* trailers, std::string_view named,
                                                   config::HeaderRules config::Headers::* direction) const {
  if (trailers == nullptr) return std::nullopt;
  http::Fields passed = *trailers;
  http::dropNamed(named, passed);
  if (rules_) dropRuled((*rules_).*direction, passed);
  dropRuled(service_->settings().headers.*direction, passed);
  return passed;
}

void Exchange::endAnswer(const http::Fields* trailers) {
  const auto passed = editTrailers(trailers, named_down_, &config::Headers::response);
  client_->sendEnd(passed ? &*passed : nullptr);
}

// The move into an answer of our own, whatever it says.
void Exchange::enterReply(std::uint16_t status, Reason reason, const char* detail) {
  enter(Phase::Reply);
  status_ = status;
  reason_ = reason;
  detail_ = detail;
  if (deadlines_) deadlines_->clearAll();
  replay_.clear();
  dropHeld();
  releasePermit();
  const bool body_to_come = framing_.kind == http::BodyKind::Chunked || framing_.length > 0;
  if (body_to_come && !request_ended_) client_->closeAfterResponse();
}

void Exchange::answer(const config::Route& route) {
  const std::optional<RouteAnswer> own = answerOf(route, *head_);
  if (!own) {
    reply(400, Reason::BadRequest, kNoHostToRedirectTo);
    return;
  }
  enterReply(own->status, own->reason, "");
  withReply(*own, route, identity_.request_id, [&](const front::Reply& made) {
    front::sendReply(*client_, made, head_->method, context_.clock.wall(), context_.blocks);
  });
}

}  // namespace lb::proxy
