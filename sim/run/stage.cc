// See stage.h.
#include "sim/run/stage.h"

#include <fmt/format.h>

#include "sim/actor/be_backend.h"
#include "sim/check/fault_marks.h"
#include "sim/core/trace.h"
#include "sim/plan/fields.h"

namespace sim::run {

using plan::FaultKind;
using namespace std::chrono_literals;

namespace {

constexpr Duration kWallJump = 1h;
constexpr Ratio kLoss{1, 5};

const char* wordFor(FaultKind kind) {
  for (const auto& word : plan::wordsOf(kind)) {
    if (word.value == kind) return word.word;
  }
  return "?";
}

std::string nameOf(int who) {
  if (who == plan::kClientsSide) return "clients";
  return who == plan::kProxySide ? "proxy" : fmt::format("b{}", who);
}

bool isThereAtTheStart(const plan::Fault& fault) {
  using enum FaultKind;
  const bool of_names = fault.kind == DnsFails || fault.kind == DnsEmpty || fault.kind == DnsSilent ||
                        fault.kind == DnsMoves || fault.kind == DnsSlow;
  return of_names && fault.at == Duration::zero() && fault.trigger == plan::Trigger::None;
}

}  // namespace

Stage::Stage(World& world, const plan::Scenario& scenario, check::Ledger& ledger, ProxyOutput& output)
    : world_(world),
      scenario_(scenario),
      ledger_(ledger),
      fabric_(world),
      client_host_(fabric_.addHost("clients", plan::kClientIp)),
      proxy_host_(fabric_.addHost("proxy", plan::kProxyIp)) {
  fabric_.setDefaultRules(plainRules());
  const auto backends = static_cast<std::uint32_t>(scenario.backends.size());
  for (std::uint32_t i = 0; i < backends; ++i) {
    backend_hosts_.push_back(&fabric_.addHost(nameOf(static_cast<int>(i)), plan::backendIp(i)));
    applyName(i);
  }
  std::vector<net::Host*> hosts = backend_hosts_;
  hosts.push_back(&client_host_);
  hosts.push_back(&proxy_host_);
  for (net::Host* host : hosts) {
    net::HostRules& rules = host->rules();
    rules.receive_window = rules.send_buffer = scenario.network.window;
    rules.short_read = rules.short_write = {scenario.network.short_io, 100};
  }
  client_env_ = std::make_unique<net::SimEnv>(fabric_, client_host_, "clients");
  for (std::uint32_t i = 0; i < backends; ++i) {
    backend_envs_.push_back(std::make_unique<net::SimEnv>(fabric_, *backend_hosts_[i], backend_hosts_[i]->name()));
    const lb::Address at{backend_hosts_[i]->address(), plan::kBackendPort};
    const lb::Env env = backend_envs_[i]->env();
    if (scenario.backends[i].be) {
      backends_.push_back(std::make_unique<actor::BeBackend>(env, at, ledger, i));
    } else {
      backends_.push_back(std::make_unique<actor::Backend>(env, at, ledger, i, scenario.backends[i]));
    }
  }
  proxy_ = std::make_unique<Proxy>(fabric_, proxy_host_, scenario.config, output);
  operator_ = std::make_unique<Operator>(fabric_, *proxy_, scenario, ledger);
}

Stage::~Stage() {
  *alive_ = false;
  // be's connections hold what belongs to their backend, so they have to go first.
  for (const auto& backend : backends_) backend->end();
  for (const auto& env : backend_envs_) env->loop.destroyRetired();
}

net::LinkRules Stage::plainRules() const {
  net::LinkRules rules;
  rules.segment_max = scenario_.network.segment_max;
  if (healed_) return rules;
  rules.latency = scenario_.network.latency;
  rules.jitter = scenario_.network.jitter;
  return rules;
}

void Stage::startWith(const std::vector<plan::Fault>& faults) {
  for (const plan::Fault& fault : faults) {
    if (fault.kind == FaultKind::Far) {
      moveApart(fault);
    } else if (isThereAtTheStart(fault)) {
      const bool at_once = fault.kind == FaultKind::DnsSlow;  // a lookup that has begun is no longer made slower
      if (at_once) turn(fault, true);
      arrange(fault, at_once);
    }
  }
}

// For good: no heal() takes it back.
void Stage::moveApart(const plan::Fault& fault) {
  const Duration more = plan::farness(scenario_, fault.who);
  fabric_.setSlowness(proxy_host_, hostOf(fault.who), more);
  fabric_.setSlowness(hostOf(fault.who), proxy_host_, more);
  ledger_.leave(check::markOf(fault.kind));
  if (world_.trace() != nullptr) world_.trace()->fault(wordFor(fault.kind), nameOf(fault.who), true);
}

void Stage::schedule(const std::vector<plan::Fault>& faults) {
  for (const plan::Fault& fault : faults) {
    if (fault.kind == FaultKind::Far || isThereAtTheStart(fault)) continue;
    if (fault.trigger == plan::Trigger::None) {
      arrange(fault);
    } else {
      awaiting_.push_back(&fault);
    }
  }
  if (awaiting_.empty()) return;
  ledger_.setProgressWatch(
      [this](plan::Trigger where, std::uint64_t request, std::uint64_t bytes) { onProgress(where, request, bytes); });
}

void Stage::arrange(const plan::Fault& fault, bool is_on) {
  const MonoTime begin = world_.now() + fault.at;
  for (const bool on : {true, false}) {
    if (on && is_on) continue;
    world_.at(begin + (on ? Duration{} : fault.length), [this, &fault, on, alive = alive_] {
      if (*alive && !healed_) turn(fault, on);
    });
  }
}

void Stage::onProgress(plan::Trigger where, std::uint64_t request, std::uint64_t bytes) {
  if (healed_) return;
  if (where == plan::Trigger::Request && bytes == 0) ++heads_;
  std::erase_if(awaiting_, [&](const plan::Fault* fault) {
    const bool counted = fault->trigger == plan::Trigger::Count;
    const bool struck = counted ? heads_ == fault->request
                                : fault->trigger == where && fault->request == request && bytes >= fault->byte;
    if (!struck) return false;
    ledger_.leave(counted ? check::Mark::FaultCounted : check::Mark::FaultTriggered);
    arrange(*fault);
    return true;
  });
}

bool Stage::on(FaultKind kind, int who) const {
  const auto found = on_.find({kind, who});
  return found != on_.end() && found->second > 0;
}

void Stage::turn(const plan::Fault& fault, bool on) {
  int& count = on_[{fault.kind, fault.who}];
  count += on ? 1 : -1;
  const bool changes = count == (on ? 1 : 0);
  if (!changes && fault.kind != FaultKind::Pause) return;
  if (world_.trace() != nullptr) world_.trace()->fault(wordFor(fault.kind), nameOf(fault.who), on);
  if (on) {
    ledger_.troubles().begin(fault.kind, fault.who, world_.now());
    ledger_.leave(check::markOf(fault.kind));
    if (fault.kind == FaultKind::Stall) markStalls();
    if (fault.kind == FaultKind::Kill && this->on(FaultKind::Stall, fault.who))
      ledger_.leave(check::Mark::FaultPowerCut);
  } else {
    ledger_.troubles().end(fault.kind, fault.who, world_.now());
  }
  strike(fault, on);
}

void Stage::pauseWorkerOf(const plan::Fault& fault) {
  const std::uint32_t worker = fault.worker % scenario_.config.threads;
  if (worker > 0) ledger_.leave(check::Mark::FaultOtherWorker);
  proxy_->pauseWorker(worker, fault.length);
}

void Stage::markStalls() {
  std::size_t stalled = on(FaultKind::Stall, plan::kClientsSide) ? 1 : 0;
  for (std::size_t i = 0; i < backends_.size(); ++i) stalled += on(FaultKind::Stall, static_cast<int>(i)) ? 1 : 0;
  if (stalled > 1) ledger_.leave(check::Mark::SeveralStalled);
  if (stalled == backends_.size() + 1) ledger_.leave(check::Mark::Isolated);
}

void Stage::strike(const plan::Fault& fault, bool on) {
  const auto index = static_cast<std::size_t>(fault.who);
  switch (fault.kind) {
    case FaultKind::Stall:
    case FaultKind::StallTo:
    case FaultKind::StallFrom:
    case FaultKind::BlackHole:
    case FaultKind::Refuse:
    case FaultKind::CutHandshake:
    case FaultKind::Loss: applyLinks(fault.who); return;
    case FaultKind::Slow:
      rates_[fault.who] = fault.rate;
      applyLinks(fault.who);
      return;
    case FaultKind::Far: return;  // has been there from the beginning
    case FaultKind::Kill:
      if (on) {
        backends_.at(index)->kill();
      } else {
        backends_.at(index)->restart();
      }
      return;
    case FaultKind::Pause:
      if (!on) return;
      if (fault.who == plan::kProxySide) {
        pauseWorkerOf(fault);
      } else {
        backend_envs_.at(index)->loop.pauseFor(fault.length);
      }
      return;
    case FaultKind::AcceptExhausted: proxy_host_.rules().accept_exhausted = on; return;
    case FaultKind::ConnectExhausted: proxy_host_.rules().connect_exhausted = on; return;
    case FaultKind::DnsFails:
    case FaultKind::DnsEmpty:
    case FaultKind::DnsSilent:
    case FaultKind::DnsMoves: applyName(static_cast<std::uint32_t>(fault.who)); return;
    case FaultKind::DnsSlow:
      slow_names_[fault.who] = fault.more;
      applyName(static_cast<std::uint32_t>(fault.who));
      return;
    case FaultKind::WallJump: world_.jumpWall(on ? kWallJump : -kWallJump); return;
    case FaultKind::HangUp: backends_.at(index)->hangUp(on); return;
    case FaultKind::BacklogFull: {
      net::Host& host = fault.who == plan::kProxySide ? proxy_host_ : *backend_hosts_.at(index);
      host.rules().backlog = on ? 0 : net::HostRules{}.backlog;
      return;
    }
    case FaultKind::Sick: backends_.at(index)->beSick(on); return;
    case FaultKind::CheckSick:
      backends_.at(index)->failChecks(on ? actor::CheckFailure::InTurn : actor::CheckFailure::None);
      return;
    case FaultKind::DrainByHand: operator_->drain(static_cast<std::uint32_t>(index), on); return;
    case FaultKind::WeighByHand: operator_->weigh(static_cast<std::uint32_t>(index), on); return;
    case FaultKind::FewPorts: proxy_host_.rules().ports = on ? 1 : net::HostRules{}.ports; return;
  }
}

net::Host& Stage::hostOf(int who) {
  return who == plan::kClientsSide ? client_host_ : *backend_hosts_.at(static_cast<std::size_t>(who));
}

void Stage::applyLinks(int who) {
  net::Host& other = hostOf(who);
  net::LinkRules rules = plainRules();
  rules.black_hole = on(FaultKind::BlackHole, who);
  rules.refuse = on(FaultKind::Refuse, who);
  rules.cut_handshake = on(FaultKind::CutHandshake, who);
  if (on(FaultKind::Slow, who)) rules.bytes_per_second = rates_.at(who);
  if (on(FaultKind::Loss, who)) rules.loss = kLoss;
  rules.stalled = on(FaultKind::Stall, who) || on(FaultKind::StallTo, who);
  fabric_.setRules(proxy_host_, other, rules);
  rules.stalled = on(FaultKind::Stall, who) || on(FaultKind::StallFrom, who);
  fabric_.setRules(other, proxy_host_, rules);
}

void Stage::applyName(std::uint32_t backend) {
  const int who = static_cast<int>(backend);
  const auto count = static_cast<std::uint32_t>(scenario_.backends.size());
  const std::uint32_t meant = on(FaultKind::DnsMoves, who) ? (backend + 1) % count : backend;
  net::NameRule rule{.addresses = {*lb::IpAddress::parse(plan::backendIp(meant))}, .ttl = scenario_.network.name_ttl};
  if (on(FaultKind::DnsEmpty, who)) rule.addresses.clear();
  rule.fails = on(FaultKind::DnsFails, who);
  rule.silent = on(FaultKind::DnsSilent, who);
  if (on(FaultKind::DnsSlow, who)) rule.delay += slow_names_.at(who);
  fabric_.setName(plan::backendName(backend), rule);
}

// What a story of the calm does counts as trouble, too.
void Stage::note(FaultKind kind, int who, bool on) {
  if (on) {
    ledger_.troubles().begin(kind, who, world_.now());
  } else {
    ledger_.troubles().end(kind, who, world_.now());
  }
}

void Stage::moveName(std::uint32_t backend, bool away) {
  const int who = static_cast<int>(backend);
  note(FaultKind::DnsMoves, who, away);
  on_[{FaultKind::DnsMoves, who}] = away ? 1 : 0;
  applyName(backend);
}

void Stage::slowDown(std::uint32_t backend, std::uint64_t rate) {
  const int who = static_cast<int>(backend);
  note(FaultKind::Slow, who, rate > 0);
  on_[{FaultKind::Slow, who}] = rate > 0 ? 1 : 0;
  rates_[who] = rate;
  applyLinks(who);
}

void Stage::makeSick(std::uint32_t backend, bool sick) {
  const int who = static_cast<int>(backend);
  note(FaultKind::Sick, who, sick);
  backends_.at(backend)->beSick(sick);
}

void Stage::heal() {
  healed_ = true;
  for (auto& [place, count] : on_) {
    if (count > 0 && place.first == FaultKind::WallJump) world_.jumpWall(-kWallJump);
    count = 0;
  }
  if (world_.trace() != nullptr) world_.trace()->allHealedBut(wordFor(FaultKind::Far));
  ledger_.troubles().endAll(world_.now());
  applyLinks(plan::kClientsSide);
  for (std::size_t i = 0; i < backends_.size(); ++i) {
    applyLinks(static_cast<int>(i));
    applyName(static_cast<std::uint32_t>(i));
    backends_[i]->restart();
    backends_[i]->hangUp(false);
    backends_[i]->beSick(false);
    backends_[i]->failChecks(actor::CheckFailure::None);
    operator_->drain(static_cast<std::uint32_t>(i), false);
    if (scenario_.has("by_hand")) operator_->weigh(static_cast<std::uint32_t>(i), false);
    backend_hosts_[i]->rules().backlog = net::HostRules{}.backlog;
  }
  net::HostRules& proxy = proxy_host_.rules();
  proxy.accept_exhausted = proxy.connect_exhausted = false;
  proxy.backlog = net::HostRules{}.backlog;
  proxy.ports = net::HostRules{}.ports;
}

NextDraws Stage::nextDraws() {
  NextDraws draws = proxy_->nextDraws();
  draws.emplace_back("net", fabric_.chance().next());
  draws.emplace_back("clients", client_env_->random.next());
  for (std::size_t i = 0; i < backend_envs_.size(); ++i)
    draws.emplace_back(fmt::format("b{}", i), backend_envs_[i]->random.next());
  return draws;
}

}  // namespace sim::run
