// See worker.h.
#include "lb/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lb/base/check.h"

namespace lb {
namespace {

std::optional<Address> listenAddress(const config::Listen& listen) {
  if (listen.address.empty()) return Address{IpAddress{}, listen.port};
  const auto ip = IpAddress::parse(listen.address);
  if (!ip) return std::nullopt;
  return Address{*ip, listen.port};
}

}  // namespace

Worker::Worker(const Env& env, std::uint32_t workers, Logger& log, LineSink* access_log, admin::AdminSource& admin,
               std::function<std::uint64_t()> busy_nanoseconds)
    : env_(env),
      workers_(workers),
      log_(log),
      busy_nanoseconds_(std::move(busy_nanoseconds)),
      metrics_page_(admin, {*Cidr::parse("::/0")}, env.clock, blocks_),
      proxy_(env, blocks_, log, access_log, metrics_page_),
      lookups_timer_(env.loop.makeTimer([this] { startAccepting(); })),
      drain_timer_(env.loop.makeTimer([this] {
        shutdownNow();
        finishDrain();
      })),
      flush_timer_(env.loop.makeTimer([this] { clientsDrained(); })),
      tick_timer_(env.loop.makeTimer([this] { tick(); })) {}

Worker::~Worker() = default;

Result<void> Worker::start(std::shared_ptr<const config::Config> config, const observe::StatsView& stats,
                           back::Registry& registry, std::move_only_function<void()> on_accepting) {
  LB_CHECK(!server_);
  stats_ = stats;
  server_ = std::make_unique<front::Server>(env_, blocks_, proxy_, log_, *stats.worker,
                                            front::clientSettings(*config, workers_));
  server_->setClientCounts(registry.clientConnections());
  server_->holdAccepting(true);
  for (const config::Listen& listen : config->listen) {
    const auto at = listenAddress(listen);
    if (!at) return fail(fmt::format("cannot listen on \"{}\": not an address", listen.address));
    if (const auto bound = server_->listen(*at); !bound) return std::unexpected(bound.error());
  }
  on_accepting_ = std::move(on_accepting);
  proxy_.setRegistry(registry);
  proxy_.apply(std::move(config), stats);
  if (proxy_.lookupsDone()) {
    env_.loop.post([this] { startAccepting(); });
  } else {
    proxy_.onLookupsDone([this] { startAccepting(); });
    lookups_timer_->arm(kFirstLookupsWait);
  }
  tick_due_ = env_.clock.now() + kTick;
  tick_timer_->arm(kTick);
  return {};
}

void Worker::startAccepting() {
  lookups_timer_->disarm();
  server_->holdAccepting(false);
  if (on_accepting_) std::exchange(on_accepting_, nullptr)();
}

void Worker::reload(std::shared_ptr<const config::Config> config, const observe::StatsView& stats) {
  std::vector<Address> wanted;
  for (const config::Listen& listen : config->listen) {
    if (const auto at = listenAddress(listen)) wanted.push_back(*at);
  }
  // The new ones first, so that nobody is refused in between; and where one fails after all, the old ones stay.
  bool all = true;
  for (const Address& at : wanted) {
    if (const auto bound = server_->listen(at); !bound) {
      log_.write(LogLevel::Error, bound.error().what);
      all = false;
    }
  }
  for (const Address& at : server_->listening()) {
    if (all && std::ranges::find(wanted, at) == wanted.end()) server_->stopListening(at);
  }
  stats_ = stats;
  server_->setSettings(front::clientSettings(*config, workers_));
  proxy_.apply(std::move(config), stats);
}

void Worker::announceDrain() {
  server_->announceDrain();
}

void Worker::drain(Duration timeout, std::move_only_function<void()> on_done) {
  on_drained_ = std::move(on_done);
  drain_timer_->arm(timeout);
  server_->drain([this] { clientsDrained(); });
}

// The clients have gone; what the last of them sent into a tunnel may still be on its way to a backend.
void Worker::clientsDrained() {
  if (proxy_.busyConnections() > 0 && on_drained_) {
    flush_timer_->arm(kDrainLook);
  } else {
    finishDrain();
  }
}

void Worker::finishDrain() {
  drain_timer_->disarm();
  flush_timer_->disarm();
  tick_timer_->disarm();
  proxy_.closeIdle();
  if (on_drained_) std::exchange(on_drained_, nullptr)();
}

void Worker::shutdownNow() {
  if (server_) server_->shutdownNow();
  proxy_.shutdownNow();
}

std::vector<Address> Worker::localAddresses() const {
  return server_ ? server_->localAddresses() : std::vector<Address>{};
}

void Worker::tick() {
  const MonoTime now = env_.clock.precise();
  stats_.worker->loop_lag.observe(std::max(now - tick_due_, Duration::zero()), env_.clock.now());
  stats_.worker->buffer_bytes.set(blocks_.blocksInUse() * sizeof(buf::Block));
  stats_.worker->busy_nanoseconds.set(busy_nanoseconds_());
  tick_due_ = now + kTick;
  tick_timer_->arm(kTick);
}

}  // namespace lb
