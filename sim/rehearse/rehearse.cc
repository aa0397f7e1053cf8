// See rehearse.h.
#include "sim/rehearse/rehearse.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "sim/model/open_loop.h"
#include "sim/net/sim_env.h"
#include "sim/rehearse/crowd.h"
#include "sim/rehearse/fit.h"
#include "sim/rehearse/stage.h"
#include "sim/run/proxy.h"

namespace sim::rehearse {
namespace {

constexpr Duration kStartMax = 10s;
constexpr Duration kGrace = 60s;  // beyond the last client's patience
constexpr Duration kStopping = 100ms;
constexpr int kSamples = 120;  // of the report's time axis
constexpr int kLooks = 8;      // at the backends, for each sample
constexpr std::size_t kLogMax = 200;
constexpr int kNumberBits = 40;  // of a request within its stream

Outcome outcomeOf(const model::Outcome& seen, const Scenario& scenario, std::size_t stream, Result& result) {
  using Seen = model::Outcome::Result;
  Outcome outcome;
  outcome.took = seen.latency();
  outcome.bytes = seen.received_bytes;
  outcome.stream = static_cast<std::uint16_t>(stream);
  outcome.service = static_cast<std::uint16_t>(scenario.recording ? scenario.recording->asks[seen.ask].service
                                                                  : scenario.traffic[stream].service);
  switch (seen.result) {
    case Seen::Answered: break;
    case Seen::Refused: outcome.cause = result.causeOf("no_connection"); return outcome;
    case Seen::Cut: outcome.cause = result.causeOf("connection_lost"); return outcome;
    case Seen::TimedOut: outcome.cause = result.causeOf("client_gave_up"); return outcome;
    case Seen::Exhausted: outcome.cause = result.causeOf("out_of_connections"); return outcome;
    case Seen::Garbage: outcome.cause = result.causeOf("garbage"); return outcome;
  }
  outcome.status = static_cast<std::uint16_t>(seen.status);
  if (seen.backend >= 0) {
    outcome.answered = Answered::ByBackend;
    outcome.backend = static_cast<std::uint16_t>(seen.backend);
    // A route may have led elsewhere than the host does. What is replayed counts where it did in the log.
    const auto& whose = scenario.layout.sites[outcome.backend].services;
    if (!scenario.recording && !whose.empty() && std::ranges::find(whose, outcome.service) == whose.end())
      outcome.service = static_cast<std::uint16_t>(whose.front());
    if (seen.status >= 500) outcome.cause = result.causeOf(fmt::format("backend_{}", seen.status));
  } else {
    outcome.answered = Answered::ByProxy;
    if (!seen.proxy_error.empty()) {
      outcome.cause = result.causeOf(seen.proxy_error);
    } else if (seen.status >= 400) {  // a route's own answer, as a redirect is
      outcome.cause = result.causeOf(fmt::format("lb_{}", seen.status));
    }
  }
  return outcome;
}

bool answersItself(const lb::config::Config& config) {
  return std::ranges::any_of(config.routes,
                             [](const auto& route) { return route.action != lb::config::RouteAction::Forward; });
}

model::TrafficPlan planOf(const Stream& stream, const Scenario& scenario, const lb::config::Config& config) {
  model::TrafficPlan plan;
  plan.proxy_answers = answersItself(config) || std::ranges::any_of(scenario.faults, [](const Fault& fault) {
                         return fault.config != nullptr && answersItself(*fault.config);
                       });
  plan.arrivals = {
      .kind = stream.arrivals, .rate = stream.rate, .bursts = {}, .end = scenario.warmup + scenario.duration};
  for (model::RatePoint& point : plan.arrivals.rate) point.at += scenario.warmup;
  if (scenario.recording) {
    plan.script = &scenario.recording->script;
    for (const Recording::Ask& ask : scenario.recording->asks)
      plan.mix.push_back({.method = ask.method, .host = ask.host, .path = ask.path});
  }
  for (const RequestKind& kind : stream.requests)
    plan.mix.push_back({kind.method, stream.host, kind.path, kind.body, kind.response, kind.weight});
  plan.keep_alive = stream.keep_alive;
  plan.patience = stream.patience;
  plan.connections_max = stream.connections;
  return plan;
}

// When a fault is over, for the report.
Duration endOf(const Fault& fault, const Scenario& scenario) {
  if (fault.kind == FaultKind::Restart || fault.kind == FaultKind::Reload || fault.kind == FaultKind::Drain)
    return fault.at;
  Duration end = fault.length > Duration::zero() ? fault.at + fault.length : scenario.duration;
  if (fault.kind == FaultKind::Crash || fault.kind == FaultKind::Stop) {
    for (const Fault& other : scenario.faults) {
      const bool same = std::ranges::all_of(fault.backends, [&](std::size_t site) {
        return std::ranges::find(other.backends, site) != other.backends.end();
      });
      if (other.kind == FaultKind::Restart && same && other.at > fault.at) end = std::min(end, other.at);
    }
  }
  return std::min(end, scenario.duration);
}

class Rehearsal final : private run::ProxyOutput {
 public:
  Rehearsal(const lb::config::Config& config, const Scenario& scenario, std::uint64_t seed)
      : scenario_(scenario),
        config_(onStage(config, scenario)),
        world_(seed),
        fabric_(world_),
        stage_(fabric_, scenario),
        proxy_(fabric_, stage_.lb(), config_, *this) {
    result_.seed = seed;
    result_.duration = scenario.duration;
  }

