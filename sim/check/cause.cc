// See cause.h.
#include "sim/check/cause.h"

#include <algorithm>

#include "lb/back/host_resolver.h"
#include "lb/front/server.h"
#include "sim/actor/bad_requests.h"
#include "sim/actor/wire_text.h"
#include "sim/check/affinity_check.h"
#include "sim/check/in_force.h"
#include "sim/check/view.h"

namespace sim::check {
namespace {

using plan::AnswerFault;
using plan::FaultKind;
using namespace std::chrono_literals;

constexpr std::initializer_list<FaultKind> kStalls{FaultKind::Stall, FaultKind::StallTo, FaultKind::StallFrom,
                                                   FaultKind::Loss};
constexpr Duration kFirstLookups = 1s;
constexpr Duration kLateSlack = 100ms;
constexpr Duration kHeadSlack = 10ms;
constexpr Duration kAcceptsLater = 2 * lb::front::Server::kAcceptRetry;  // after descriptors were out
constexpr std::initializer_list<FaultKind> kWaits{FaultKind::Stall, FaultKind::StallTo, FaultKind::StallFrom,
                                                  FaultKind::Loss,  FaultKind::Slow,    FaultKind::BlackHole,
                                                  FaultKind::Pause, FaultKind::Kill,    FaultKind::BacklogFull};

// A request without a service, or one whose service a reload has taken away.
bool noRouteHasCause(const View& view) {
  if (serviceOf(view.scenario, view.plan) == nullptr) return true;
  return std::ranges::any_of(view.ledger.configurations(), [&](const Ledger::Configured& one) {
    return std::ranges::find(one.config.services, view.service->name, &lb::config::Service::name) ==
           one.config.services.end();
  });
}

bool badRequestHasCause(const View& view) {
  if (view.plan.malformed >= 0) return true;
  // A client that stops sending in the middle has sent a request without an end.
  return view.plan.cut_at >= 0 && view.entry.client->cut == plan::Cut::HalfClose;
}

// A name that meant another host goes on meaning it until a lookup says better: a refresh later, and later still when
// lookups fail or are silent (RFC 8767).
bool namesMayBeOld(const View& view) {
  using enum FaultKind;
  const auto& troubles = view.ledger.troubles();
  if (!troubles.ever(DnsMoves)) return false;
  Duration old = lb::back::HostResolver::kRefreshMin + view.scenario.network.name_ttl + view.slack();
  if (troubles.ever(DnsFails) || troubles.ever(DnsEmpty)) old += lb::back::HostResolver::kRetry;
  if (troubles.ever(DnsSilent) || troubles.ever(DnsSlow)) old += lb::back::HostResolver::kLookupMax;
  for (std::uint32_t i = 0; i < view.scenario.backends.size(); ++i) {
    if (troubles.any({DnsMoves, DnsFails, DnsEmpty, DnsSilent, DnsSlow}, static_cast<int>(i), view.from + -old,
                     view.to))
      return true;
  }
  return false;
}

// A name that was in trouble when lb started may not have been found since.
bool someMayBeUnknown(const View& view) {
  using enum FaultKind;
  const MonoTime begin{World::kStart};
  return std::ranges::any_of(view.service->hosts, [&](const lb::config::Host& host) {
    return !lb::IpAddress::parse(host.address) &&
           view.ledger.troubles().any({DnsFails, DnsEmpty, DnsSilent, DnsSlow}, backendOf(view.scenario, host), begin,
                                      begin + kFirstLookups);
  });
}

constexpr std::initializer_list<FaultKind> kUnreachable{
    FaultKind::Refuse,    FaultKind::Kill, FaultKind::BlackHole, FaultKind::Stall,       FaultKind::StallTo,
    FaultKind::StallFrom, FaultKind::Slow, FaultKind::Pause,     FaultKind::BacklogFull, FaultKind::Loss};

// Nobody sees a request on a connection that ends so soon.
constexpr std::initializer_list<FaultKind> kEndsAtOnce{FaultKind::HangUp, FaultKind::CutHandshake};

bool connectHasCause(const View& view, bool timed_out) {
  const std::size_t unreachable = view.backends(kUnreachable);
  // A long way may take longer than the timeout by itself: the first attempt, and then whatever the second one meets.
  const bool may_time_out = view.roundTrip() >= view.service->timeouts.connect || view.proxy({FaultKind::Pause});
  if (may_time_out && (timed_out || unreachable > 0)) return true;
  if (unreachable == 0) return false;
  // One host in trouble, another one that is not, and leave to try it: then it has to work.
  if (namesMayBeOld(view) || someMayBeUnknown(view)) return true;
  // A pooled connection that was found closed is no attempt; one on which the answer took too long is.
  const std::vector<Attempt>& attempts = view.entry.attempts;
  const bool stale = attempts.size() == 1 && attempts.front().reused && view.service->retry.per_try_timeout == 0s &&
                     !view.service->retry.on.timeout;
  // Nor does a backend see an attempt whose time was over before its head was there.
  const lb::config::Retry& retry = view.service->retry;
  const bool unseen =
      retry.on.timeout && retry.per_try_timeout > 0s && retry.per_try_timeout <= 10 * view.roundTrip() + 50ms;
  const bool retried = !unseen && view.plan.malformed < 0 && retriesFreely(*view.service) &&
                       (attempts.empty() || stale) && view.backends(kEndsAtOnce) == 0 &&
                       replayable(view.plan, *view.service) &&
                       std::ranges::count_if(
                           view.service->hosts, [](const auto& one) { return one.weight > 0; }) > 1 &&
                       !view.scenario.has("reload");
  return !(retried && unreachable == 1 && view.othersOut(kUnreachable) == 0);
}

// Bytes behind an earlier answer that come late look like the beginning of the next one, and end with the connection.
bool beginsWithTrailing(const View& view) {
  return std::ranges::any_of(view.ledger.entries(), [&](const Entry& one) {
    return one.plan != nullptr && one.plan->answer.fault == AnswerFault::TrailingBytes && one.replied >= view.from;
  });
}

bool backendClosedHasCause(const View& view) {
  using enum AnswerFault;
  if (view.fault(
          {NoAnswerClose, NoAnswerReset, CutClose, CutReset, EarlyReset, EarlyClose, Early, SilentClose, ResetAfter}))
    return true;
  // A tunnel that its backend resets at once may be gone before its 101 is here.
  if (view.plan.upgrade && view.plan.tunnel.end == plan::Tunnel::End::BackendReset) return true;
  if (view.backends({FaultKind::Kill, FaultKind::Refuse, FaultKind::BacklogFull, FaultKind::Sick}) > 0) return true;
  if (view.backends(kEndsAtOnce) > 0) return true;
  if (view.ledger.mixedUpSince(view.from) || beginsWithTrailing(view)) return true;
  return view.closesQuietly() && view.mayBeReused() && !replayable(view.plan, *view.service);
}

bool badResponseHasCause(const View& view) {
  using enum AnswerFault;
  if (view.fault({Garbage, HugeHead, BadChunk}) || (view.strayBytes() && view.mayBeReused())) return true;
  const std::size_t head = actor::answerText(view.plan).head_size;
  return head > view.scenario.config.limits.max_response_header_bytes ||
         view.plan.answer.fields + 10 > view.scenario.config.limits.max_headers;
}

bool backendTimeoutHasCause(const View& view, bool within_answer) {
  using enum AnswerFault;
  if (view.fault({Silence, StopsReading, EarlyClose, LengthTooLarge, HugeHead, Garbage}) ||
      view.backendIsSlow(within_answer))
    return true;
  if (view.backends(kWaits) > 0 || view.client(kStalls) || view.client({FaultKind::Slow})) return true;
  if (view.proxy({FaultKind::Pause, FaultKind::ConnectExhausted, FaultKind::FewPorts})) return true;
  const auto& timeouts = view.service->timeouts;
  // Once the answer has begun, each piece of it has its own time, however long the whole takes.
  if (within_answer) return timeouts.response_idle <= 10 * view.roundTrip() + 50ms;
  Duration least =
      std::min(leastHeaderTime(view.ledger, *view.service, view.entry.started, view.to), timeouts.response_idle);
  // Who waits for 100 waits for whoever does not say it, or says it late; so does who stops before its body.
  const Duration way_there = view.roundTrip() + 50ms;
  const bool waits =
      view.plan.expect && (view.plan.patient || view.plan.cut_at >= 0 || plan::kContinueWait + way_there >= least);
  if (waits && (!view.plan.answer.interim || view.plan.answer.continue_after + way_there >= least)) return true;
  if (timeouts.total > 0ms) least = std::min(least, timeouts.total);
  // A client that is slow makes its exchange slow.
  return least <= view.networkTime() || (timeouts.total > 0ms && view.clientIsSlow());
}

// Its head has come, it lets less time pass between the pieces of its body than it has for each, and they are large
// enough for proxy.limits.min_body_rate, the last one left out.
bool sendsSteadily(const View& view) {
  const plan::Client& client = *view.entry.client;
  const lb::config::Config& config = view.scenario.config;
  const Duration idle = config.timeouts.request_body_idle;
  const double least = static_cast<double>(config.limits.min_body_rate) * std::chrono::duration<double>(idle).count();
  if (client.gap > 0ms && static_cast<double>(client.piece) * static_cast<double>(idle / client.gap - 2) < least)
    return false;
  return !view.entry.attempts.empty() && client.piece > 0 && !view.plan.expect && !view.scenario.has("small") &&
         client.gap + 10 * view.roundTrip() + 50ms < idle &&
         std::ranges::none_of(client.requests, [](const plan::Request& one) { return one.cut_at >= 0; });
}

// It waits for 100 (Continue) as long as that takes, and nobody has said it: then only its head can be late.
bool isToldNothing(const View& view) {
  const bool asks_be = view.plan.words && std::ranges::any_of(view.scenario.backends, &plan::Backend::be);
  return view.plan.expect && view.plan.patient && view.plan.malformed < 0 && view.plan.cut_at < 0 && !asks_be &&
         view.entry.continued == kNever && !view.entry.went_on;
}

bool requestTimeoutHasCause(const View& view) {
  const auto& limits = view.scenario.config.timeouts;
  const Duration quick = view.networkTime();
  if (limits.request_header <= quick) return true;
  if (isToldNothing(view) && view.entry.client->piece == 0 && !view.scenario.has("small"))
    return view.client(kStalls) || view.client({FaultKind::Slow}) || view.proxy({FaultKind::Pause});
  return limits.request_body_idle <= quick || (view.clientIsSlow() && !sendsSteadily(view)) ||
         view.fault({AnswerFault::StopsReading, AnswerFault::EarlyClose}) || view.client(kStalls) ||
         view.client({FaultKind::Slow}) || view.proxy({FaultKind::Pause}) || view.plan.malformed >= 0 ||
         view.backends(kWaits) > 0;
}

// A request line that does not fit into the head, either.
bool uriIsTooLong(const View& view) {
  const auto& limits = view.scenario.config.limits;
  return actor::requestTarget(view.plan).size() + 20 > std::min(limits.max_uri_bytes, limits.max_header_bytes);
}

bool headIsTooLarge(const View& view) {
  const auto& limits = view.scenario.config.limits;
  return view.plan.malformed >= 0 || actor::requestText(view.plan).head_size > limits.max_header_bytes ||
         view.plan.fields + 10 > limits.max_headers;
}

// A tunnel that one of its ends resets takes with it what the client has not read yet, of its own answer and of those
// before it on the connection. So does a cut answer whose end is the end of the connection, as nothing else can say it.
bool cutFromBehind(const Ledger& ledger, const Entry& entry) {
  using End = plan::Tunnel::End;
  using enum AnswerFault;
  return std::ranges::any_of(entry.client->requests, [&](const plan::Request& one) {
    const Entry& other = ledger.entries()[one.id];
    if (other.connected != entry.connected || other.started == kNever || one.id < entry.plan->id) return false;
    if (one.upgrade && (one.tunnel.end == End::BackendReset || one.tunnel.end == End::ClientReset)) return true;
    if (entry.client->pipeline <= 1 || !one.http10) return false;
    const View behind(ledger, other);
    return behind.fault({CutClose, CutReset, BadChunk, EarlyReset, EarlyClose, ResetAfter}) ||
           behind.backends({FaultKind::Kill}) > 0;
  });
}

}  // namespace

bool hasCause(const Ledger& ledger, const Entry& entry, std::string_view reason) {
  const View view(ledger, entry);
  if (reason == "no_route") return noRouteHasCause(view);
  if (reason == "bad_request") return badRequestHasCause(view);
  if (reason == "uri_too_long") return uriIsTooLong(view);
  if (reason == "header_too_large") return headIsTooLarge(view);
  if (reason == "request_timeout") return requestTimeoutHasCause(view);
  if (reason == "draining") return ledger.drainingSince() != kNever;
  if (view.service == nullptr) return false;
  if (reason == "body_too_large")
    return view.service->limits.max_body > 0 && view.plan.bytes > view.service->limits.max_body;
  if (reason == "no_healthy_backend") {
    if (ledger.nobodyLeft(entry, view.from)) return true;
    // What has been found once goes on being used, so that trouble matters at the first lookups only.
    const MonoTime begin{World::kStart};
    const auto until = ledger.configurations().size() > 1 ? ledger.now() : begin + kFirstLookups;
    for (std::size_t i = 0; i < ledger.scenario().backends.size(); ++i) {
      if (ledger.troubles().any({FaultKind::DnsEmpty, FaultKind::DnsFails, FaultKind::DnsSilent, FaultKind::DnsSlow},
                                static_cast<int>(i), begin, until))
        return true;
    }
    // A service that a reload has brought looks its names up first; so it does with a host that comes back, and that
    // may be the only one to get anything.
    const auto& hosts = view.service->hosts;
    const bool only_one = ledger.configurations().size() > 1 &&
                          std::ranges::any_of(hosts, [](const lb::config::Host& host) { return host.weight == 0; });
    const bool named = view.scenario.has("renames") || hasNames(*view.service);
    return named && (noRouteHasCause(view) || only_one);
  }
  if (reason == "overloaded") return view.proxy({FaultKind::ConnectExhausted, FaultKind::FewPorts});
  if (reason == "connect_failed") return connectHasCause(view, false);
  if (reason == "connect_timeout") return connectHasCause(view, true);
  if (reason == "backend_closed") return backendClosedHasCause(view);
  if (reason == "bad_backend_response") return badResponseHasCause(view);
  if (reason == "backend_timeout") return backendTimeoutHasCause(view, false);
  return false;  // `internal` has none here
}

// Both are judged only where nothing but the one who is slow can have taken the time.
bool headTookTooLong(const Ledger& ledger, const Entry& entry) {
  const plan::Request& plan = *entry.plan;
  if (plan.framing != plan::Framing::None || entry.client->pipeline > 1 || entry.sent == kNever) return false;
  const Duration limit = ledger.scenario().config.timeouts.request_header + kHeadSlack;
  if (entry.sent - entry.started <= limit + 4 * plan::longestWay(ledger.scenario(), plan::kClientsSide)) return false;
  using enum FaultKind;
  return ledger.scenario().config.limits.max_connections >= 1000 &&
         !ledger.troubles().any({Stall, StallTo, StallFrom, Loss, Slow, BlackHole}, plan::kClientsSide, entry.connected,
                                ledger.now()) &&
         !ledger.troubles().any({Pause, AcceptExhausted, BacklogFull}, plan::kProxySide,
                                entry.connected + -kAcceptsLater, ledger.now());
}

bool answerTookTooLong(const Ledger& ledger, const Entry& entry) {
  const plan::Request& plan = *entry.plan;
  const lb::config::Service* service = serviceOf(ledger.scenario(), plan);
  const bool plain = !entry.calm && plan.answer.fault == AnswerFault::None && !plan.answer.interim && !plan.expect;
  if (service == nullptr || !plain || entry.attempts.empty() || entry.attempts.back().complete == kNever) return false;
  // The limit is that of the moment at which lb sent it, which a stall may have kept from its backend since.
  const Duration limit = longestHeaderTime(ledger, *service, entry.started, ledger.now());
  if (plan.answer.duplex || plan.answer.delay <= limit + kLateSlack) return false;
  if (ledger.now() - entry.attempts.back().head <= limit + kLateSlack) return false;  // it did not take that long
  return !ledger.troubles().any({FaultKind::Pause}, plan::kProxySide, entry.attempts.back().head, ledger.now());
}

// The client's own clock started before any of the proxy's could.
bool waitedLongEnough(const Ledger& ledger, const Entry& entry, std::string_view reason) {
  const Duration waited = ledger.now() - entry.started;
  const auto& client = ledger.scenario().config.timeouts;
  if (reason == "request_timeout") return waited >= std::min(client.request_header, client.request_body_idle);
  const lb::config::Service* service = serviceOf(ledger.scenario(), *entry.plan);
  if (service == nullptr) return true;
  if (reason == "connect_timeout") return waited >= service->timeouts.connect;
  if (reason == "backend_timeout") {
    Duration least =
        std::min(leastHeaderTime(ledger, *service, entry.started, ledger.now()), service->timeouts.response_idle);
    if (service->timeouts.total > 0ms) least = std::min(least, service->timeouts.total);
    return waited >= least;
  }
  return true;
}

bool mayCut(const Ledger& ledger, const Entry& entry, bool within_answer) {
  using enum AnswerFault;
  const View view(ledger, entry);
  const auto& config = view.scenario.config;
  const plan::Client& client = *entry.client;
  if (ledger.drainingSince() != kNever) return true;
  if (view.plan.malformed >= 0 || view.plan.cut_at >= 0) return true;
  if (config.abort_on_half_close && view.clientHalfCloses()) return true;
  if (view.client(kStalls) || view.client({FaultKind::Slow})) return true;
  if (view.proxy({FaultKind::Pause, FaultKind::AcceptExhausted, FaultKind::BacklogFull})) return true;
  // A client that does not read, or reads slowly, is given up after a while.
  if (!view.readsInTime(config.timeouts.response_idle)) return true;
  // So is one to which everything is a long way.
  const Duration some_ways = 10 * view.roundTrip() + (view.roundTrip() > 2ms ? 50ms : 0ms);
  if (config.timeouts.response_idle <= some_ways) return true;
  if (cutFromBehind(ledger, entry)) return true;
  // Whoever goes on sending behind an answer that closes the connection, and reads it slower than the proxy lingers,
  // meets a reset before its end (RFC 9112 9.6).
  if (client.pipeline > 1 && !view.readsWhileLingering()) return true;
  // So does whoever sends more when the connection has been idle for its time, which may be shorter than the way.
  if (within_answer && client.pipeline > 1 && config.timeouts.client_idle <= 4 * view.roundTrip() + 50ms) return true;
  // Whoever asks for the end of the connection and sends more nevertheless may lose what it has not read yet.
  if (client.pipeline > 1 && std::ranges::any_of(client.requests, [&](const plan::Request& one) {
        const bool ends = one.close || (one.http10 && !one.keep_alive);
        return ends && ledger.entries()[one.id].connected == entry.connected;
      }))
    return true;
  if (ledger.mixedUpSince(view.from)) return true;
  // Of an answer that was cut maybe nothing has got through; of one with a reset behind it, what was not sent yet is
  // cut.
  if (view.fault({CutClose, CutReset, EarlyReset, EarlyClose, BadChunk, ResetAfter})) return true;
  // Nor of one that came too slowly, or had begun when the time of the whole exchange was over.
  const bool begun = within_answer || entry.replied != kNever;
  if (begun && view.service != nullptr && backendTimeoutHasCause(view, true) &&
      waitedLongEnough(ledger, entry, "backend_timeout"))
    return true;
  // Nor of one whose backend died while its head was on its way.
  if (begun && view.service != nullptr && view.backends({FaultKind::Kill}) > 0) return true;
  // Nor of one that began before too much of its request had come.
  if (view.fault({Early}) && hasCause(ledger, entry, "body_too_large")) return true;
  if (within_answer) {
    if (view.fault({Early})) return true;
    if (view.service == nullptr) return false;
    if (view.backends({FaultKind::Kill, FaultKind::Sick, FaultKind::Stall, FaultKind::StallTo, FaultKind::StallFrom,
                       FaultKind::Loss, FaultKind::Slow, FaultKind::Pause}) > 0)
      return true;
    if (hasCause(ledger, entry, "body_too_large")) return true;
    return hasCause(ledger, entry, "request_timeout") && waitedLongEnough(ledger, entry, "request_timeout");
  }
  // An idle connection may be closed at the very moment when it is used again (RFC 9112 9.6), and one on which a
  // request does not come is closed without a word.
  if (entry.idle_since == kNever && entry.started - entry.connected + view.slack() >= config.timeouts.request_header)
    return true;
  const Duration idle = entry.idle_since == kNever ? entry.started - entry.connected : entry.started - entry.idle_since;
  if (idle + view.slack() >= config.timeouts.client_idle) return true;
  // To the proxy it is idle once the answer is written, however long its client reads it.
  if (client.pace > 0ms && ledger.now() - entry.connected + view.slack() >= config.timeouts.client_idle) return true;
  return ledger.now() - entry.started >= config.timeouts.request_header &&
         (view.clientIsSlow() || config.timeouts.request_header <= view.networkTime());
}

}  // namespace sim::check
