// See service.h.
#include "lb/back/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ranges>
#include <set>
#include <utility>

#include "lb/back/share.h"
#include "lb/base/check.h"

namespace lb::back {

class Service::Entry final : private HostEvents {
 public:
  // `at_start`: its backends have been there before the proxy, so that they need no slow start.
  Entry(Service& service, const config::Host& host, std::shared_ptr<observe::BackendStats> stats, bool at_start)
      : service_(service),
        host_(host),
        at_start_(at_start),
        stats_(std::move(stats)),
        resolver_(service.context_.back.loop, service.context_.resolver, service.context_.log,
                  service.context_.worker_stats, host.address, *this) {}

  void start() { resolver_.start(); }
  // To where another one of the same name led, until its own lookup has told: a failure of that keeps it.
  void leadAs(Entry& other) {
    std::vector<IpAddress> addresses;
    for (const auto& backend : other.backends()) addresses.push_back(backend->address().ip);
    if (!addresses.empty()) onAddresses(addresses);
  }
  void keepAsItIs() { resolver_.stop(); }  // from now on it leads where it has led
  [[nodiscard]] const config::Host& host() const { return host_; }
  void setHost(const config::Host& host) { host_ = host; }  // the same address and port
  [[nodiscard]] bool lookedUp() const { return looked_up_; }
  [[nodiscard]] std::vector<std::unique_ptr<Backend>>& backends() { return backends_; }

 private:
  void onAddresses(const std::vector<IpAddress>& addresses) override {
    const bool warm = at_start_ && !looked_up_;
    const MonoTime now = service_.context_.back.clock.now();
    std::vector<std::unique_ptr<Backend>> next;
    bool is_new = false;
    for (const IpAddress& ip : addresses) {
      const auto known =
          std::ranges::find_if(backends_, [&](const auto& backend) { return backend && backend->address().ip == ip; });
      if (known != backends_.end()) {
        next.push_back(std::move(*known));
      } else {
        next.push_back(std::make_unique<Backend>(
            service_.context_.back,
            service_.context_.registry.join(service_.name(), host_.label(), Address{ip, host_.port}, now, warm), stats_,
            service_.upstream_settings_, service_));
        is_new = true;
      }
    }
    std::vector<std::unique_ptr<Backend>> gone = std::exchange(backends_, std::move(next));
    std::erase(gone, nullptr);
    for (auto& backend : gone) service_.letGo(std::move(backend));
    gone.empty() ? service_.claim(*this) : service_.claimAll();
    service_.rebuildCandidates();
    if (is_new) service_.context_.registry.wakeWatcher();
  }

  void onFirstLookupDone() override {
    looked_up_ = true;
    service_.lookupDone();
  }

