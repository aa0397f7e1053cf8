#include "lb/check/route_outcome.h"

#include <algorithm>

#include "lb/base/check.h"
#include "lb/http/framing.h"
#include "lb/http/head_parser.h"
#include "lb/http/hop_by_hop.h"
#include "lb/proxy/error_reply.h"
#include "lb/proxy/forward_headers.h"
#include "lb/proxy/header_rules.h"
#include "lb/proxy/route_answer.h"
#include "lb/proxy/router.h"

namespace lb::check {
namespace {

// The same numbers in every run. Not always zero: whoever draws without bias would draw for ever (random_util.h).
class Repeatable final : public Random {
 public:
  std::uint64_t next() override { return state_ += 0x9e3779b97f4a7c15U; }

 private:
  std::uint64_t state_ = 0;
};

Outcome refused(const config::Config& config, const http::RequestHead& head, const Question& question,
                const http::Problem& problem, observe::Reason reason) {
  Outcome outcome;
  outcome.status = problem.status;
  outcome.detail = problem.what;
  Repeatable random;
  proxy::Identity identity;
  proxy::identify(head, {question.client, 0}, config.trusted_proxies, random, identity);
  const proxy::ErrorReply error{
      .status = problem.status, .reason = reason, .detail = problem.what, .request_id = identity.request_id};
  proxy::withErrorReply(error, [&](const front::Reply& reply) {
    front::addReplyFields(reply, {}, outcome.responses.emplace_back());
    if (head.method != http::Method::Head) outcome.body = reply.body;
  });
  return outcome;
}

http::Fields fieldsOf(const std::vector<config::HeaderLine>& lines) {
  http::Fields fields;
  for (const config::HeaderLine& line : lines) fields.add(line.name, line.value);
  return fields;
}

// Those that the decision may fall on, by their numbers.
std::vector<std::size_t> candidates(const config::Config& config, const proxy::Decision& decision) {
  if (decision.route == nullptr) return {decision.service};
  std::vector<std::size_t> numbers;
  for (const config::Split& part : decision.route->split) {
    if (part.weight == 0 && decision.route->split.size() > 1) continue;
    const auto found = std::ranges::find(config.services, part.service, &config::Service::name);
    LB_CHECK(found != config.services.end());  // the parser knows only such routes
    numbers.push_back(static_cast<std::size_t>(found - config.services.begin()));
  }
  return numbers;
}

void forwarded(const config::Config& config, const proxy::Decision& decision, const http::RequestHead& head,
               const Question& question, Outcome& outcome) {
  Repeatable random;
  outcome.path = head.path();
  for (const std::size_t number : candidates(config, decision)) {
    const config::Service& service = config.services[number];
    outcome.services.push_back(service.name);
    for (const config::Host& host : service.hosts) {
      if (host.weight == 0) continue;  // backups stay: they get it when no other host is well
      const std::string label = host.label();
      if (std::ranges::find(outcome.backends, label) == outcome.backends.end()) outcome.backends.push_back(label);
    }
    http::RequestHead sent = head;
    proxy::Identity identity;
    proxy::identify(sent, {question.client, 0}, config.trusted_proxies, random, identity);
    proxy::rewriteRequest(sent, {question.client, 0}, identity);
    if (decision.route != nullptr) proxy::applyRules(decision.route->headers.request, sent.fields);
    proxy::applyRules(service.headers.request, sent.fields);
    outcome.requests.push_back(std::move(sent.fields));
    http::Fields answer = fieldsOf(question.answer);
    http::dropHopByHop(answer);
    if (decision.rules) proxy::applyRules(decision.rules->response, answer);
    proxy::applyRules(service.headers.response, answer);
    outcome.responses.push_back(std::move(answer));
  }
}

Outcome answered(const config::Config& config, const config::Route& route, http::RequestHead& head,
                 const Question& question) {
  auto own = proxy::answerOf(route, head);
  if (!own) {
    return refused(config, head, question, {400, proxy::kNoHostToRedirectTo}, observe::Reason::BadRequest);
  }
  Outcome outcome;
  outcome.status = own->status;
  outcome.location = own->location;
  Repeatable random;
  proxy::Identity identity;
  proxy::identify(head, {question.client, 0}, config.trusted_proxies, random, identity);
  proxy::withReply(*own, route, identity.request_id, [&](const front::Reply& reply) {
    front::addReplyFields(reply, {}, outcome.responses.emplace_back());
  });
  if (head.method != http::Method::Head) outcome.body = std::move(own->body);
  return outcome;
}

}  // namespace

Outcome outcomeOf(const config::Config& config, const Question& question) {
  buf::BlockPool blocks;
  buf::Buffer bytes(blocks);
  bytes.append(question.head);
  const config::ClientLimits& limits = config.limits;
  http::RequestHead head;
  http::RequestParser parser;
  const http::ParseStatus status = parser.parse(bytes,
                                                {.bytes_max = limits.max_header_bytes,
                                                 .target_bytes_max = limits.max_uri_bytes,
                                                 .fields_max = limits.max_headers},
                                                head);
  const auto refuse = [&](const http::Problem& problem) {
    return refused(config, head, question, problem, proxy::reasonOf(problem));
  };
  if (status == http::ParseStatus::Bad) return refuse(parser.problem());
  LB_CHECK(status == http::ParseStatus::Done);  // the caller has written the empty line
  const auto framing = http::requestFraming(head);
  if (!framing) return refuse(framing.error());
  proxy::Router router;
  router.apply(config);
  Repeatable random;
  const proxy::Decision decision = router.decide(head, random);
  switch (decision.kind) {
    case proxy::Decision::Kind::NoRoute:
      return refused(config, head, question, {404, proxy::kNoService}, observe::Reason::NoRoute);
    case proxy::Decision::Kind::Refused: return refuse({400, proxy::kAmbiguousPath});
    case proxy::Decision::Kind::Answer: return answered(config, *decision.route, head, question);
    case proxy::Decision::Kind::Service: break;
  }
  const auto tooLarge = [&](std::size_t number) {
    const std::uint64_t most = config.services[number].limits.max_body;
    return most > 0 && framing->kind == http::BodyKind::Length && framing->length > most;
  };
  if (std::ranges::all_of(candidates(config, decision), tooLarge)) {
    return refused(config, head, question, {413, proxy::kBodyTooLarge}, observe::Reason::BodyTooLarge);
  }
  Outcome outcome;
  forwarded(config, decision, head, question, outcome);
  return outcome;
}

}  // namespace lb::check
