// What the proxy says of itself in its access log, against what the two sides saw.
#include <algorithm>
#include <charconv>

#include "sim/actor/wire_text.h"
#include "sim/check/cause.h"
#include "sim/check/in_force.h"
#include "sim/check/ledger.h"
#include "sim/check/log_line.h"
#include "sim/plan/forwarded.h"

namespace sim::check {
namespace {

std::uint64_t numberOf(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

double secondsOf(std::string_view text) {
  double value = -1;
  if (!text.empty()) std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// As lb/observe counts: what a client did not wait for has no other code than 499, and is no answer of the proxy's.
void bookLine(const LogLine& line, Books& books) {
  const std::uint64_t attempts = numberOf(line["attempts"]);
  const std::string_view code = line["code"];
  const std::string_view origin = line["origin"];
  const std::string_view reason = line["reason"];
  books.bytes_in += numberOf(line["bytes_in"]);
  books.bytes_out += numberOf(line["bytes_out"]);
  // Not of one that was cut: its answer has no end, and so no time either.
  const bool whole = !line["t_response"].empty();
  const bool asked = !line["backend"].empty();
  for (std::size_t i = 0; i < kTimeFamilies.size(); ++i) {
    const std::string_view time = line[kTimeFamilies[i].member];
    if (!time.empty() && (i > 0 || whole) && (asked || !kTimeFamilies[i].of_backend))
      books.times[i].push_back(secondsOf(time));
  }
  const bool left = !line["aborted"].empty();
  const bool aborted = left || code == "499";
  books.aborted += left ? 1 : 0;
  ++books.by_code[std::string(aborted ? "499" : code)];
  if (!aborted && origin == "proxy") {
    ++books.own;
    ++books.own_by_reason[std::string(reason)];
  }
  if (attempts > 0 && (aborted || origin == "proxy")) ++books.maybe_failed;  // before it came to this
  if (code.starts_with('5') && origin == "backend") ++(!left && reason.empty() ? books.failed : books.maybe_failed);
  books.attempts += attempts;
  books.retries += attempts > 1 ? attempts - 1 : 0;
  if (attempts > 1) ++books.last_retries[std::string(line["retry_reason"])];
  const std::string_view denied = line["retry_denied"];
  if (!denied.empty()) ++books.denials[std::string(denied)];
}

constexpr double kSlack = 2e-6;  // times are written with microseconds
constexpr double kTurn = 1e-3;   // what the proxy does at one time takes it less

}  // namespace

void Ledger::onAccessLine(std::string_view text) {
  ++books_.lines;
  books_.detailed = scenario_.config.access_log.format == lb::config::LogFormat::Json;
  if (!books_.detailed) return;
  const LogLine line(text);
  bookLine(line, books_);
  const std::string_view path = line["path"];
  const std::size_t own = path.find("/r/");  // behind what routes look at, in its own spelling
  Entry* entry = own != std::string_view::npos ? find(numberOf(path.substr(own + 3))) : nullptr;
  if (entry == nullptr) return;
  Logged& logged = entry->logged;
  ++logged.lines;
  logged.at = world_.now();
  expect(logged.lines == 1, Class::Safety, "safety.access_log", entry->plan->id, "it is logged twice");
  // In the order of the line.
  logged.client = line["client_ip"];
  logged.service = line["service"];
  logged.backend = line["backend"];
  logged.backend_address = line["backend_address"];
  logged.attempts = numberOf(line["attempts"]);
  expect((logged.attempts > 1) != line["retry_reason"].empty(), Class::Safety, "safety.access_log", entry->plan->id,
         "{} attempts, and \"{}\" as the reason for the last", logged.attempts, line["retry_reason"]);
  logged.code = static_cast<int>(numberOf(line["code"]));
  logged.from_backend = line["origin"] == "backend";
  logged.reason = line["reason"];
  logged.bytes_in = numberOf(line["bytes_in"]);
  logged.bytes_out = numberOf(line["bytes_out"]);
  logged.total = secondsOf(line["t_total"]);
  logged.queued = !line["t_queue"].empty();
  logged.connect = secondsOf(line["t_connect"]);
  logged.wait = secondsOf(line["t_wait"]);
  logged.cut = line["t_response"].empty();
  logged.overhead = secondsOf(line["t_overhead"]);
  logged.reused = line["conn_reused"] == "true";
  logged.aborted = line["aborted"];
  const bool gateway = logged.code >= 502 && logged.code <= 504;
  // A client that went away says nothing of its backend, nor does one that was too slow itself.
  const bool by_client = logged.reason == "request_timeout" || (logged.code == 499 && logged.reason.empty());
  if (!by_client || logged.attempts > 1)
    health_.onEnd(logged.service, logged.backend,
                  {.good = logged.from_backend && !gateway && logged.aborted.empty() && logged.reason.empty(),
                   .attempts = logged.attempts,
                   .head = entry->attempts.empty() ? kNever : entry->attempts.back().head,
                   .now = world_.now()});
  const std::string_view aborted = logged.aborted;
  if (logged.queued) leave(Mark::Queued);
  if (logged.reason == "draining") leave(Mark::DrainedAway);  // nobody is left to be told so
  if (aborted == "request") leave(Mark::ClientGoneInRequest);
  if (aborted == "wait") leave(Mark::ClientGoneInWait);
  if (aborted == "response") leave(Mark::ClientGoneInResponse);
}

void Ledger::checkAtTheEnd() {
  if (scenario_.config.access_log.format != lb::config::LogFormat::Json) return;
  for (const Entry& entry : entries_) {
    if (entry.plan != nullptr && entry.plan->malformed < 0) checkLogged(entry);
    if (failed()) return;
  }
}

void Ledger::checkLogged(const Entry& entry) {
  const plan::Request& plan = *entry.plan;
  const Logged& logged = entry.logged;
  const auto wrong = [&](bool holds, std::string_view what, const auto& said, const auto& seen) {
    if (!holds)
      fail(Class::Safety, "safety.access_log", plan.id,
           fmt::format("request {}: the log says {} {}, seen was {}", plan.id, what, said, seen));
  };
  wrong(entry.started != kNever || logged.lines == 0, "lines", logged.lines, "that nobody sent it");
  if (!entry.attempts.empty()) wrong(logged.lines == 1, "lines", logged.lines, "that it reached a backend");
  // A 408 for half a head has no path to be known by.
  if (entry.answers == 1 && entry.from_backend) wrong(logged.lines == 1, "lines", logged.lines, "an answer");
  if (logged.lines == 0) return;
  wrong(logged.attempts >= entry.attempts.size(), "attempts", logged.attempts, entry.attempts.size());
  const plan::Forwarded* said = plan::believed(scenario_) ? plan::forwardedOf(plan) : nullptr;
  const std::string_view client = said == nullptr || said->client == nullptr ? plan::kClientIp : said->client;
  // Before a whole head has come nobody says whom it comes from.
  if (!entry.attempts.empty()) wrong(logged.client == client, "client", logged.client, client);
  // Where nothing is pooled, nothing is stale, and every attempt but the first is a retry. Of those that reach nobody
  // only the log tells.
  const lb::config::Service* service = serviceOf(scenario_, plan);
  expect(service == nullptr || service->pool.max_idle > 0 || logged.attempts <= service->retry.attempts + 1,
         Class::Safety, "safety.retries", plan.id, "request {} was tried {} times", plan.id, logged.attempts);
  // A host that nobody serves may be led to a service, by a route or as the default.
  const auto led = std::ranges::find(scenario_.config.services, logged.service, &lb::config::Service::name);
  const lb::config::Service* where = service == nullptr && led != scenario_.config.services.end() ? &*led : service;
  bool limited = false;
  const auto isLimited = [&](const auto& one) { return one.limits.max_inflight > 0 && !one.limits.adaptive.enabled; };
  if (logged.queued && where != nullptr)
    forEachInForce(*this, *where, entry.connected, logged.at, [&](const auto& one) { limited |= isLimited(one); });
  wrong(!logged.queued || limited, "queued", logged.queued, "that nothing has to wait");
  if (entry.from_backend && entry.status != plan.answer.status && logged.attempts > 1) leave(Mark::KeptAnswerPassedOn);
  if (!entry.routed_to.empty()) wrong(logged.service == entry.routed_to, "service", logged.service, entry.routed_to);
  if (entry.answers == 1) {
    wrong(logged.code == entry.status, "code", logged.code, entry.status);
    wrong(logged.from_backend == entry.from_backend, "from a backend:", logged.from_backend, entry.from_backend);
    if (!entry.from_backend) wrong(logged.reason == entry.reason, "reason", logged.reason, entry.reason);
  }
  checkLoggedSpan(entry);
  if (entry.complete && !plan.upgrade) {
    wrong(logged.bytes_out == entry.wire_bytes, "bytes out", logged.bytes_out, entry.wire_bytes);
    wrong(logged.aborted.empty(), "client gone in", logged.aborted, "that it stayed");
    if (entry.attempts.size() == 1 && logged.attempts == 1) checkLoggedAttempt(entry);
    checkLoggedTimes(entry);
  }
}

// How long it took stands in every line; of an exchange that was cut, the line's time less that is when it began.
void Ledger::checkLoggedSpan(const Entry& entry) {
  const plan::Request& plan = *entry.plan;
  const Logged& logged = entry.logged;
  const auto since = [&](MonoTime from) { return std::chrono::duration<double>(logged.at - from).count(); };
  expect(logged.total >= 0, Class::Safety, "safety.times", plan.id, "request {}: the log does not say how long it took",
         plan.id);
  expect(logged.total <= since(entry.started) + kTurn, Class::Safety, "safety.times", plan.id,
         "request {}: the log says it took {} s, and began {} s ago", plan.id, logged.total, since(entry.started));
  if (!logged.cut || entry.attempts.empty()) return;  // the last byte of an answer may come long before its end
  const double known = since(entry.attempts.front().head);
  expect(logged.total + kSlack >= known, Class::Safety, "safety.times", plan.id,
         "request {}: the log says it took {} s, and a backend saw it {} s ago", plan.id, logged.total, known);
}

// Of one that was tried once, and whose backend knows of it.
void Ledger::checkLoggedAttempt(const Entry& entry) {
  const plan::Request& plan = *entry.plan;
  const Logged& logged = entry.logged;
  const Attempt& only = entry.attempts.back();
  const auto wrong = [&](bool holds, std::string_view what, const auto& said, const auto& seen) {
    expect(holds, Class::Safety, "safety.access_log", plan.id, "request {}: the log says {} {}, seen was {}", plan.id,
           what, said, seen);
  };
  wrong(logged.reused == only.reused, "connection reused:", logged.reused, only.reused);
  const std::string& address = plan::backendAddress(only.backend);
  const bool named = logged.backend.starts_with('b');
  const bool right =
      named ? troubles_.ever(plan::FaultKind::DnsMoves) ||
                  logged.backend == fmt::format("{}:{}", plan::backendName(only.backend), plan::kBackendPort)
            : logged.backend == address;
  wrong(right, "backend", logged.backend, address);
  wrong(logged.backend_address == address, "backend_address", logged.backend_address, address);
  if (only.complete != kNever && plan.cut_at < 0)
    wrong(logged.bytes_in == entry.asked_bytes, "bytes in", logged.bytes_in, entry.asked_bytes);
}

void Ledger::checkLoggedTimes(const Entry& entry) {
  const plan::Request& plan = *entry.plan;
  const Logged& logged = entry.logged;
  const auto seconds = [](Duration time) { return std::chrono::duration<double>(time).count(); };
  const auto late = [&](const char* what, double said, double limit) {
    expect(said <= limit + kSlack, Class::Safety, "safety.times", plan.id,
           "request {}: the log says {} took {} s, which is more than {} s", plan.id, what, said, limit);
  };
  late("all", logged.total, seconds(entry.ended - entry.started));
  late("waiting", logged.wait, logged.total);
  late("the proxy's own part", logged.overhead, logged.total);
  const bool first_byte_is_the_answer = entry.from_backend && !entry.misled && !plan.answer.interim && !plan.expect &&
                                        plan.answer.fault == plan::AnswerFault::None && !plan.answer.duplex &&
                                        !entry.calm &&
                                        entry.status == plan.answer.status;  // be may have lost its patience
  if (first_byte_is_the_answer && entry.attempts.size() == 1 && plan.answer.delay > Duration::zero())
    expect(logged.wait + kSlack >= seconds(plan.answer.delay), Class::Safety, "safety.times", plan.id,
           "request {}: the log says its backend took {} s, which in truth took {} s", plan.id, logged.wait,
           seconds(plan.answer.delay));
}

}  // namespace sim::check
