// All that one event loop owns: listeners, client connections, services and their pools. Workers share nothing but the
// immutable configuration and what the registry holds; what is counted, each counts for itself.
//
// Every method runs on the worker's own loop. The control side (control.h) reaches it through WorkerPort.
#pragma once

#include <functional>
#include <memory>

#include "lb/admin/admin.h"
#include "lb/front/server.h"
#include "lb/proxy/proxy.h"

namespace lb {

class Worker {
 public:
  static constexpr Duration kFirstLookupsWait = std::chrono::seconds(2);
  static constexpr Duration kDrainLook =
      std::chrono::milliseconds(20);                          // for tunnels that still flush to their backend
  static constexpr Duration kTick = std::chrono::seconds(1);  // gauges and loop lag

  // `busy_nanoseconds` tells how long this worker's loop has been working so far; only the environment knows.
  Worker(const Env& env, std::uint32_t workers, Logger& log, LineSink* access_log, admin::AdminSource& admin,
         std::function<std::uint64_t()> busy_nanoseconds);
  ~Worker();

  // Binds every listener, or none. `registry` outlives the worker. Clients wait in the system's queue until all names
  // have been looked up once, at most kFirstLookupsWait; then `on_accepting` comes, from a later turn.
  [[nodiscard]] Result<void> start(std::shared_ptr<const config::Config> config, const observe::StatsView& stats,
                                   back::Registry& registry, std::move_only_function<void()> on_accepting);
  // Keeps the listeners that stay, opens and closes the others. A listener that cannot be opened is logged and left
  // out.
  void reload(std::shared_ptr<const config::Config> config, const observe::StatsView& stats);

  void refreshBackends() { proxy_.refreshBackends(); }  // others can be used than before

  void announceDrain();  // responses that begin from now on close their connections; still accepting
  // Stops accepting, finishes what is in flight, cuts what is left after `timeout`; then `on_done`, from a later turn.
  void drain(Duration timeout, std::move_only_function<void()> on_done);
  void shutdownNow();

  [[nodiscard]] std::vector<Address> localAddresses() const;
  [[nodiscard]] const buf::BlockPool& blocks() const { return blocks_; }

 private:
  void startAccepting();
  void tick();
  void clientsDrained();
  void finishDrain();

  Env env_;
  std::uint32_t workers_;
  Logger& log_;
  std::function<std::uint64_t()> busy_nanoseconds_;
  buf::BlockPool blocks_;
  observe::StatsView stats_;
  admin::AdminRouter metrics_page_;
  proxy::Proxy proxy_;
  std::unique_ptr<front::Server> server_;  // from start() on
  std::unique_ptr<Timer> lookups_timer_;
  std::unique_ptr<Timer> drain_timer_;
  std::unique_ptr<Timer> flush_timer_;
  std::unique_ptr<Timer> tick_timer_;
  MonoTime tick_due_{};
  std::move_only_function<void()> on_accepting_;
  std::move_only_function<void()> on_drained_;
};

}  // namespace lb