  lb::Result<Result> run() {
    zero_ = world_.now() + scenario_.warmup;  // what is logged before has its time, too
    if (const auto started = proxy_.start(); !started) return lb::fail(started.error().what);
    if (!world_.runUntil([&] { return proxy_.accepting(); }, kStartMax)) return lb::fail("lb does not begin to accept");
    zero_ = world_.now() + scenario_.warmup;
    startTraffic();
    scheduleFaults();
    scheduleSamples();
    Duration patience{};
    for (const Stream& stream : scenario_.traffic) patience = std::max(patience, stream.patience);
    const MonoTime end = zero_ + scenario_.duration;
    world_.runUntil([&] { return world_.now() >= end && finished(); },
                    scenario_.warmup + scenario_.duration + patience + kGrace);
    result_.violation = stage_.violation();
    for (const auto& source : sources_) {
      if (!source->loop.violation().empty()) result_.violation = source->loop.violation();
    }
    stopProxy();
    return std::move(result_);
  }

 private:
  // As the real program ends: a second drain stops at once, and the workers get the time to do so. They are not
  // destroyed in the middle of their work.
  void stopProxy() {
    over_ = true;
    for (int i = 0; i < 2 && !proxy_.stopped(); ++i) proxy_.drain();
    MonoTime awake = world_.now();
    for (const Fault& fault : scenario_.faults) {
      if (fault.of_lb) awake = std::max(awake, zero_ + fault.at + fault.length);
    }
    world_.runFor(awake - world_.now() + kStopping);
  }

  // One stream's clients, and what becomes of their requests.
  struct Source final : model::TrafficObserver {
    Source(Rehearsal& owner, std::size_t stream)
        : rehearsal(owner),
          number(stream),
          env(owner.fabric_, *owner.stage_.clients(stream).front(), fmt::format("stream{}", stream)),
          crowd(env.loop, owner.fabric_, owner.stage_.clients(stream)),
          loop({env.loop, env.clock, crowd, env.resolver, env.random},
               {owner.stage_.lb().address(), owner.config_.listen.front().port},
               planOf(owner.scenario_.traffic[stream], owner.scenario_, owner.config_),
               owner.world_.chance().stream(fmt::format("traffic{}", stream)), *this,
               std::uint64_t{stream} << kNumberBits) {
      env.loop.setCallbackCost(Duration(1));  // clients are many machines, never the bottleneck
    }
    void onDone(const model::Outcome& seen) override {
      const Duration began = seen.intended - rehearsal.zero_;
      if (began < Duration::zero()) return;
      Outcome outcome = outcomeOf(seen, rehearsal.scenario_, number, rehearsal.result_);
      outcome.began = began;
      rehearsal.result_.outcomes.push_back(outcome);
    }
    Rehearsal& rehearsal;
    std::size_t number;
    net::SimEnv env;
    Crowd crowd;
    model::OpenLoop loop;
  };