  Service& service_;
  config::Host host_;
  bool at_start_;
  std::shared_ptr<observe::BackendStats> stats_;
  std::vector<std::unique_ptr<Backend>> backends_;
  HostResolver resolver_;
  bool looked_up_ = false;
};

Service::Service(const ServiceContext& context, std::string name)
    : context_(context),
      name_(std::move(name)),
      shared_(context.registry.service(name_)),
      roster_(*shared_, context.back.random),
      queue_(context.back.loop, context.back.clock, shared_->waiting, [this] { return hasBackends(); }) {}

Service::~Service() = default;

void Service::update(const config::Service& service, const config::ClientLimits& limits,
                     std::shared_ptr<observe::ServiceStats> stats,
                     const std::vector<std::shared_ptr<observe::BackendStats>>& backend_stats) {
  const bool at_start = !stats_;
  if (service.limits.queue.timeout < settings_.limits.queue.timeout) queue_.shorten(service.limits.queue.timeout);
  settings_ = service;
  roster_.configure(settings_);
  has_names_ = std::ranges::any_of(settings_.hosts, [](const auto& host) { return !IpAddress::parse(host.address); });
  shareSettings();
  stats_ = std::move(stats);
  upstream_settings_.timeouts = service.timeouts;
  const bool other_pool = std::exchange(upstream_settings_.pool, service.pool) != service.pool;
  upstream_settings_.limits = service.limits;
  if (service.rate_limit.rate > 0) rates_ = &shared_->rateTable(context_.back.random.next());
  upstream_settings_.head = {.bytes_max = limits.max_response_header_bytes, .fields_max = limits.max_headers};
  upstream_settings_.body.trailer_bytes_max = limits.max_trailer_bytes;
  upstream_settings_.buffer_high = limits.buffer_bytes;
  if (other_pool) forEachServing([](const config::Host&, Backend& backend) { backend.judgePool(); });

  std::vector<std::unique_ptr<Entry>> next;
  std::vector<Entry*> fresh;
  for (std::size_t i = 0; i < service.hosts.size(); ++i) {
    const config::Host& host = service.hosts[i];
    const auto known =
        std::ranges::find_if(entries_, [&](const auto& entry) { return entry && entry->host().isAt(host); });
    if (known != entries_.end()) {
      next.push_back(std::move(*known));
      next.back()->setHost(host);
    } else {
      next.push_back(std::make_unique<Entry>(*this, host, backend_stats[i], at_start));
      fresh.push_back(next.back().get());
    }
  }
  std::vector<std::unique_ptr<Entry>> gone = std::exchange(entries_, std::move(next));
  std::erase(gone, nullptr);
  for (const auto& entry : gone) entry->keepAsItIs();
  const std::size_t left_before = leaving_.size();
  std::ranges::move(gone, std::back_inserter(leaving_));
  claimAll();
  for (Entry* entry : fresh) {
    const auto earlier =
        std::ranges::find_if(leaving_, [&](const auto& left) { return left->host().isAt(entry->host()); });
    if (earlier != leaving_.end()) entry->leadAs(**earlier);
    entry->start();
  }
  // Names of an earlier reload that are still being looked up keep those whom that has taken away, and nobody else.
  if (lookupsDone()) {
    letLeave(0);
  } else if (std::ranges::all_of(fresh, &Entry::lookedUp)) {
    letLeave(std::min(left_before, leaving_.size()));
  }
  rebuildCandidates();
}

// Hosts that a reload has taken away serve until the names that it has brought are looked up: so nobody is missing
// meanwhile, and a host that is only called otherwise keeps what is known of it.
void Service::letLeave(std::size_t from) {
  std::vector<std::unique_ptr<Entry>> gone(leaving_.size() - from);
  std::ranges::move(leaving_ | std::views::drop(from), gone.begin());
  leaving_.resize(from);
  for (const auto& entry : gone) {
    for (auto& backend : entry->backends()) letGo(std::move(backend));
  }
}

void Service::claimAll() {
  for (const auto& entry : entries_) claim(*entry);
}

// Its backends are nobody else's, and have its name and weight. Of hosts that lead to the same address the first one
// counts.
void Service::claim(Entry& entry) {
  std::vector<std::unique_ptr<Backend>> taken;
  for (const auto& left : leaving_) {
    for (auto& old : left->backends()) {
      const auto isIt = [&](const auto& one) { return &one->shared() == &old->shared(); };
      if (std::ranges::any_of(entry.backends(), isIt)) taken.push_back(std::move(old));
    }
    std::erase(left->backends(), nullptr);
  }
  for (auto& backend : taken) letGo(std::move(backend));
  const std::string label = entry.host().label();
  bool renamed = false;
  for (const auto& backend : entry.backends()) {
    SharedBackend& shared = backend->shared();
    const auto leadsThere = [&](const auto& other) {
      return std::ranges::any_of(other->backends(), [&](const auto& one) { return &one->shared() == &shared; });
    };
    if (!shared.isCalled(label)) {
      const auto first = std::ranges::find_if(entries_, leadsThere);
      if (first == entries_.end() || first->get() != &entry) continue;
      shared.setLabel(label);
      renamed = true;
    }
    shared.host_weight.store(entry.host().weight, std::memory_order_relaxed);
  }
  if (renamed) context_.registry.wakeWatcher();
}

// Every worker says the same.
void Service::shareSettings() {
  shared_->slow_start_window.store(settings_.slow_start.window.count(), std::memory_order_relaxed);
  shared_->slow_start_min_percent.store(settings_.slow_start.min_weight_percent, std::memory_order_relaxed);
  shared_->goes_by_latency.store(settings_.balance == config::Balance::PeakEwma, std::memory_order_relaxed);
  shared_->setAdaptiveLimit(settings_.limits.adaptive);
  shared_->version.fetch_add(1, std::memory_order_release);
}

bool Service::lookupsDone() const {
  return std::ranges::all_of(entries_, [](const auto& entry) { return entry->lookedUp(); });
}

void Service::lookupDone() {
  if (!leaving_.empty() && lookupsDone()) {
    letLeave(0);
    rebuildCandidates();
  }
  if (on_lookups_done_ && lookupsDone()) std::exchange(on_lookups_done_, nullptr)();
}

bool Service::hasAddresses() const {
  return std::ranges::any_of(entries_, [](const auto& entry) { return !entry->backends().empty(); });
}

template <class Visit>
void Service::forEachServing(Visit visit) const {
  for (const auto* entries : {&leaving_, &entries_}) {
    for (const auto& entry : *entries) {
      for (const auto& backend : entry->backends()) visit(entry->host(), *backend);
    }
  }
}

// Who is offered: those that nothing speaks against, or, if they are too few, all but those that were drained by hand.
void Service::rebuildCandidates() {
  const bool down_at_first =
      settings_.health_check.enabled && settings_.health_check.initial == config::InitialHealth::Down;
  std::vector<Roster::Member> usable;
  std::vector<Roster::Member> all;
  UsableCount count;
  std::set<const SharedBackend*> known;  // of names: each once, as the metrics say, with what claim() gives it
  forEachServing([&](const config::Host& host, Backend& backend) {
    const Health health = backend.shared().health.read();
    if (health.has(Health::kDrained)) {
      backend.closeIdle();
      return;
    }
    if (has_names_ && !known.insert(&backend.shared()).second) return;
    const Roster::Member member{&backend, host.weight, host.backup};
    if (!health.neverUp(down_at_first)) all.push_back(member);
    if (health.usable(down_at_first)) usable.push_back(member);
    if (fullWeight(backend.shared(), host.weight) > 0) count.add(host.backup, health, down_at_first);
  });
  panic_ = count.panics(settings_.panic_threshold);
  roster_.assign(std::move(panic_ ? all : usable));
}

void Service::letGo(std::unique_ptr<Backend> backend) {
  Backend& leaving = *backend;
  departing_.push_back(std::move(backend));
  leaving.depart();                 // may leave the list again at once
  context_.registry.wakeWatcher();  // somebody less to look after
}

void Service::onDeparted(Backend& backend) {
  const auto place = std::ranges::find_if(departing_, [&](const auto& one) { return one.get() == &backend; });
  LB_CHECK(place != departing_.end());
  std::unique_ptr<Backend> owned = std::move(*place);
  departing_.erase(place);
  context_.back.loop.retire(std::move(owned));
  departIfUnused();
}

void Service::depart(std::move_only_function<void()> on_departed) {
  std::vector<std::unique_ptr<Entry>> gone = std::exchange(entries_, {});
  std::ranges::move(leaving_, std::back_inserter(gone));
  leaving_.clear();
  for (const auto& entry : gone) {
    for (auto& backend : entry->backends()) letGo(std::move(backend));
  }
  rebuildCandidates();
  on_departed_ = std::move(on_departed);  // now that all are in departing_ who have something to finish
  departIfUnused();
}

void Service::dropUser() {
  LB_CHECK(users_ > 0);
  --users_;
  departIfUnused();
}

void Service::departIfUnused() {
  if (!on_departed_ || users_ > 0 || !departing_.empty()) return;
  std::exchange(on_departed_, nullptr)();
}

void Service::closeIdle() {
  forEachServing([](const config::Host&, Backend& backend) { backend.closeIdle(); });
}

std::size_t Service::busyConnections() const {
  std::size_t busy = 0;
  forEachServing([&](const config::Host&, const Backend& backend) { busy += backend.busyConnections(); });
  for (const auto& backend : departing_) busy += backend->busyConnections();
  return busy;
}

void Service::shutdownNow() {
  forEachServing([](const config::Host&, Backend& backend) { backend.shutdownNow(); });
  while (!departing_.empty()) {
    const std::size_t before = departing_.size();
    departing_.back()->shutdownNow();  // leaves the list when its last user has gone
    if (departing_.size() == before) break;
  }
}

}  // namespace lb::back
