// See run.h.
#include "sim/run/run.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim::run {

using check::Class;
using plan::FaultKind;
using namespace std::chrono_literals;

Run::Run(const plan::Scenario& scenario, bool print)
    : scenario_(scenario),
      world_(scenario.seed),
      ledger_(world_, scenario, print),
      client_host_(fabric_.addHost("clients", plan::kClientIp)),
      proxy_host_(fabric_.addHost("proxy", plan::kProxyIp)),
      trouble_(scenario.backends.size() + 1) {}

Run::~Run() {
  *alive_ = false;
}

void Run::onLog(lb::LogLevel, std::string_view line) {
  ledger_.trace(fmt::format("lb says: {}", line));
}

void Run::onAccess(std::string_view line) {
  ++access_lines_;
  ledger_.trace(fmt::format("lb logs: {}", line));
}

net::LinkRules Run::baseRules() const {
  net::LinkRules rules;
  rules.segment_max = scenario_.network.segment_max;
  if (healed_) return rules;
  rules.latency = scenario_.network.latency;
  rules.jitter = scenario_.network.jitter;
  return rules;
}

void Run::build() {
  fabric_.setDefaultRules(baseRules());
  for (std::uint32_t i = 0; i < scenario_.backends.size(); ++i)
    backend_hosts_.push_back(&fabric_.addHost(fmt::format("b{}", i), plan::backendIp(i)));
  std::vector<net::Host*> hosts = backend_hosts_;
  hosts.push_back(&client_host_);
  hosts.push_back(&proxy_host_);
  for (net::Host* host : hosts) {
    net::HostRules& rules = host->rules();
    rules.receive_window = rules.send_buffer = scenario_.network.window;
    rules.short_read = rules.short_write = {scenario_.network.short_io, 100};
  }
  client_env_ = std::make_unique<net::SimEnv>(fabric_, client_host_, "clients");
  for (std::uint32_t i = 0; i < scenario_.backends.size(); ++i) {
    backend_envs_.push_back(std::make_unique<net::SimEnv>(fabric_, *backend_hosts_[i], fmt::format("b{}", i)));
    const lb::Address at{backend_hosts_[i]->address(), plan::kBackendPort};
    backends_.push_back(std::make_unique<actor::Backend>(backend_envs_[i]->env(), at, ledger_, i));
  }
  proxy_ = std::make_unique<Proxy>(fabric_, proxy_host_, scenario_.config, *this);
}

void Run::schedule() {
  const MonoTime begin = world_.now();
  for (const plan::Fault& fault : scenario_.faults) {
    world_.at(begin + fault.at, [this, &fault, alive = alive_] {
      if (*alive && !healed_) change(fault, true);
    });
    world_.at(begin + fault.at + fault.length, [this, &fault, alive = alive_] {
      if (*alive && !healed_) change(fault, false);
    });
  }
  for (std::uint64_t i = 0; i < scenario_.reloads.size(); ++i) {
    world_.at(begin + scenario_.reloads[i], [this, i, alive = alive_] {
      if (*alive && !healed_) reload(i);
    });
  }
}

// The same services; other balancing, other limits of the pool, and back again.
void Run::reload(std::uint64_t number) {
  lb::config::Config config = scenario_.config;
  if (number % 2 == 0) {
    for (lb::config::Service& service : config.services) {
      using lb::config::Balance;
      service.balance = service.balance == Balance::Random ? Balance::RoundRobin : Balance::Random;
      std::ranges::reverse(service.hosts);
    }
  }
  ledger_.trace("the configuration changes");
  proxy_->reload(std::move(config));
}

void Run::change(const plan::Fault& fault, bool begins) {
  ledger_.trace(fmt::format("fault {} of {} {}", static_cast<int>(fault.kind), fault.who, begins ? "begins" : "ends"));
  const auto index = fault.who == plan::kClientsSide ? trouble_.size() - 1 : static_cast<std::size_t>(fault.who);
  Trouble& trouble = trouble_[index];
  const int by = begins ? 1 : -1;
  switch (fault.kind) {
    case FaultKind::Stall: trouble.stall += by; break;
    case FaultKind::BlackHole: trouble.black_hole += by; break;
    case FaultKind::Refuse: trouble.refuse += by; break;
    case FaultKind::Slow: trouble.slow += by; break;
    default: break;
    case FaultKind::Kill:
      if (begins) {
        backends_[index]->kill();
      } else {
        backends_[index]->restart();
      }
      return;
  }
  applyRules(static_cast<int>(index));
}

