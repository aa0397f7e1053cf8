// See ledger.h.
#include "sim/check/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "sim/actor/bad_requests.h"
#include "sim/actor/pattern.h"

namespace sim::check {

using actor::Direction;
using plan::AnswerFault;

std::uint64_t answerBytes(const plan::Request& request) {
  const int status = request.answer.status;
  return request.method == "HEAD" || status == 204 || status == 304 ? 0 : request.answer.bytes;
}

void Ledger::trace(std::string line) {
  const auto time = std::chrono::duration<double>((world_.now().since_start - World::kStart)).count();
  line = fmt::format("{:12.6f} {:7} {}", time, world_.events(), line);
  if (print_) std::fprintf(stderr, "%s\n", line.c_str());
  last_.push_back(std::move(line));
  if (last_.size() > kKept) last_.pop_front();
}

void Ledger::fail(Class kind, std::string invariant, std::string what) {
  if (failed()) return;
  trace(fmt::format("FAIL {}: {}", invariant, what));
  violation_ = {kind, std::move(invariant), std::move(what), world_.now(), world_.events()};
}

void Ledger::checkForwardedFields(const Entry& entry, const actor::Head& head) {
  constexpr std::array kHopByHop{"x-hop", "keep-alive", "te", "proxy-connection", "upgrade"};
  for (const char* name : kHopByHop) {
    if (head.field(name)) fail(Class::Safety, "safety.hop_by_hop", fmt::format("\"{}\" was passed on", name));
  }
  const auto connection = head.field("connection");
  if (connection && *connection != "close")
    fail(Class::Safety, "safety.hop_by_hop", fmt::format("Connection: {} at a backend", *connection));
  const plan::Request& plan = *entry.plan;
  const auto tag = head.field("x-tag");
  if (!tag || *tag != fmt::format("tag-{}", plan.id))
    fail(Class::Safety, "safety.fields", fmt::format("request {} lost or changed its X-Tag", plan.id));
  if (head.method != plan.method || head.target != fmt::format("/r/{}", plan.id))
    fail(Class::Safety, "safety.request_line", fmt::format("request {} arrived as {}", plan.id, head.start_line));
  if (plan.framing == plan::Framing::Length && (head.body != actor::Head::Body::Length || head.length != plan.bytes))
    fail(Class::Safety, "safety.framing", fmt::format("request {} has another length at the backend", plan.id));
  if (plan.framing == plan::Framing::Chunked && head.body != actor::Head::Body::Chunked)
    fail(Class::Safety, "safety.framing", fmt::format("request {} is not chunked any more", plan.id));
}

Ledger::Entry* Ledger::headAtBackend(const actor::Head& head, std::uint32_t backend) {
  const std::string_view text = head.field("x-sim-id").value_or("none");
  std::uint64_t id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id);
  const auto found = entries_.find(id);
  if (found == entries_.end()) {
    fail(Class::Safety, "safety.smuggled", fmt::format("a backend got \"{}\" with id {}", head.start_line, text));
    return nullptr;
  }
  Entry& entry = found->second;
  const plan::Request& plan = *entry.plan;
  ++entry.heads_at_backends;
  trace(fmt::format("b{} got request {} {} (time {})", backend, id, head.start_line, entry.heads_at_backends));
  if (!entry.started)
    fail(Class::Safety, "safety.invented", fmt::format("request {} reached a backend before it was sent", id));
  if (plan.malformed >= 0) {
    const actor::BadRequest& row = actor::badRequests()[static_cast<std::size_t>(plan.malformed)];
    if (row.bad_head) fail(Class::Safety, "safety.malformed", fmt::format("\"{}\" was passed on", row.name));
    return failed() ? nullptr : &entry;
  }
  const bool idempotent = plan.method != "POST";
  if (!idempotent && entry.heads_at_backends > 1)
    fail(Class::Safety, "safety.at_most_once", fmt::format("{} {} reached backends twice", plan.method, id));
  if (plan.service < 0) {
    fail(Class::Safety, "safety.route", fmt::format("request {} for an unknown host was passed on", id));
    return nullptr;
  }
  const auto& service = scenario_.config.services.at(static_cast<std::size_t>(plan.service));
  if (entry.heads_at_backends > service.retry.attempts + 2)
    fail(Class::Safety, "safety.retries", fmt::format("request {} was tried {} times", id, entry.heads_at_backends));
  const std::string ip = plan::backendIp(backend);
  if (std::ranges::none_of(service.hosts, [&](const auto& host) { return host.address == ip; }))
    fail(Class::Safety, "safety.route", fmt::format("request {} of {} went to b{}", id, service.name, backend));
  checkForwardedFields(entry, head);
  return failed() ? nullptr : &entry;
}

void Ledger::bodyAtBackend(std::uint64_t id, std::uint64_t offset, std::string_view bytes) {
  if (of(id).plan->malformed >= 0) return;
  if (!actor::isPattern(bytes, id, Direction::ToBackend, offset))
    fail(Class::Safety, "safety.body",
         fmt::format("request {} has wrong bytes from {} on: \"{}\"", id, offset, bytes.substr(0, 40)));
}

