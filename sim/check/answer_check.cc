// What a client gets: one answer to each request, its own, unchanged, and whole or visibly cut; and an answer of the
// proxy's own only if it has a cause.
#include <algorithm>
#include <array>
#include <charconv>

#include "sim/actor/wire_text.h"
#include "sim/check/affinity_check.h"
#include "sim/check/be_answer.h"
#include "sim/check/cause.h"
#include "sim/check/ledger.h"

namespace sim::check {
namespace {

using actor::Direction;
using actor::Head;
using plan::AnswerFault;

constexpr std::array kOurs{"content-length", "transfer-encoding", "connection", "upgrade", "date", "set-cookie"};

constexpr Duration kPauseSlack = std::chrono::seconds(1);
constexpr Duration kDelivered = std::chrono::microseconds(20);  // from the network into the proxy

struct ReasonMark {
  std::string_view reason;
  Mark mark;
  std::array<int, 4> statuses;
};
constexpr auto kReasons = std::to_array<ReasonMark>({
    {"no_route", Mark::NoRoute, {404}},
    {"bad_request", Mark::BadRequest, {400, 405, 501, 505}},
    {"uri_too_long", Mark::UriTooLong, {414}},
    {"header_too_large", Mark::HeaderTooLarge, {431}},
    {"body_too_large", Mark::BodyTooLarge, {413}},
    {"request_timeout", Mark::RequestTimeout, {408}},
    {"no_healthy_backend", Mark::NoHealthyBackend, {503}},
    {"overloaded", Mark::Overloaded, {503}},
    {"connect_failed", Mark::ConnectFailed, {502}},
    {"connect_timeout", Mark::ConnectTimeout, {504}},
    {"backend_closed", Mark::BackendClosed, {502}},
    {"bad_backend_response", Mark::BadBackendResponse, {502}},
    {"backend_timeout", Mark::BackendTimeout, {504}},
    {"draining", Mark::DrainedAway, {503}},
    {"rate_limited", Mark::RateLimited, {429}},
    {"queue_full", Mark::QueueFull, {503}},
    {"queue_timeout", Mark::QueueTimeout, {503}},
});

// Then its own first answer, given twice, may be taken for the second: even before the second question arrives.
bool mayBeAskedAgain(const Ledger& ledger, const Entry& entry) {
  return entry.attempts.size() > 1 || (entry.strayed && statusIsRetried(ledger, entry));
}

}  // namespace

void Ledger::headAtClient(std::uint64_t id, const Head& head) {
  Entry& entry = of(id);
  const plan::Request& plan = *entry.plan;
  progress(plan::Trigger::Answer, id, 0);
  ++entry.answers;
  entry.status = head.status;
  entry.answered = world_.now();
  trace("the client got \"{}\" to request {}", head.startLine(), id);
  expect(entry.answers == 1, Class::Safety, "safety.one_answer", id, "request {} got two answers", id);
  expect(!head.http10, Class::Safety, "safety.version", id, "an answer in HTTP/1.0");
  expect(!plan.http10 || head.body != Head::Body::Chunked, Class::Safety, "safety.framing", id,
         "chunked answer to HTTP/1.0 request {}", id);
  expect(head.count("date") == 1 || head.status == 101, Class::Safety, "safety.fields", id,
         "an answer has to have one Date");
  const auto said_id = head.field("x-sim-id");
  const bool somebody = said_id.has_value();
  entry.of_be = !somebody && !head.field("proxy-status") && std::ranges::any_of(scenario_.backends, &plan::Backend::be);
  entry.from_backend = somebody || entry.of_be;
  std::uint64_t said = 0;
  if (somebody) std::from_chars(said_id->data(), said_id->data() + said_id->size(), said);
  if (entry.of_be) {
    checkBeHead(entry, head);
  } else if ((said != id || mayBeAskedAgain(*this, entry)) && couldBeMisled(entry, said)) {
    entry.misled = true;
  } else if (somebody) {
    checkBackendHead(entry, head);
  } else {
    checkProxyHead(entry, head);
  }
  if (!entry.misled) checkStickyCookie(entry, head);
}

// On a connection that is used again, an answer that nobody asked for cannot be told from the one that is waited for if
// it comes after the question (RFC 9112 9.2). What had reached the proxy before the client asked is not its answer.
bool Ledger::couldBeMisled(const Entry& entry, std::uint64_t by) const {
  if (by >= entries_.size() || entries_[by].plan == nullptr) return false;
  const Entry& other = entries_[by];
  // Whoever was misled himself may not know yet, if his own client is farther away.
  if (!other.strayed && !other.misled && !mixedUpSince(other.started)) return false;
  using enum plan::FaultKind;
  for (std::size_t i = 0; i < scenario_.backends.size(); ++i) {
    if (troubles_.any({Stall, StallTo, StallFrom, Loss, Slow}, static_cast<int>(i), other.replied, world_.now()))
      return true;
  }
  // Behind an answer that is longer than a window it waits for the proxy to have read that.
  if (actor::answerText(*other.plan).bytes.size() >= scenario_.network.window) return true;
  return entry.started <= other.replied + plan::longestWay(scenario_) + kDelivered;
}

void Ledger::checkBackendHead(const Entry& entry, const Head& head) {
  const plan::Request& plan = *entry.plan;
  expect(head.field("x-sim-id") == std::to_string(plan.id), Class::Safety, "safety.own_answer", plan.id,
         "request {} got the answer to {}", plan.id, *head.field("x-sim-id"));
  const bool unavailable = plan.answer.fault == AnswerFault::Unavailable && !entry.calm;
  const bool first = unavailable && head.status == actor::kUnavailable;
  expect(first || head.status == plan.answer.status, Class::Safety, "safety.status", plan.id,
         "request {} got {} instead of {}", plan.id, head.status, plan.answer.status);
  expect(!first || !hadToBeRetried(*this, entry), Class::Safety, "safety.retry_missed", plan.id,
         "the 503 to request {} was passed on although retry.retry_on names it", plan.id);
  if (unavailable && !first) leave(Mark::RetryOfUnavailable);
  expect(!entry.attempts.empty(), Class::Safety, "safety.own_answer", plan.id, "it got an answer that no backend gave");
  // A body that is malformed may come too late for a backend that answers early.
  using enum AnswerFault;
  const bool early = plan.answer.fault == Early || plan.answer.fault == EarlyReset || plan.answer.fault == EarlyClose;
  expect(plan.malformed < 0 || early, Class::Safety, "safety.malformed", plan.id,
         "a malformed request got a backend's answer");
  expect(!answerTookTooLong(*this, entry), Class::Safety, "safety.timeout_late", plan.id,
         "the answer to {} came after timeouts.response_header was over", plan.id);
  std::uint32_t index = 0;
  checkRoutedAnswer(entry, head);
  const bool routed = !scenario_.config.routes.empty();
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (routed && isRuled(head, i)) continue;
    if (head.is(i, "x-sim-id") || std::ranges::any_of(kOurs, [&](const char* ours) { return head.is(i, ours); }))
      continue;
    const auto [name, value] = index < plan.answer.fields ? actor::plannedField(plan.id, Direction::ToClient, index)
                                                          : std::pair<std::string, std::string>{};
    ++index;
    if (head.name(i) == name && head.value(i) == value) continue;
    fail(Class::Safety, index > plan.answer.fields ? "safety.hop_by_hop" : "safety.fields", plan.id,
         fmt::format("the answer to {} has \"{}: {}\" where \"{}: {}\" belongs", plan.id, head.name(i), head.value(i),
                     name, value));
    return;
  }
  expect(index >= plan.answer.fields, Class::Safety, "safety.fields", plan.id, "the answer to {} lost {} of its fields",
         plan.id, plan.answer.fields - index);
  const auto length = head.field("content-length");
  const bool known = plan.answer.framing == plan::Framing::Length && plan.answer.status != 204 &&
                     plan.answer.status != 304 && plan.answer.status != 101;
  expect(!length || (known && *length == std::to_string(actor::announcedBytes(plan.answer))), Class::Safety,
         "safety.framing", plan.id, "the answer to {} got the length {}", plan.id, length.value_or(""));
  expect(!known || length, Class::Safety, "safety.framing", plan.id, "the answer to {} lost its length", plan.id);
}

