// What a backend gets: a request that somebody has sent, the right one, whole or visibly cut, at most as often as it
// may be, with every field that belongs to it and none that does not.
#include <algorithm>
#include <array>
#include <charconv>

#include "sim/actor/bad_requests.h"
#include "sim/actor/wire_text.h"
#include "sim/check/affinity_check.h"
#include "sim/check/cause.h"
#include "sim/check/in_force.h"
#include "sim/check/ledger.h"
#include "sim/plan/forwarded.h"

namespace sim::check {
namespace {

using actor::Direction;
using actor::Head;

// That the proxy writes anew or adds; everything else has to come through as it was.
constexpr auto kOurs = std::to_array<std::string_view>(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "x-forwarded-for", "x-forwarded-host",
     "x-forwarded-proto", "x-request-id", "via", "expect", "idempotency-key"});

}  // namespace

// Names in their case, values, their order: the end-to-end fields are the client's.
void Ledger::checkForwardedHead(Entry& entry, const Head& head) {
  const plan::Request& plan = *entry.plan;
  const bool routed = !scenario_.config.routes.empty();
  if (head.method() != plan.method || (!routed && head.target() != actor::requestTarget(plan)))
    fail(Class::Safety, "safety.request_line", plan.id,
         fmt::format("request {} arrived as \"{}\"", plan.id, head.startLine().substr(0, 80)));
  const std::string host = plan::serviceHost(plan.service);
  const plan::Forwarded* said = plan::believed(scenario_) ? plan::forwardedOf(plan) : nullptr;
  const std::string chain = said == nullptr ? plan::kClientIp : fmt::format("{}, {}", said->sent, plan::kClientIp);
  const std::array<std::pair<std::string_view, std::string_view>, 5> expected{
      {{"host", host},
       {"x-forwarded-for", chain},
       {"x-forwarded-host", host},
       {"x-forwarded-proto", "http"},
       {"via", plan.http10 ? "1.0 lb" : "1.1 lb"}}};
  for (const auto& [name, value] : expected) {
    if (host.empty() && name.ends_with("host")) continue;  // HTTP/1.0; the backend is told something
    if (head.count(name) != 1 || head.field(name) != value)
      fail(Class::Safety, "safety.fields", plan.id,
           fmt::format("request {} has {} fields {}, the first is \"{}\"", plan.id, head.count(name), name,
                       head.field(name).value_or("")));
  }
  expect(head.count("idempotency-key") == (plan.idempotency_key ? 1U : 0U), Class::Safety, "safety.fields", plan.id,
         "Idempotency-Key is not passed on as it came");
  expect(head.count("x-request-id") == 1, Class::Safety, "safety.fields", plan.id, "no X-Request-Id, or several");
  const auto [owner, fresh] = request_ids_.try_emplace(std::string(head.field("x-request-id").value_or("")), plan.id);
  expect(fresh || owner->second == plan.id, Class::Safety, "safety.fields", plan.id,
         "requests {} and {} have the same X-Request-Id", owner->second, plan.id);
  expect(!head.field("expect") || (plan.expect && !plan.http10), Class::Safety, "safety.fields", plan.id,
         "an Expect that nobody sent");
  std::uint32_t index = 0;
  bool tagged = false;
  bool led = plan.affinity.empty();
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (std::ranges::any_of(kOurs, [&](std::string_view ours) { return head.is(i, ours); })) continue;
    if (routed && isRuled(head, i)) continue;
    if (!std::exchange(tagged, true)) {
      expect(head.name(i) == "X-Sim-Id", Class::Safety, "safety.fields", plan.id, "fields came in another order");
      continue;
    }
    if (!std::exchange(led, true)) {
      expect(fmt::format("{}: {}", head.name(i), head.value(i)) == plan.affinity, Class::Safety, "safety.fields",
             plan.id, "\"{}\" became \"{}: {}\"", plan.affinity, head.name(i), head.value(i));
      continue;
    }
    const auto [name, value] = index < plan.fields ? actor::plannedField(plan.id, Direction::ToBackend, index)
                                                   : std::pair<std::string, std::string>{};
    ++index;
    if (head.name(i) == name && head.value(i) == value) continue;
    const bool hop = index > plan.fields;
    fail(Class::Safety, hop ? "safety.hop_by_hop" : "safety.fields", plan.id,
         fmt::format("request {} has \"{}: {}\" where \"{}: {}\" belongs", plan.id, head.name(i), head.value(i), name,
                     value));
    return;
  }
  expect(index >= plan.fields, Class::Safety, "safety.fields", plan.id, "request {} lost {} of its fields", plan.id,
         plan.fields - index);
  checkRoutedHead(entry, head);
}

