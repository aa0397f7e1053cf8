// See stage.h.
#include "sim/rehearse/stage.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/rehearse/checks.h"

namespace sim::rehearse {
namespace {

constexpr std::uint32_t kUnlimited = 1'000'000;  // requests at once that no simulated backend reaches
constexpr std::string_view kLbAddress = "198.19.0.1";
constexpr std::uint16_t kFirstClientPort = 1024;
constexpr std::uint16_t kClientPorts = 0x10000 - kFirstClientPort;

bool isLocal(const lb::IpAddress& ip) {
  return isLoopback(ip) || ip == lb::IpAddress{};
}

bool names(const std::vector<std::size_t>& list, std::size_t one) {
  return std::ranges::find(list, one) != list.end();
}

model::BackendPlan planOf(const Behaviour& behaviour, std::size_t number, const Site& site,
                          const Recording* recording) {
  model::BackendPlan plan{.number = static_cast<std::uint32_t>(number),
                          .port = site.address.port,
                          .ip = site.address.ip,
                          .station = {},
                          .answer = {},
                          .checks = {},
                          .check_ports = site.check_ports};
  plan.station.slots = behaviour.concurrency == 0 ? kUnlimited : behaviour.concurrency;
  plan.station.queue_max = behaviour.queue;
  plan.station.service = behaviour.latency;
  for (const CheckedPath& check : site.checks) plan.checks.push_back(answerThatPasses(check));
  if (recording != nullptr) {
    plan.script = &recording->script;
    plan.drops_abandoned = true;  // what it had to do beyond that, no log knows
  }
  return plan;
}

}  // namespace

bool isOfStage(const lb::IpAddress& ip) {
  return lb::Cidr::parse("198.19.0.0/16")->contains(ip);
}

Stage::Stage(net::Fabric& fabric, const Scenario& scenario)
    : fabric_(fabric), scenario_(scenario), lb_(&fabric.addHost("lb", std::string(kLbAddress))) {
  for (const Stream& stream : scenario.traffic) addClients(stream);
  const auto& sites = scenario.layout.sites;
  behaviours_.resize(sites.size());
  for (const BackendRule& rule : scenario.backends) {
    for (const std::size_t site : rule.backends) rule.patch.apply(behaviours_[site]);
  }
  for (std::size_t i = 0; i < sites.size(); ++i) {
    net::Host& host = hostOf(sites[i].address.ip);
    site_hosts_.push_back(&host);
    if (std::ranges::find(machines_, &host) == machines_.end()) machines_.push_back(&host);
    backends_.push_back(std::make_unique<model::QueueBackend>(
        fabric, host, *lb_, planOf(behaviours_[i], i, sites[i], scenario.recording.get())));
    applyToSite(i);
  }
  for (const auto& [name, answer] : scenario.layout.names) applyToName(name);
  fabric.setName("localhost", {.addresses = {*lb::IpAddress::parse("127.0.0.1")}});  // where the layout has it
  applyToWays();
}

// Clients stand for many machines, of which none ever lacks a port: one that was used is free at once, and where an
// address has fewer than the stream may have connections there are further addresses.
void Stage::addClients(const Stream& stream) {
  std::vector<net::Host*>& hosts = clients_.emplace_back();
  for (std::uint32_t ports = 0; hosts.empty() || ports < stream.connections; ports += kClientPorts) {
    net::Host& host = fabric_.addHost(stream.name, fmt::format("198.19.{}.{}", hosts.size() + 1, clients_.size()));
    host.rules().first_port = kFirstClientPort;
    host.rules().ports = kClientPorts;
    host.rules().time_wait = Duration::zero();
    hosts.push_back(&host);
  }
}

net::Host& Stage::hostOf(const lb::IpAddress& ip) {
  if (isLocal(ip)) return *lb_;
  if (net::Host* known = fabric_.hostAt(ip)) return *known;
  return fabric_.addHost(ip.toString(), ip.toString());
}

// Of several faults that are on each has a say in what it tells; the last one has the last, repeats behind the others.
void Stage::applyToName(const std::string& name) {
  NameAnswer answer = scenario_.layout.names.at(name);
  for (const std::size_t index : on_) {
    const Fault& fault = scenario_.faults[index];
    if (fault.kind == FaultKind::Dns && fault.name == name) fault.answer.apply(answer);
  }
  fabric_.setName(name, {answer.addresses, answer.ttl, answer.delay, answer.fails, answer.silent});
}

void Stage::begin(std::size_t index) {
  const Fault& fault = scenario_.faults[index];
  on_.insert(index);
  if (fault.kind == FaultKind::Restart) {
    for (const std::size_t one : on_) {
      const Fault& other = scenario_.faults[one];
      if (other.kind != FaultKind::Crash && other.kind != FaultKind::Stop) continue;
      for (const std::size_t site : fault.backends) restarted_.emplace(one, site);
    }
  }
  for (const std::size_t site : fault.backends) applyToSite(site);
  if (fault.kind == FaultKind::Dns) applyToName(fault.name);
  applyToWays();
}

void Stage::end(std::size_t index) {
  const Fault& fault = scenario_.faults[index];
  on_.erase(index);
  std::erase_if(restarted_, [&](const auto& pair) { return pair.first == index; });
  for (const std::size_t site : fault.backends) applyToSite(site);
  if (fault.kind == FaultKind::Dns) applyToName(fault.name);
  applyToWays();
}

void Stage::change(std::size_t site, const BehaviourPatch& patch) {
  patch.apply(behaviours_[site]);
  backends_[site]->setService(behaviours_[site].latency);
  applyToSite(site);
}

bool Stage::isOn(std::size_t site, FaultKind kind, Whom whom) const {
  return std::ranges::any_of(on_, [&](std::size_t index) {
    const Fault& fault = scenario_.faults[index];
    return fault.kind == kind && fault.befalls(whom) && names(fault.backends, site) &&
           !restarted_.contains({index, site});
  });
}

// What a process does in its work, which may differ for its users and for those who check it.
Stage::Work Stage::workOf(std::size_t site, Whom whom) const {
  Work work{.hangs = isOn(site, FaultKind::Hang, whom) || isOn(site, FaultKind::Pause),
            .slowdown = 1,
            .errors = {behaviours_[site].error_ppm, 1'000'000},
            .error_status = static_cast<int>(behaviours_[site].error_status)};
  for (const std::size_t index : on_) {
    const Fault& fault = scenario_.faults[index];
    if (!fault.befalls(whom) || !names(fault.backends, site)) continue;
    if (fault.kind == FaultKind::Slow) work.slowdown *= fault.factor;
    if (fault.kind != FaultKind::Errors) continue;
    work.errors = {fault.error_ppm, 1'000'000};
    work.error_status = static_cast<int>(fault.error_status);
  }
  return work;
}

void Stage::applyToSite(std::size_t site) {
  using Mode = model::QueueBackend::Mode;
  model::QueueBackend& backend = *backends_[site];
  Mode mode = Mode::Up;
  if (isOn(site, FaultKind::Pause)) mode = Mode::Hang;
  if (isOn(site, FaultKind::Reset)) mode = Mode::Reset;
  if (isOn(site, FaultKind::Stop)) mode = Mode::Retire;
  if (isOn(site, FaultKind::Outage)) mode = Mode::Leave;
  if (isOn(site, FaultKind::Crash)) mode = Mode::Refuse;
  backend.setMode(mode);
  const Work users = workOf(site, Whom::Users);
  const Work checks = workOf(site, Whom::Checks);
  backend.setChecksApart(users.hangs != checks.hangs || users.slowdown != checks.slowdown);
  backend.station().pause(users.hangs);
  backend.station().setSlowdown(users.slowdown);
  backend.setErrors(users.errors, users.error_status);
  backend.checkStation().pause(checks.hangs);
  backend.checkStation().setSlowdown(checks.slowdown);
  backend.setCheckErrors(checks.errors, checks.error_status);
}

bool Stage::stands(const Side& side, const net::Host& host) const {
  switch (side.kind) {
    case Side::Kind::Lb: return &host == lb_;
    case Side::Kind::Clients:
      return std::ranges::any_of(clients_,
                                 [&](const auto& hosts) { return std::ranges::find(hosts, &host) != hosts.end(); });
    case Side::Kind::Backends:
      return std::ranges::any_of(side.backends, [&](std::size_t site) { return site_hosts_[site] == &host; });
  }
  return false;
}

void Stage::applyToWays() {
  const auto apply = [&](const std::vector<net::Host*>& hosts) {
    for (net::Host* host : hosts) {
      setWay(*lb_, *host);
      if (host != lb_) setWay(*host, *lb_);
    }
  };
  for (const auto& hosts : clients_) apply(hosts);
  apply(machines_);
}

void Stage::setWay(net::Host& from, net::Host& to) {
  net::LinkRules rules;
  if (&from == &to) rules.latency = Duration::zero();
  const auto patch = [&](const std::array<Side, 2>& between, const LinkPatch& what) {
    const bool there = stands(between[0], from) && stands(between[1], to);
    if (!there && !(stands(between[1], from) && stands(between[0], to))) return;
    rules.latency = what.latency.value_or(rules.latency);
    rules.jitter = what.jitter.value_or(rules.jitter);
    rules.bytes_per_second = what.bandwidth.value_or(rules.bytes_per_second);
  };
  for (const NetworkRule& rule : scenario_.network) patch(rule.between, rule.patch);
  for (const std::size_t index : on_) {
    const Fault& fault = scenario_.faults[index];
    const bool to_site =
        std::ranges::any_of(fault.backends, [&](std::size_t site) { return site_hosts_[site] == &to; });
    if (fault.kind == FaultKind::Network) patch(fault.between, fault.link);
    if (fault.kind == FaultKind::Refuse && to_site) rules.refuse = true;
    if (fault.kind == FaultKind::BlackHole && to_site) rules.black_hole = true;
    if (fault.kind != FaultKind::Partition) continue;
    const bool there = stands(fault.between[0], from) && stands(fault.between[1], to);
    const bool back = stands(fault.between[1], from) && stands(fault.between[0], to);
    if (there || (fault.both_ways && back)) rules.stalled = true;
  }
  fabric_.setRules(from, to, rules);
}

SiteSample Stage::look(std::size_t site) {
  using Mode = model::QueueBackend::Mode;
  model::QueueBackend& backend = *backends_[site];
  SiteSample sample;
  sample.working = static_cast<std::uint32_t>(backend.station().inService());
  sample.waiting = static_cast<std::uint32_t>(backend.station().queueLength());
  switch (backend.mode()) {
    case Mode::Up: sample.state = isOn(site, FaultKind::Hang, Whom::Users) ? SiteState::Hung : SiteState::Up; break;
    case Mode::Hang: sample.state = SiteState::Paused; break;
    default: sample.state = SiteState::Down; break;
  }
  if (sample.state == SiteState::Up && (isOn(site, FaultKind::Refuse) || isOn(site, FaultKind::BlackHole)))
    sample.state = SiteState::Refusing;
  return sample;
}

std::string Stage::violation() const {
  for (const auto& backend : backends_) {
    if (!backend->violation().empty()) return backend->violation();
  }
  return {};
}

}  // namespace sim::rehearse