void Ledger::endAtBackend(std::uint64_t id, std::uint64_t bytes) {
  Entry& entry = of(id);
  ++entry.complete_at_backends;
  trace(fmt::format("   request {} complete at its backend with {} bytes", id, bytes));
  const plan::Request& plan = *entry.plan;
  if (plan.malformed >= 0) {
    fail(Class::Safety, "safety.malformed", fmt::format("malformed request {} looks complete at a backend", id));
    return;
  }
  const std::uint64_t planned = plan.framing == plan::Framing::None ? 0 : plan.bytes;
  if (bytes != planned)
    fail(Class::Safety, "safety.body", fmt::format("request {} has {} bytes instead of {}", id, bytes, planned));
  if (planned > 0 && !entry.sent)
    fail(Class::Safety, "safety.cut_looks_whole", fmt::format("request {} is complete but was never sent whole", id));
  const std::uint64_t body_max = scenario_.config.services.at(static_cast<std::size_t>(plan.service)).limits.max_body;
  if (body_max > 0 && planned > body_max)
    fail(Class::Safety, "safety.body_limit", fmt::format("request {} is over the limit of {} bytes", id, body_max));
}

void Ledger::headAtClient(std::uint64_t id, const actor::Head& head) {
  Entry& entry = of(id);
  const plan::Request& plan = *entry.plan;
  if (++entry.answers > 1) fail(Class::Safety, "safety.one_answer", fmt::format("request {} got two answers", id));
  entry.status = head.status;
  trace(fmt::format("client got {} to request {}", head.start_line, id));
  if (head.field("x-hop-back") || head.field("keep-alive"))
    fail(Class::Safety, "safety.hop_by_hop", fmt::format("hop-by-hop field in the answer to {}", id));
  if (plan.http10 && head.body == actor::Head::Body::Chunked)
    fail(Class::Safety, "safety.framing", fmt::format("chunked answer to HTTP/1.0 request {}", id));
  checkStatus(entry, head);
}

void Ledger::checkStatus(const Entry& entry, const actor::Head& head) {
  const plan::Request& plan = *entry.plan;
  if (const auto tag = head.field("x-sim-id")) {
    if (*tag != std::to_string(plan.id))
      fail(Class::Safety, "safety.own_answer", fmt::format("request {} got the answer to {}", plan.id, *tag));
    if (head.status != plan.answer.status)
      fail(Class::Safety, "safety.status",
           fmt::format("request {} got {} instead of {}", plan.id, head.status, plan.answer.status));
    if (entry.heads_at_backends == 0)
      fail(Class::Safety, "safety.invented", fmt::format("request {} got an answer that no backend gave", plan.id));
    return;
  }
  if (!head.field("proxy-status"))
    fail(Class::Safety, "safety.origin", fmt::format("the {} to request {} is nobody's", head.status, plan.id));
  checkProxyAnswer(entry, head.status);
}

// What can have made the proxy say this? Roughly: a cause must at least be there.
void Ledger::checkProxyAnswer(const Entry& entry, int status) {
  const plan::Request& plan = *entry.plan;
  const auto any = [&](std::initializer_list<const char*> families) {
    return std::ranges::any_of(families, [&](const char* one) { return scenario_.has(one); });
  };
  bool excused = false;
  switch (status) {
    case 400:
    case 501:
    case 505: excused = plan.malformed >= 0; break;
    case 404: excused = plan.service < 0; break;
    case 408:
      excused = any({"slow_client", "abort", "stall", "slow_network", "tiny_timeouts", "malformed", "latency", "small",
                     "segments"});
      break;
    case 413: excused = any({"body_limit"}); break;
    case 431: excused = any({"malformed"}); break;
    case 502:
      excused = any(
          {"kill", "refuse", "bad_answer", "cut_answer", "no_answer", "silent_close", "early", "idle_bytes", "limits"});
      break;
    case 503: excused = scenario_.drain_in_storm; break;
    case 504:
      excused = any(
          {"stall", "black_hole", "silence", "slow_backend", "tiny_timeouts", "slow_network", "bad_answer", "kill"});
      break;
    default: break;
  }
  if (!excused || calm_)
    fail(Class::Safety, "safety.error_truth", fmt::format("request {} got {} without a cause", plan.id, status));
}

void Ledger::bodyAtClient(std::uint64_t id, const actor::Head& head, std::uint64_t offset, std::string_view bytes) {
  if (!head.field("x-sim-id")) return;
  if (!actor::isPattern(bytes, id, Direction::ToClient, offset))
    fail(Class::Safety, "safety.body",
         fmt::format("the answer to {} has wrong bytes from {} on: \"{}\"", id, offset, bytes.substr(0, 40)));
}

void Ledger::endAtClient(std::uint64_t id, const actor::Head& head, std::uint64_t bytes) {
  Entry& entry = of(id);
  trace(fmt::format("   answer to request {} complete with {} bytes", id, bytes));
  if (!head.field("x-sim-id")) return;
  const plan::Request& plan = *entry.plan;
  if (bytes != answerBytes(plan)) {
    fail(Class::Safety, "safety.body",
         fmt::format("the answer to {} looks complete with {} bytes of {}", id, bytes, answerBytes(plan)));
  }
  const AnswerFault fault = plan.answer.fault;
  if (fault == AnswerFault::CutClose || fault == AnswerFault::CutReset)
    fail(Class::Safety, "safety.cut_looks_whole", fmt::format("the cut answer to {} looks complete", id));
  entry.good = true;
}

void Ledger::lostAtClient(std::uint64_t id, bool excused) {
  of(id).lost = true;
  trace(fmt::format("client lost request {}{}", id, excused ? ", as it was told" : ""));
  if (calm_ || (scenario_.calm_only && !excused))
    fail(calm_ ? Class::Liveness : Class::Safety, "safety.lost", fmt::format("request {} got no whole answer", id));
}

}  // namespace sim::check