void Ledger::checkForwardedFraming(const Entry& entry, const Head& head) {
  const plan::Request& plan = *entry.plan;
  using plan::Framing;
  const bool same = (plan.framing == Framing::None && head.body == Head::Body::None) ||
                    (plan.framing == Framing::Length && head.body == Head::Body::Length && head.length == plan.bytes) ||
                    (plan.framing == Framing::Chunked && head.body == Head::Body::Chunked);
  expect(same, Class::Safety, "safety.framing", plan.id, "request {} has another framing at its backend", plan.id);
  const auto connection = head.field("connection");
  const bool offers = connection && head.connectionHas("upgrade");
  const bool plain = !connection || *connection == "close" || *connection == "keep-alive";
  expect(plain || (offers && plan.upgrade && head.field("upgrade") == actor::kProtocol), Class::Safety,
         "safety.hop_by_hop", plan.id, "Connection: {} at a backend", connection.value_or(""));
  expect(offers == plan.upgrade || plan.http10, Class::Safety, "safety.upgrade", plan.id,
         "request {} {} an upgrade on its way", plan.id, offers ? "got" : "lost");
}

// A whole request whose turn it is gets to a backend, or to its answer, without waiting for anything else to happen.
void Ledger::checkInTime(const Entry& entry) {
  const plan::Request& plan = *entry.plan;
  if (plan.malformed >= 0 || plan.service < 0 || entry.sent == kNever || entry.turn == kNever) return;
  if (maybeAnsweredByRoute(entry)) return;
  if (entry.client->reading != plan::Reading::Normal) return;  // it may have an answer that it does not see
  constexpr Duration kInTime = std::chrono::seconds(2);
  // A long head takes several windows on each of its two ways.
  const std::uint32_t windows = (1000 + plan.padding + 100 * plan.fields) / scenario_.network.window;
  Duration queue{};
  forEachInForce(*this, *serviceOf(scenario_, plan), entry.started, world_.now(),
                 [&](const lb::config::Service& known) { queue = std::max(queue, queueTimeOf(known)); });
  const MonoTime due = std::max(entry.sent, entry.turn) + kInTime + queue +
                       static_cast<int>(20 + 6 * windows) * plan::longestWay(scenario_);
  if (world_.now() <= due || scenario_.config.limits.max_connections < 1000) return;
  if (drainingSince() != kNever || troubles_.anySince(entry.connected)) return;
  if (mixed_up_ != kNever) return;  // who had a pooled connection before it may be stuck there, answered already
  fail(Class::Liveness, "liveness.forwarded", plan.id,
       fmt::format("request {} got to no backend for {} s although nothing was in its way", plan.id,
                   std::chrono::duration<double>(world_.now() - std::max(entry.sent, entry.turn)).count()));
}

// Only where it is known of whom the backend is one: it may be out for one service and not for another.
void Ledger::checkWhoIsOut(const Entry& entry, std::uint32_t backend) {
  const std::vector<std::string> services = servicesOf(entry);
  if (services.size() != 1) return;
  const auto over = [&](std::uint64_t other) {
    const Entry& probe = of(other);
    return probe.ended != kNever || probe.logged.lines > 0 || probe.attempts.back().backend != backend;
  };
  const std::uint64_t id = entry.plan->id;
  using enum plan::FaultKind;
  const MonoTime lately = entry.started + -std::chrono::seconds(5);
  const bool held_up = troubles_.any({Pause, Stall, StallTo, StallFrom, Loss, Slow, BlackHole, BacklogFull},
                                     static_cast<int>(backend), lately, world_.now()) ||
                       troubles_.any({Pause}, plan::kProxySide, lately, world_.now());
  const HealthWatch::Arrival arrival{.request = id, .started = entry.started, .now = world_.now(), .held_up = held_up};
  const std::string wrong = health_.onRequest(services.front(), backend, arrival, over);
  expect(wrong.empty(), Class::Safety, "safety.health", id, "{}", wrong);
}