void Run::applyRules(int who) {
  const auto index = static_cast<std::size_t>(who);
  const Trouble& trouble = trouble_[index];
  net::LinkRules rules = baseRules();
  rules.stalled = trouble.stall > 0;
  rules.black_hole = trouble.black_hole > 0;
  rules.refuse = trouble.refuse > 0;
  if (trouble.slow > 0) rules.bytes_per_second = 20'000;
  net::Host& other = index < backend_hosts_.size() ? *backend_hosts_[index] : client_host_;
  fabric_.setRulesBothWays(proxy_host_, other, rules);
}

void Run::heal() {
  healed_ = true;
  std::ranges::fill(trouble_, Trouble{});
  for (std::size_t i = 0; i < trouble_.size(); ++i) applyRules(static_cast<int>(i));
}

bool Run::until(const std::function<bool()>& done, Duration limit) {
  const bool ended = world_.runUntil(
      [&] {
        if (world_.events() >= next_memory_check_) checkMemory();
        if (world_.events() > kEventsMax) ledger_.fail(Class::Liveness, "liveness.spin", "too many events");
        return ledger_.failed() || done();
      },
      limit);
  return ended && !ledger_.failed();
}

void Run::expect(bool fine, Class kind, const char* invariant, const std::string& what) {
  if (!fine) ledger_.fail(kind, invariant, what);
}

// Whatever the other sides do: what a connection may hold is what its buffers may.
void Run::checkMemory() {
  next_memory_check_ = world_.events() + 256;
  blocks_max_ = std::max(blocks_max_, proxy_->blocksInUse());
  const auto& limits = scenario_.config.limits;
  const auto blocks = [](std::uint64_t bytes) { return bytes / lb::buf::Block::kBytes + 2; };
  const std::uint64_t connection = 3 * blocks(limits.buffer_bytes) + 2 * blocks(limits.max_header_bytes) +
                                   2 * blocks(limits.max_response_header_bytes) + blocks(64 * 1024);
  const Proxy::Gauges now = proxy_->gauges();
  const std::uint64_t bound = (now.connections + now.backend_active + now.backend_idle + 2) * connection + 16;
  expect(proxy_->blocksInUse() <= bound, Class::Safety, "safety.memory",
         fmt::format("{} blocks for {} client and {} backend connections", proxy_->blocksInUse(), now.connections,
                     now.backend_active + now.backend_idle));
}

bool Run::clientsDone() const {
  return std::ranges::all_of(clients_, [](const auto& client) { return client->done(); });
}

bool Run::go() {
  build();
  expect(proxy_->start().has_value(), Class::Safety, "safety.start", "the proxy does not start");
  expect(until([&] { return proxy_->accepting(); }, 5s), Class::Liveness, "liveness.start", "nobody accepts");
  storm();
  if (!scenario_.drain_in_storm) {
    if (!ledger_.failed()) calm();
    if (!ledger_.failed()) fresh();
  }
  if (!ledger_.failed()) drainAndCheck();
  if (!ledger_.failed()) finalBooks();
  return !ledger_.failed();
}

void Run::storm() {
  schedule();
  for (std::size_t i = 0; i < scenario_.clients.size(); ++i) {
    const lb::Address to{proxy_host_.address(), plan::kProxyPort};
    clients_.push_back(
        std::make_unique<actor::Client>(client_env_->env(), to, scenario_.clients[i], ledger_, fmt::format("c{}", i)));
  }
  if (scenario_.drain_in_storm) {
    pass(3s);
    return;
  }
  const bool done = until([&] { return clientsDone(); }, scenario_.calm_only ? Duration(1000s) : scenario_.storm);
  if (!scenario_.calm_only) return;
  expect(done, Class::Liveness, "liveness.answers", "not every request has ended although nothing went wrong");
  for (const auto& [id, entry] : ledger_.entries()) {
    expect(entry.good || entry.lost, Class::Safety, "safety.model", fmt::format("request {} failed for nothing", id));
  }
}

// Heals everything; whoever is still stuck goes away. Then nothing may be left of them.
void Run::calm() {
  ledger_.trace("calm");
  heal();
  for (const auto& client : clients_) client->giveUp();
  for (const auto& backend : backends_) {
    backend->kill();
    backend->restart();
    backend->behave();
  }
  pass(7s);
  const Proxy::Gauges now = proxy_->gauges();
  expect(now.connections == 0, Class::Liveness, "liveness.clients_gone",
         fmt::format("{} client connections without a client", now.connections));
  expect(now.inflight == 0 && now.backend_inflight == 0 && now.backend_active == 0, Class::Liveness,
         "liveness.exchanges_end",
         fmt::format("{} exchanges, {} at backends, {} active backend connections without a client", now.inflight,
                     now.backend_inflight, now.backend_active));
}

