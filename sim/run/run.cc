// See run.h. The calm is in calm.cc, the end in drain.cc.
#include "sim/run/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/config/parse.h"
#include "sim/check/affinity_check.h"
#include "sim/check/view.h"
#include "sim/net/connection.h"

namespace sim::run {

using check::Class;
using namespace std::chrono_literals;

namespace {

// What is told often begins with who did it: "c3 sends request 7".
std::string_view actorOf(std::string_view line) {
  const std::string_view word = line.substr(0, line.find_first_of(" ':"));
  return !word.empty() && word.back() >= '0' && word.back() <= '9' ? word : std::string_view();
}

}  // namespace

Run::Run(const plan::Scenario& scenario, bool traced)
    : scenario_(scenario), world_(scenario.seed), ledger_(world_, scenario), config_(scenario.config) {
  if (traced) {
    trace_.emplace(world_);
    world_.setTrace(&*trace_);
    ledger_.setTracer([this](std::string_view line) { trace_->note(actorOf(line), line); });
  }
  for (const plan::Client& client : scenario.clients) {
    for (const plan::Request& request : client.requests) last_id_ = std::max(last_id_, request.id);
  }
}

Run::~Run() = default;

void Run::onLog(lb::LogLevel, std::string_view line) {
  if (trace_) trace_->log("proxy", line);
  ledger_.onProxyLine(line);
}

void Run::onAccess(std::string_view line) {
  if (trace_) trace_->access("proxy", line);
  ledger_.onAccessLine(line);
}

bool Run::until(const std::function<bool()>& done, Duration limit, std::uint64_t look_every) {
  std::uint64_t next_look = 0;
  const bool ended = world_.runUntil(
      [&] {
        if (ledger_.failed()) return true;
        if (world_.events() < next_look) return false;
        next_look = world_.events() + look_every;
        if (world_.events() >= next_held_check_) checkHeld();
        if (world_.now() >= next_stream_look_) {
          next_stream_look_ = world_.now() + check::StreamWatch::kEvery;
          stream_watch_->look();
        }
        if (std::exchange(instant_, world_.now()) != world_.now()) instant_begin_ = world_.events();
        if (world_.events() > kEventsMax || world_.events() - instant_begin_ > kEventsAtOnceMax)
          ledger_.fail(Class::Liveness, "liveness.spin", 0, "too many events");
        return done();
      },
      limit);
  return (ended || done()) && !ledger_.failed();
}

void Run::checkShown() {
  lb::Control& control = stage_->proxy().control();
  ledger_.onShown(control.metrics(), control.backends());
}

bool Run::clientsDone() const {
  return std::ranges::all_of(clients_, [](const auto& client) { return client->done(); });
}

bool Run::go() {
  start();
  storm();
  if (!scenario_.drain_in_storm) {
    for (const auto phase : {&Run::patience, &Run::calm, &Run::fresh, &Run::census, &Run::affinity, &Run::preferences,
                             &Run::uploads, &Run::ejections, &Run::checks, &Run::limits, &Run::ratesAreRaised,
                             &Run::retries, &Run::renames, &Run::pools, &Run::returns, &Run::restAWhile}) {
      if (!ledger_.failed()) (this->*phase)();
    }
  }
  for (const auto phase : {&Run::drain, &Run::finish}) {
    if (!ledger_.failed()) (this->*phase)();
  }
  return !ledger_.failed();
}

void Run::start() {
  stage_ = std::make_unique<Stage>(world_, scenario_, ledger_, *this);
  ledger_.configure(config_);
  const auto accepted = [this](std::uint32_t backend, const lb::Address& peer) {
    const lb::Address at{*lb::IpAddress::parse(plan::backendIp(backend)), plan::kBackendPort};
    std::uint64_t newest = 0;
    for (const auto& one : stage_->fabric().connections()) {
      const bool theirs = one->addressOf(net::Side::Server) == at && one->addressOf(net::Side::Client) == peer;
      if (theirs && one->held(net::Side::Server)) newest = std::max(newest, one->id());
    }
    return newest;
  };
  const auto held = [this](std::uint64_t connection) {
    return std::ranges::any_of(stage_->fabric().connections(), [&](const auto& one) {
      return one->id() == connection && one->held(net::Side::Client);
    });
  };
  ledger_.traffic().setProbes(accepted, held);
  stream_watch_.emplace(stage_->fabric(), stage_->proxyHost().address(), ledger_);
  stage_->startWith(scenario_.faults);
  const auto started = stage_->proxy().start();
  expect(started.has_value(), Class::Liveness, "liveness.start", "{}", started ? "" : started.error().what);
  expect(until([&] { return stage_->proxy().accepting(); }, 5s), Class::Liveness, "liveness.start", "nobody accepts");
  if (scenario_.config.threads > 1) ledger_.leave(check::Mark::SeveralWorkers);
}

void Run::ask(const plan::Client& client) {
  const lb::Address to{stage_->proxyHost().address(), client.second_port ? plan::kSecondPort : plan::kProxyPort};
  clients_.push_back(
      std::make_unique<actor::Client>(stage_->clientEnv(), to, client, ledger_, fmt::format("c{}", clients_.size())));
}

// Other balancing, another order of the hosts, one of them gone; or a service gone, or a route; less time; other names
// for the same hosts; no pools, or lower limits of them; and back again.
void Run::reload(std::uint64_t number) {
  config_ = scenario_.config;
  if (number % 4 == 0) {
    for (lb::config::Service& service : config_.services) {
      using lb::config::Balance;
      service.balance = service.balance == Balance::Random ? Balance::RoundRobin : Balance::Random;
      std::ranges::reverse(service.hosts);
      if (service.hosts.size() > 1 && scenario_.seed % 4 != 0) service.hosts.pop_back();
      // What was there may have had all the weight.
      if (std::ranges::all_of(service.hosts, [](const auto& host) { return host.weight == 0; }))
        service.hosts.front().weight = 1;
    }
  }
  const bool routed = !config_.routes.empty();
  if (number % 2 == 1 && routed) {
    const lb::config::Config before = config_;
    config_.routes.erase(config_.routes.begin());
    // It may have been what ended a redirect that now leads to itself.
    if (!lb::config::parse(lb::config::dump(config_))) config_ = before;
  }
  if (number % 4 == 2 && config_.services.size() > 1 && !scenario_.calm_only && !routed) config_.services.pop_back();
  if (scenario_.has("renames") && number % 2 == 1) renameHosts();
  if (scenario_.has("reload_timeouts") && number % 2 == 0) {
    for (lb::config::Service& service : config_.services)
      service.timeouts.response_header =
          std::min<Duration>(service.timeouts.response_header, plan::kReloadedHeaderTime);
  }
  if (scenario_.has("reload_pools") && number % 2 == 0) {
    for (lb::config::Service& service : config_.services) {
      lb::config::Pool& pool = service.pool;
      if (number % 4 == 0) {
        pool.max_idle = 0;
      } else {
        pool = {.max_idle = std::min(pool.max_idle, 1U),
                .idle_timeout = std::min<Duration>(pool.idle_timeout, 1s),
                .max_requests = 2,
                .max_age = 1s};
      }
    }
  }
  checkShown();
  stage_->theOperator().bring(config_, [this, next = config_] {
    ledger_.trace("the configuration changes");
    ledger_.leave(check::Mark::Reloaded);
    const Proxy::Gauges now = stage_->proxy().gauges();
    if (now.inflight > 0) ledger_.leave(check::Mark::ReloadedInFlight);
    if (scenario_.has("reload_pools") && now.backend_idle > 0) ledger_.leave(check::Mark::PoolsChanged);
    ledger_.configure(next);
  });
}

void Run::takeOver(const lb::config::Config& config) {
  ledger_.configure(config);
  stage_->proxy().reload(config);
}

void Run::renameHosts() {
  for (lb::config::Service& service : config_.services) {
    for (lb::config::Host& host : service.hosts) {
      const auto number = static_cast<std::uint32_t>(check::backendOf(scenario_, host));
      host.address = lb::IpAddress::parse(host.address) ? plan::backendName(number) : plan::backendIp(number);
    }
  }
  ledger_.leave(check::Mark::HostsRenamed);
}

// For the oracles nothing happens.
void Run::touch() {
  checkShown();
  stage_->theOperator().bring(config_, [this] {
    ledger_.trace("the same configuration is loaded again");
    ledger_.leave(check::Mark::Touched);
  });
}

// Who may not be sent again has it if its connection is closed at the very moment of its use (RFC 9112 9.3.1); so has a
// tunnel that is reset before its 101 is here, a head of many fields where the limit is low, and an attempt that has
// hardly more time than the way takes: that this was the cause of lb's own answer has been judged already.
bool Run::badLuck(const check::Entry& entry) const {
  if (entry.reason == "header_too_large" || entry.reason == "bad_backend_response") return true;
  if (entry.plan->upgrade && entry.plan->tunnel.end == plan::Tunnel::End::BackendReset) return true;
  const lb::config::Service* service = check::serviceOf(scenario_, *entry.plan);
  if (service == nullptr) return false;
  // Where all begin as down nobody can be asked until checks have passed.
  if (entry.reason == "no_healthy_backend" && ledger_.nobodyLeft(entry, entry.started)) return true;
  // Its bytes may take longer than an attempt may last.
  const Duration attempt = service->retry.per_try_timeout;
  const bool too_short = check::mayGetNowhere(scenario_, *service) ||
                         (attempt > 0s && attempt <= check::View(ledger_, entry).networkTime());
  if (too_short && entry.reason == "backend_timeout") return true;
  return scenario_.has("idle_close") && !check::replayable(*entry.plan, *service);
}

void Run::storm() {
  stage_->schedule(scenario_.faults);
  const MonoTime begin = world_.now();
  for (std::uint64_t i = 0; i < scenario_.reloads.size(); ++i) {
    world_.at(begin + scenario_.reloads[i], [this, i] {
      if (!ledger_.calm() && ledger_.drainingSince() == check::kNever) reload(i);
    });
  }
  for (const Duration at : scenario_.touches) {
    world_.at(begin + at, [this] {
      if (!ledger_.calm() && ledger_.drainingSince() == check::kNever) touch();
    });
  }
  for (const plan::Client& client : scenario_.clients) ask(client);
  if (scenario_.drain_in_storm) {
    pass(scenario_.storm);
    return;
  }
  const bool done = until([&] { return clientsDone(); }, scenario_.calm_only ? Duration(1h) : scenario_.storm);
  checkShown();
  if (!scenario_.calm_only || ledger_.failed()) return;
  expect(done, Class::Liveness, "liveness.answers", "not every request has ended although nothing went wrong");
  for (const check::Entry& entry : ledger_.entries()) {
    if (entry.plan == nullptr || ledger_.failed()) continue;
    ledger_.expect(entry.good || entry.lost || badLuck(entry), Class::Safety, "safety.error_truth", entry.plan->id,
                   "request {} failed for nothing", entry.plan->id);
  }
}

NextDraws Run::nextDraws() {
  NextDraws draws = stage_ ? stage_->nextDraws() : NextDraws();
  draws.emplace_back("schedule", world_.nextTie());
  return draws;
}

}  // namespace sim::run
