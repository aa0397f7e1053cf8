// After the storm: everything ends by itself, and then everything works.
#include <fmt/format.h>

#include <algorithm>

#include "sim/check/affinity_check.h"
#include "sim/check/cause.h"
#include "sim/net/connection.h"
#include "sim/run/run.h"

namespace sim::run {

// Attempts to connect that the storm held up still come in, also of clients that have gone meanwhile.
constexpr Duration kHandshakesTake = std::chrono::seconds(130);
constexpr std::uint64_t kGaugesEvery = 64;  // events: adding them up costs more than an event does

using check::Class;
using namespace std::chrono_literals;

namespace {

// At most: bodies in chunks of one byte are six times as long, and a short read gets a part of what it asks for.
Duration timeOfItsClient(const plan::Client& client, const plan::Request& request) {
  constexpr std::uint64_t kHead = 16 * 1024;
  const auto rounds = [](std::uint64_t body, std::uint32_t tunnel, std::uint32_t piece) {
    return static_cast<Duration::rep>((kHead + 6 * body + tunnel) / piece + 1);
  };
  Duration takes{};
  if (client.piece > 0) takes += rounds(request.bytes, request.tunnel.up, client.piece) * (client.gap + 1ms);
  if (client.pace > 0ms) takes += rounds(request.answer.bytes, request.tunnel.down, plan::kSmallRead / 5) * client.pace;
  return takes;
}

}  // namespace

// How long anything may last that nobody keeps alive: one timeout after the other, and what slow clients and backends
// still have to say.
Duration Run::longestDeadlines() const {
  const auto& client = scenario_.config.timeouts;
  Duration sum = client.request_header + client.request_body_idle + client.client_idle + 2 * client.response_idle;
  const bool upgrades = std::ranges::any_of(scenario_.clients, [](const plan::Client& one) {
    return std::ranges::any_of(one.requests, &plan::Request::upgrade);
  });
  Duration services{};
  for (const auto& service : scenario_.config.services) {
    const auto& timeouts = service.timeouts;
    const auto attempts = static_cast<int>(service.retry.attempts) + 2;
    services = std::max(services, (timeouts.connect + timeouts.response_header + service.retry.backoff_max) * attempts +
                                      2 * timeouts.response_idle + (upgrades ? timeouts.tunnel_idle : 0s) +
                                      check::queueTimeOf(service) * attempts);
  }
  // Whoever goes on sending or reading keeps what there is alive, however slowly; what is pipelined comes in turn.
  Duration slowest{};
  std::uint32_t pipeline = 1;
  for (const plan::Client& one : scenario_.clients) {
    Duration takes{};
    for (const plan::Request& request : one.requests) takes += timeOfItsClient(one, request);
    slowest = std::max(slowest, takes);
    pipeline = std::max(pipeline, one.pipeline);
  }
  // Where there is no room for all of them at once, one waits for the other: also those whose clients have gone, which
  // nobody has told the proxy if the network was down.
  const bool in_turn = scenario_.config.limits.max_connections < scenario_.clients.size() * scenario_.config.threads;
  const std::size_t waiting = stage_->proxyHost().waitingToBeAccepted();
  return (sum + services * static_cast<int>(pipeline) + slowest + 5min) *
         static_cast<int>(in_turn ? scenario_.clients.size() + waiting : 1);
}

void Run::patience() {
  // Before pools end by themselves what waits in them. Who has a request under way may still be using a removed host.
  const Proxy::Gauges storm = stage_->proxy().gauges();
  const bool long_since = world_.now() - ledger_.configurations().back().since > 1s;
  if (long_since && storm.connections == storm.idle_connections) checkRemovedHosts();
  ledger_.trace("the network is well again, and nobody asks for more");
  stage_->heal();
  for (const auto& client : clients_) client->stopAsking();
  pass(kHandshakesTake);
  expect(!stage_->theOperator().busy(), Class::Liveness, "liveness.deadlines",
         "an operator waits for an answer although all is well again");
  const bool ended = until(
      [&] {
        const Proxy::Gauges now = stage_->proxy().gauges();
        return now.connections + now.backend_active + stage_->proxyHost().waitingToBeAccepted() == 0;
      },
      longestDeadlines(), kGaugesEvery);
  const Proxy::Gauges now = stage_->proxy().gauges();
  expect(ended, Class::Liveness, "liveness.deadlines",
         "{} client connections, {} exchanges and {} requests at backends have outlived every deadline",
         now.connections, now.inflight, now.backend_inflight);
  if (!ledger_.failed()) checkRemovedHosts();
}

// Whoever serves nobody any more since a reload has no connection left, once what was under way there is over.
void Run::checkRemovedHosts() {
  const MonoTime now = world_.now();
  for (std::uint32_t i = 0; i < stage_->backends().size(); ++i) {
    const bool serves = std::ranges::any_of(
        scenario_.config.services, [&](const auto& service) { return check::mayServe(ledger_, service, i, now, now); });
    const lb::Address address{*lb::IpAddress::parse(plan::backendIp(i)), plan::kBackendPort};
    const auto left = std::ranges::count_if(stage_->fabric().connections(), [&](const auto& connection) {
      return connection->addressOf(net::Side::Server) == address && connection->held(net::Side::Client);
    });
    expect(serves || left == 0, Class::Liveness, "liveness.removed_host",
           "{} connections to b{}, which is in no configuration any more", left, i);
  }
}

// Whoever is still stuck goes away. Then nothing may be left of them.
void Run::calm() {
  ledger_.trace("calm");
  for (const auto& client : clients_) client->giveUp();
  for (const auto& backend : stage_->backends()) {
    backend->kill();
    backend->restart();
    backend->behave();
  }
  // What binds the storm would bind the requests of the calm as well, of which some come all at once or take their
  // time.
  if (scenario_.has("rate_limit") || scenario_.has("inflight") || scenario_.has("adaptive") ||
      scenario_.has("retries")) {
    for (lb::config::Service& service : config_.services) {
      service.rate_limit.rate = 0;
      service.limits.max_inflight = 0;
      service.limits.adaptive.enabled = false;
      service.retry.per_try_timeout = Duration::zero();
    }
    takeOver(config_);
  }
  // Names that could not be looked up are asked for again.
  pass(std::max<Duration>(2 * scenario_.network.name_ttl, 60s));
  const Proxy::Gauges now = stage_->proxy().gauges();
  expect(now.inflight == 0 && now.backend_inflight == 0 && now.backend_active == 0, Class::Liveness,
         "liveness.exchanges_end", "{} exchanges, {} at backends, {} active backend connections without a client",
         now.inflight, now.backend_inflight, now.backend_active);
  expect(stage_->proxy().placesTaken() == 0, Class::Safety, "safety.shared_load",
         "{} places on backends are taken and nobody has them", stage_->proxy().placesTaken());
  ledger_.setCalm();
}

plan::Request Run::plainRequest(const char* method, std::size_t service) {
  plan::Request request;
  request.id = ++last_id_;
  request.method = method;
  request.service = static_cast<int>(service);
  request.answer.bytes = 100;
  request.words = std::ranges::any_of(scenario_.backends, &plan::Backend::be);
  if (request.method == "POST") {
    request.framing = plan::Framing::Length;
    request.bytes = 50;
  }
  return request;
}

void Run::fresh() {
  constexpr std::size_t kAtOnce = 3;  // less than any limits.max_connections_per_client that is drawn
  const std::uint64_t before = last_id_;
  // The end of a connection that the storm swallowed is news to lb only when it sends something there, and what cannot
  // be sent again is then lost.
  const bool dead = std::ranges::any_of(stage_->fabric().connections(), [&](const auto& one) {
    return one->addressOf(net::Side::Client).ip == stage_->proxyHost().address() && one->held(net::Side::Client) &&
           !one->held(net::Side::Server);
  });
  const auto all_good = [&] {
    return std::ranges::all_of(ledger_.entries(), [&](const check::Entry& entry) {
      return entry.plan == nullptr || entry.plan->id <= before || entry.good;
    });
  };
  const std::size_t services = config_.services.size();
  for (std::size_t service = 0; service < services && !ledger_.failed(); ++service) {
    plan::Client& client = *more_.emplace_back(std::make_unique<plan::Client>());
    for (const char* method : {"GET", dead ? "GET" : "POST", "GET"})
      client.requests.push_back(plainRequest(method, service));
    client.requests.back().close = true;  // there may be room for one connection only
    ask(client);
    if ((service + 1) % kAtOnce != 0 && service + 1 < services) continue;
    expect(until(all_good, 10s), Class::Liveness, "liveness.fresh",
           "a fresh request is not answered although all is well again");
  }
  if (!ledger_.failed()) recover();
}

// Whoever was out is well again: its time ends, a check or a request on probation passes, and it is used as before.
void Run::recover() {
  Duration slow_start{};  // of those who come back
  for (std::size_t service = 0; service < config_.services.size(); ++service) {
    const std::string& name = config_.services[service].name;
    slow_start = std::max(slow_start, config_.services[service].slow_start.window);
    for (int round = 0; round < 40 && !ledger_.health().allUp(name) && !ledger_.failed(); ++round) {
      // Again, because slower answers than the others' may be nobody's fault.
      if (const MonoTime last = ledger_.health().lastEjectionEnds(); last > world_.now())
        pass(last - world_.now() + 1s);
      plan::Client& client = *more_.emplace_back(std::make_unique<plan::Client>());
      for (int i = 0; i < 20; ++i) client.requests.push_back(plainRequest("GET", service));
      client.requests.back().close = true;
      ask(client);
      expect(until([&] { return clients_.back()->done(); }, 60s), Class::Liveness, "liveness.fresh",
             "a row of plain requests does not come to its end");
    }
    expect(ledger_.health().allUp(name), Class::Liveness, "liveness.health", "a backend of {} is well and is not used",
           name);
  }
  pass(slow_start);
}

// In ten seconds: connecting, asking, reading a short answer in pieces, and the pause; and looks at what requests said.
std::uint64_t Run::turnsOfHealth(const lb::config::Service& service) const {
  std::uint64_t turns = 0;
  const lb::config::HealthCheck& check = service.health_check;
  const std::uint64_t reads = scenario_.network.short_io > 0 || scenario_.network.segment_max < 500 ? 150 : 2;
  if (check.enabled) turns += service.hosts.size() * (10s / (check.interval / 2) + 2) * (8 + reads);
  return turns + 10s / (service.outlier.window / 10) + 1;
}

// A proxy that nobody asks does nothing, but for that.
void Run::restAWhile() {
  for (const auto& client : clients_) client->giveUp();
  pass(7s);
  const std::uint64_t before = stage_->proxy().turns();
  pass(10s);
  // A tick a second for each worker, and looking up names again: question, answer, and what changes.
  std::uint64_t lookups = 0;
  for (const auto& service : config_.services)
    lookups += service.hosts.size() * (10s / std::min<Duration>(10s, scenario_.network.name_ttl));
  std::uint64_t checks = 0;
  for (const auto& service : config_.services) checks += turnsOfHealth(service);
  const std::uint64_t turns_max = kTurnsOfAnIdleProxy + config_.threads * lookups * 4 + checks;
  expect(stage_->proxy().turns() - before < turns_max, Class::Liveness, "liveness.spin",
         "{} turns in 10 s of doing nothing", stage_->proxy().turns() - before);
  labelsAreRight();
}

// A backend is called as the host is that leads to it, whatever names have meant before.
void Run::labelsAreRight() {
  for (const auto& backend : stage_->proxy().control().registry().backends()) {
    if (backend->members.load() == 0) continue;
    const auto isIt = [&](const lb::config::Host& host) {
      const int number = check::backendOf(scenario_, host);
      return number >= 0 && plan::backendIp(static_cast<std::uint32_t>(number)) == backend->address.ip.toString() &&
             host.label() == backend->label();
    };
    const auto hasIt = [&](const lb::config::Service& service) {
      return service.name == backend->service && std::ranges::any_of(service.hosts, isIt);
    };
    expect(std::ranges::any_of(config_.services, hasIt), Class::Safety, "safety.health", "{} of {} is called {}",
           backend->address.toString(), backend->service, backend->label());
  }
}

}  // namespace sim::run