// Nobody works for a client that has told that it does not wait: not out of the queue, not after a pause, not again.
void Ledger::checkAbandoned(const Entry& entry) {
  constexpr Duration kNews = std::chrono::seconds(1);
  if (entry.gave_up == kNever || troubles_.anySince(entry.connected)) return;
  // While a request waits, what is behind its head is read as far as there is room, and an end behind that is not seen.
  const plan::Request& plan = *entry.plan;
  const bool more =
      plan.framing != plan::Framing::None || entry.client->pipeline > 1 || plan.tunnel.eager || plan.malformed >= 0;
  if (entry.gave_up_by_end && more) return;
  if (scenario_.config.limits.max_connections < 1000) return;  // a connection that is accepted late tells late
  const Duration ago = world_.now() - entry.gave_up;
  if (ago <= kNews + 20 * plan::longestWay(scenario_)) return;
  fail(Class::Liveness, "liveness.exchanges_end", entry.plan->id,
       fmt::format("request {} was sent to a backend {:.1f} s after its client had given it up", entry.plan->id,
                   std::chrono::duration<double>(ago).count()));
}

// By the address that is checked, or the name that the service gives to its checks.
void Ledger::checkAtBackend(const Head& head, std::uint32_t backend) {
  const std::string_view host = head.field("host").value_or("");
  const std::string& own = plan::backendAddress(backend);
  const bool asked = std::ranges::any_of(configurations_, [&](const auto& one) {
    return std::ranges::any_of(one.config.services, [&](const lb::config::Service& service) {
      const lb::config::HealthCheck& check = service.health_check;
      return check.enabled && head.target() == check.path && host == (check.host.empty() ? own : check.host) &&
             mayServe(*this, service, backend, MonoTime{}, world_.now());
    });
  });
  expect(asked && head.method() == "GET" && head.count("host") == 1, Class::Safety, "safety.health", 0,
         "b{} was checked by \"{}\" for \"{}\", which no service asks for", backend, head.startLine(), host);
}

Entry* Ledger::headAtBackend(const Head& head, std::uint32_t backend, bool reused) {
  const std::string_view text = head.field("x-sim-id").value_or("none");
  std::uint64_t id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id);
  Entry* entry = find(id);
  if (entry == nullptr) {
    fail(Class::Safety, "safety.smuggled", 0,
         fmt::format("a backend got \"{}\" with id {}", head.startLine().substr(0, 80), text));
    return nullptr;
  }
  const plan::Request& plan = *entry->plan;
  progress(plan::Trigger::Request, id, 0);
  entry->attempts.push_back({.backend = backend, .head = world_.now(), .reused = reused});
  const std::size_t times = entry->attempts.size();
  trace("b{} got request {} \"{}\"{}", backend, id, head.startLine().substr(0, 60), times > 1 ? ", again" : "");
  if (reused) leave(Mark::RequestOnReusedConnection);
  if (times > 1) leave(Mark::RequestSentTwice);
  if (times == 1) checkInTime(*entry);
  checkAbandoned(*entry);
  expect(entry->started != kNever, Class::Safety, "safety.smuggled", id, "it reached a backend before it was sent");
  if (plan.malformed >= 0) {
    const actor::BadRequest& row = actor::badRequests()[static_cast<std::size_t>(plan.malformed)];
    expect(!row.bad_head, Class::Safety, "safety.malformed", id, "\"{}\" was passed on", row.name);
    return failed() ? nullptr : entry;
  }
  checkForwardedHead(*entry, head);
  checkForwardedFraming(*entry, head);
  const lb::config::Service* service = serviceOf(scenario_, plan);
  if (const int number = serviceNumber(*entry); service == nullptr && number >= 0)  // routes may lead from every host
    service = &scenario_.config.services[static_cast<std::size_t>(number)];
  if (service == nullptr) {
    fail(Class::Safety, "safety.routes", id, "a request for a host that nobody serves was passed on");
    return nullptr;
  }
  const bool vouched = plan.idempotency_key && service->retry.idempotency_key;
  expect(times == 1 || isIdempotent(plan.method) || vouched, Class::Safety, "safety.at_most_once", id,
         "{} {} reached backends twice", plan.method, id);
  expect(mayServe(*this, *service, backend, entry->started, world_.now()), Class::Safety, "safety.routes", id,
         "request {} of {} went to b{}", id, service->name, backend);
  const std::string misplaced = whyNotThere(*this, *entry, *service, backend);
  expect(misplaced.empty(), Class::Safety, "safety.share", id, "request {} of {} went to b{}, {}", id, service->name,
         backend, misplaced);
  if (std::ranges::any_of(service->hosts, [&](const lb::config::Host& host) {
        return host.backup && backendOf(scenario_, host) == static_cast<int>(backend);
      }))
    leave(Mark::BackupUsed);
  expect(
      service->limits.max_body == 0 || plan.framing != plan::Framing::Length || plan.bytes <= service->limits.max_body,
      Class::Safety, "safety.body_limit", id, "request {} is over the limit and was passed on", id);
  expect(!headTookTooLong(*this, *entry), Class::Safety, "safety.timeout_late", id,
         "request {} was passed on although its head took longer than timeouts.request_header", id);
  traffic_.atBackend(*entry);
  checkWhoIsOut(*entry, backend);
  return failed() ? nullptr : entry;
}