// What can have made the proxy say this?
void Ledger::checkProxyHead(Entry& entry, const Head& head) {
  if (isOwnAnswerOfRoutes(entry, head)) return;
  const plan::Request& plan = *entry.plan;
  constexpr std::string_view kPrefix = "lb; error=";
  const std::string_view origin = head.field("proxy-status").value_or("");
  if (!origin.starts_with(kPrefix)) {
    fail(Class::Safety, "safety.origin", plan.id,
         fmt::format("the {} to request {} is nobody's", head.status, plan.id));
    return;
  }
  entry.reason = origin.substr(kPrefix.size());
  const auto known = std::ranges::find(kReasons, std::string_view(entry.reason), &ReasonMark::reason);
  const bool fits = known != kReasons.end() && std::ranges::find(known->statuses, head.status) != known->statuses.end();
  expect(fits, Class::Safety, "safety.error_truth", plan.id, "request {} got {} for \"{}\"", plan.id, head.status,
         entry.reason);
  const bool caused = hasCause(*this, entry, entry.reason) || trafficHasCause(*this, entry, entry.reason);
  expect((!entry.calm || entry.may_fail) && caused, Class::Safety, "safety.error_truth", plan.id,
         "request {} got {} {} without a cause", plan.id, head.status, entry.reason);
  expect(waitedLongEnough(*this, entry, entry.reason), Class::Safety, "safety.timeout_early", plan.id,
         "request {} got {} after {} ms, before its time", plan.id, entry.reason,
         std::chrono::duration<double, std::milli>(world_.now() - entry.started).count());
  const bool later = head.status == 429 || head.status == 503;
  expect(head.count("retry-after") == (later ? 1U : 0U), Class::Safety, "safety.retry_after", plan.id,
         "the {} to request {} has {} Retry-After", head.status, plan.id, head.count("retry-after"));
  if (known != kReasons.end()) leave(known->mark);
  if (entry.reason == "rate_limited") traffic_.rateLimited(entry);
  if (plan.malformed >= 0) leave(Mark::RequestMalformedRefused);
}