void Run::fresh() {
  ledger_.setCalm();
  std::uint64_t id = 1'000'000;
  for (std::size_t service = 0; service < scenario_.config.services.size(); ++service) {
    plan::Client client;
    for (const char* method : {"GET", "POST", "GET"}) {
      plan::Request request{.id = ++id, .method = method, .service = static_cast<int>(service), .tunnel = {}, .answer = {}};
      request.answer.bytes = 100;
      if (request.method == "POST") request.framing = plan::Framing::Length, request.bytes = 50;
      client.requests.push_back(request);
    }
    client.requests.back().close = true;  // there may be a limit of one connection
    fresh_.clients.push_back(std::move(client));
  }
  for (const plan::Client& client : fresh_.clients) {
    clients_.push_back(std::make_unique<actor::Client>(
        client_env_->env(), lb::Address{proxy_host_.address(), plan::kProxyPort}, client, ledger_, "fresh"));
  }
  expect(until(
             [&] {
               return std::ranges::all_of(ledger_.entries(),
                                          [](const auto& one) { return one.first < 1'000'000 || one.second.good; });
             },
             10s),
         Class::Liveness, "liveness.fresh", "a fresh request is not answered although all is well again");
  for (const auto& client : clients_) client->giveUp();
  pass(7s);
  const std::uint64_t before = proxy_->turns();
  pass(10s);
  expect(proxy_->turns() - before < 200, Class::Liveness, "liveness.spin",
         fmt::format("{} turns in 10 s of doing nothing", proxy_->turns() - before));
}

void Run::drainAndCheck() {
  ledger_.trace("drain");
  proxy_->drain();
  const auto& drain = scenario_.config.drain;
  expect(until([&] { return proxy_->stopped(); }, drain.delay + drain.timeout + 1s), Class::Liveness, "liveness.drain",
         "draining does not end");
  expect(proxy_->exitCode() == 0, Class::Safety, "safety.drain", "draining ended with an error");
  if (ledger_.failed()) return;
  healed_ = true;
  for (const auto& client : clients_) client->giveUp();
  for (const auto& backend : backends_) backend->kill();
  pass(100ms);
}

void Run::finalBooks() {
  const Proxy::Gauges now = proxy_->gauges();
  expect(now.connections + now.idle_connections + now.inflight + now.backend_active + now.backend_idle +
                 now.backend_inflight ==
             0,
         Class::Safety, "safety.gauges",
         fmt::format("after the drain: {} client connections ({} idle), {} exchanges, {}+{} backend connections, {} "
                     "requests at backends",
                     now.connections, now.idle_connections, now.inflight, now.backend_active, now.backend_idle,
                     now.backend_inflight));
  expect(proxy_->blocksInUse() == 0, Class::Safety, "safety.blocks",
         fmt::format("{} blocks in use after the drain", proxy_->blocksInUse()));
  std::uint64_t started = 0;
  std::uint64_t answered = 0;
  std::uint64_t heads = 0;
  for (const auto& [id, entry] : ledger_.entries()) {
    started += entry.started ? 1 : 0;
    answered += entry.answers;
    heads += entry.heads_at_backends;
  }
  requests_ = started;
  expect(now.requests == access_lines_, Class::Safety, "safety.metrics",
         fmt::format("{} requests counted, {} logged", now.requests, access_lines_));
  expect(now.requests >= answered && now.requests <= started, Class::Safety, "safety.metrics",
         fmt::format("{} requests counted; {} started and {} answered", now.requests, started, answered));
  expect(now.attempts >= heads, Class::Safety, "safety.metrics",
         fmt::format("{} attempts counted, {} seen by backends", now.attempts, heads));
  if (scenario_.calm_only) {
    expect(now.attempts == heads, Class::Safety, "safety.metrics",
           fmt::format("{} attempts counted, {} seen by backends", now.attempts, heads));
  }
  if (ledger_.failed()) return;
  proxy_->destroyWorkers();
  pass(100ms);
  expect(proxy_->timersArmed() == 0, Class::Safety, "safety.timers",
         fmt::format("{} timers are armed when nothing is left", proxy_->timersArmed()));
  expect(proxy_host_.portsInUse() == 0, Class::Safety, "safety.ports",
         fmt::format("{} ports are in use when nothing is left", proxy_host_.portsInUse()));
}

}  // namespace sim::run