void Ledger::onProxyLine(std::string_view line) {
  const bool routed = !scenario_.config.routes.empty();
  const auto under_way = [&](const std::string& service) {
    return static_cast<std::size_t>(std::ranges::count_if(entries_, [&](const Entry& entry) {
      const bool asked = entry.plan != nullptr && entry.started != kNever && entry.logged.lines == 0;
      if (asked && routed) return true;  // maybe
      const lb::config::Service* whose = asked ? serviceOf(scenario_, *entry.plan) : nullptr;
      return whose != nullptr && whose->name == service;
    }));
  };
  if (const std::size_t was = line.find(", was "); line.starts_with("backend ") && was != std::string_view::npos) {
    const std::size_t begin = line.rfind(" is ", was) + 4;
    ++books_.moves[std::string(line.substr(begin, was - begin))];
  }
  const std::string wrong = health_.onLine(line, world_.now(), under_way);
  expect(wrong.empty(), Class::Safety, "safety.health", 0, "{}", wrong);
}

void Ledger::onShown(std::string_view metrics, std::string_view backends) {
  const std::string wrong = health_.judgeShown(metrics, backends, world_.now());
  expect(wrong.empty(), Class::Safety, "safety.health", 0, "{}", wrong);
}

void Ledger::bodyAtBackend(std::uint64_t id, std::uint64_t offset, std::string_view bytes) {
  progress(plan::Trigger::Request, id, offset + bytes.size());
  if (of(id).plan->malformed >= 0 || actor::isPattern(bytes, id, Direction::ToBackend, offset)) return;
  std::string expected;
  actor::appendPattern(expected, id, Direction::ToBackend, offset, bytes.size());
  failBytes("safety.request_body", id, fmt::format("request {} has wrong bytes from {} on", id, offset),
            std::move(expected), bytes);
}

void Ledger::endAtBackend(std::uint64_t id, std::uint64_t bytes, const Head& trailers) {
  Entry& entry = of(id);
  entry.attempts.back().complete = world_.now();
  trace("request {} is complete at its backend with {} bytes", id, bytes);
  const plan::Request& plan = *entry.plan;
  if (plan.malformed >= 0) {
    fail(Class::Safety, "safety.malformed", id, "a malformed request looks complete at a backend");
    return;
  }
  const std::uint64_t planned = plan.framing == plan::Framing::None ? 0 : plan.bytes;
  expect(planned == 0 || entry.sent != kNever, Class::Safety, "safety.cut_looks_whole", id,
         "request {} is complete but was never sent whole", id);
  expect(bytes == planned, Class::Safety, "safety.request_body", id, "request {} has {} bytes instead of {}", id, bytes,
         planned);
  // Null: routes have led it there from a host that nobody serves.
  const lb::config::Service* service = serviceOf(scenario_, plan);
  const std::uint64_t limit = service == nullptr ? 0 : service->limits.max_body;
  expect(limit == 0 || planned <= limit, Class::Safety, "safety.body_limit", id,
         "request {} is over the limit of {} bytes", id, limit);
  const bool has_trailers = plan.framing == plan::Framing::Chunked && plan.trailers;
  expect(trailers.size() == (has_trailers ? 1U : 0U) && (!has_trailers || trailers.field("x-trailer") == "yes"),
         Class::Safety, "safety.trailers", id, "request {} has other trailers at its backend", id);
  if (has_trailers) leave(Mark::RequestTrailers);
  if (plan.framing == plan::Framing::Chunked) leave(Mark::RequestChunked);
  if (planned > scenario_.config.limits.buffer_bytes) leave(Mark::RequestLarge);
}

}  // namespace sim::check