// Who is answered once a drain is announced is told not to ask again.
void Ledger::checkEndIsSaid(std::uint64_t id, bool said) {
  const Entry& entry = of(id);
  if (said || drain_announced_ == kNever || entry.attempts.empty()) return;
  // What the proxy sent before may be on its way for so long.
  const Duration way = std::chrono::milliseconds(1) + 4 * plan::longestWay(scenario_);
  const bool asked_later = entry.attempts.back().head - drain_announced_ > way;
  const bool paused =
      troubles_.any({plan::FaultKind::Pause}, plan::kProxySide, drain_announced_ + -kPauseSlack, world_.now());
  // A stall may have kept the request from its backend while the proxy had given up on that already.
  using enum plan::FaultKind;
  const bool stalled = troubles_.any({Stall, StallTo, StallFrom, Loss, Slow},
                                     static_cast<int>(entry.attempts.back().backend), entry.connected, world_.now());
  expect(!asked_later || paused || stalled, Class::Safety, "safety.drain_keeps", id,
         "an answer keeps the connection although a drain is announced");
}

void Ledger::bodyAtClient(std::uint64_t id, std::uint64_t offset, std::string_view bytes) {
  progress(plan::Trigger::Answer, id, offset + bytes.size());
  const Entry& entry = of(id);
  if (!entry.from_backend || entry.misled) return;
  if (entry.of_be) {
    const bool right = entry.status != entry.plan->answer.status || isOfBe(bytes, offset);  // its own 408 is in words
    expect(right, Class::Safety, "safety.answer_body", id, "the answer of be to {} has wrong bytes from {} on", id,
           offset);
    return;
  }
  if (actor::isPattern(bytes, id, Direction::ToClient, offset)) return;
  std::string expected;
  actor::appendPattern(expected, id, Direction::ToClient, offset, bytes.size());
  failBytes("safety.answer_body", id, fmt::format("the answer to {} has wrong bytes from {} on", id, offset),
            std::move(expected), bytes);
}