  void startTraffic() {
    for (std::size_t i = 0; i < scenario_.traffic.size(); ++i) sources_.push_back(std::make_unique<Source>(*this, i));
  }

  [[nodiscard]] bool finished() const {
    return std::ranges::all_of(sources_, [](const auto& source) { return source->loop.finished(); });
  }

  void scheduleFaults() {
    for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
      const Fault& fault = scenario_.faults[i];
      result_.bands.push_back({fault.at, endOf(fault, scenario_), fault.text});
      world_.at(zero_ + fault.at, [this, i] { begin(i); });
      if (fault.length > Duration::zero()) world_.at(zero_ + fault.at + fault.length, [this, i] { stage_.end(i); });
    }
    for (const BackendRule& rule : scenario_.backends) {
      for (const BackendRule::Change& change : rule.changes) {
        world_.at(zero_ + change.at, [this, &rule, &change] {
          for (const std::size_t site : rule.backends) stage_.change(site, change.patch);
        });
      }
    }
  }

  void begin(std::size_t index) {
    const Fault& fault = scenario_.faults[index];
    if (fault.kind == FaultKind::Reload) {
      proxy_.reload(onStage(*fault.config, scenario_));
    } else if (fault.kind == FaultKind::Drain) {
      proxy_.drain();
    } else if (fault.kind == FaultKind::Pause && fault.of_lb) {
      for (std::size_t i = 0; i < proxy_.workers(); ++i) proxy_.pauseWorker(i, fault.length);
    } else {
      stage_.begin(index);
    }
  }

  void scheduleSamples() {
    for (int i = 0; i < kSamples * kLooks; ++i) {
      world_.at(zero_ + scenario_.duration / (kSamples * kLooks) * i, [this, i] { look(i); });
    }
  }

  void look(int number) {
    const std::size_t sites = scenario_.layout.sites.size();
    if (number % kLooks == 0)
      result_.samples.push_back({scenario_.duration / kSamples * (number / kLooks), std::vector<SiteSample>(sites)});
    Sample& sample = result_.samples.back();
    for (std::size_t i = 0; i < sites; ++i) {
      const SiteSample now = stage_.look(i);
      SiteSample& kept = sample.sites[i];
      if (now.state != SiteState::Up) kept.state = now.state;
      kept.working = std::max(kept.working, now.working);
      kept.waiting = std::max(kept.waiting, now.waiting);
    }
  }

  void onLog(lb::LogLevel level, std::string_view line) override {
    if (over_ || level < lb::LogLevel::Warn || result_.log.size() >= kLogMax) return;
    const double at = std::chrono::duration<double>(world_.now() - zero_).count();
    result_.log.push_back(fmt::format("{:.3f}s {}", at, line));
  }
  void onAccess(std::string_view) override {}

  const Scenario& scenario_;
  lb::config::Config config_;
  World world_;
  net::Fabric fabric_;
  Stage stage_;
  run::Proxy proxy_;
  std::vector<std::unique_ptr<Source>> sources_;
  MonoTime zero_{};
  bool over_ = false;  // what follows belongs to nobody
  Result result_;
};

}  // namespace

lb::config::Config onStage(lb::config::Config config, const Scenario& scenario) {
  constexpr std::uint16_t kPortWhenFree = 8080;
  std::vector<lb::config::Listen> listen;
  for (lb::config::Listen one : config.listen) {
    one.address.clear();
    if (one.port == 0) one.port = kPortWhenFree;
    const bool known = std::ranges::find(listen, one.port, &lb::config::Listen::port) != listen.end();
    if (!known) listen.push_back(std::move(one));
  }
  config.listen = std::move(listen);
  config.admin.enabled = false;
  config.metrics.on_proxy_port = false;
  config.access_log.path = "off";
  if (config.threads == 0) config.threads = scenario.threads;
  if (config.limits.max_connections == 0) config.limits.max_connections = scenario.max_connections;
  return config;
}

lb::Result<Result> rehearse(const lb::config::Config& config, const Scenario& scenario, std::uint64_t seed) {
  if (const auto fits = checkFit(config, scenario); !fits) return lb::fail(fits.error().what);
  return Rehearsal(config, scenario, seed).run();
}

}  // namespace sim::rehearse