void Ledger::endAtClient(std::uint64_t id, const Head& head, std::uint64_t bytes, const Head& trailers) {
  Entry& entry = of(id);
  entry.complete = true;
  entry.ended = world_.now();
  trace("the answer to request {} is complete with {} bytes", id, bytes);
  if (entry.own_planned) {
    entry.good = true;
    expect(bytes == (entry.plan->method == "HEAD" ? 0 : entry.own_body), Class::Safety, "safety.answer_body", id,
           "the answer of a route to {} has {} bytes instead of {}", id, bytes, entry.own_body);
  }
  if (!entry.from_backend || entry.misled) return;
  if (entry.of_be) return checkBeEnd(entry, bytes, trailers);
  const plan::Request& plan = *entry.plan;
  const AnswerFault fault = plan.answer.fault;
  const bool cut = fault == AnswerFault::CutClose || fault == AnswerFault::CutReset ||
                   fault == AnswerFault::LengthTooLarge || fault == AnswerFault::BadChunk;
  expect(!cut || entry.calm, Class::Safety, "safety.cut_looks_whole", id, "the cut answer to {} looks complete", id);
  expect(bytes == answerBytes(plan), Class::Safety, "safety.answer_body", id,
         "the answer to {} looks complete with {} bytes of {}", id, bytes, answerBytes(plan));
  const bool has_trailers =
      head.body == Head::Body::Chunked && plan.answer.framing == plan::Framing::Chunked && plan.answer.trailers;
  expect(trailers.size() == (has_trailers ? 1U : 0U) && (!has_trailers || trailers.field("x-trailer") == "yes"),
         Class::Safety, "safety.trailers", id, "the answer to {} has other trailers", id);
  entry.good = true;
  leave(Mark::AnswerWhole);
  if (has_trailers) leave(Mark::AnswerTrailers);
  if (plan.http10) leave(Mark::AnswerToHttp10);
  if (plan.method == "HEAD") {
    leave(Mark::AnswerToHead);
  } else if (head.body == Head::Body::None) {
    leave(Mark::AnswerWithoutBody);
  } else {
    leave(head.body == Head::Body::Chunked      ? Mark::AnswerChunkedBody
          : head.body == Head::Body::UntilClose ? Mark::AnswerUntilClose
                                                : Mark::AnswerLengthBody);
  }
  if (plan.upgrade) leave(Mark::TunnelRefused);
}

void Ledger::lostAtClient(std::uint64_t id, Loss how, bool within_answer) {
  Entry& entry = of(id);
  entry.lost = true;
  entry.ended = world_.now();
  if (within_answer) leave(Mark::AnswerCut);
  if (entry.answers == 0 && entry.attempts.empty()) checkInTime(entry);
  if (how != Loss::Surprise) return;
  trace("the client lost request {}", id);
  expect(!entry.calm || entry.may_fail, Class::Liveness, "liveness.fresh", id,
         "request {} lost its connection although all is well", id);
  const bool rejected = scenario_.config.limits.max_connections_per_client > 0 && !within_answer &&
                        entry.attempts.empty() && entry.idle_since == kNever;
  if (rejected) leave(Mark::ClientRejected);
  expect(rejected || mayCut(*this, entry, within_answer), Class::Safety, "safety.lost", id,
         "request {} lost its connection {} without a cause", id,
         within_answer ? "within the answer" : "before an answer");
}

}  // namespace sim::check
