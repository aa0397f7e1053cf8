// One worker's proxying: its services, its routes, and an exchange for each request.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "lb/admin/admin.h"
#include "lb/proxy/exchange.h"
#include "lb/proxy/router.h"

namespace lb::proxy {

class Proxy final : public http::RequestRouter {
 public:
  static constexpr std::size_t kExchangesKept = 1024;  // recycled exchanges and response states

  // `access_log` null: no access log. `metrics_page` answers /metrics on the proxy's port if the configuration says so.
  Proxy(const Env& env, buf::BlockPool& blocks, Logger& log, LineSink* access_log, http::RequestRouter& metrics_page);
  ~Proxy();

  void setRegistry(back::Registry& registry) { registry_ = &registry; }  // once, before the first apply()
  // Takes over a configuration; services that stay keep their state, those that leave finish what they have in flight.
  void apply(std::shared_ptr<const config::Config> config, const observe::StatsView& stats);

  [[nodiscard]] bool lookupsDone() const;  // all names have been looked up at least once
  void onLookupsDone(std::move_only_function<void()> callback) { on_lookups_done_ = std::move(callback); }
  void refreshBackends();
  void closeIdle();
  [[nodiscard]] std::size_t busyConnections() const;  // to backends
  void shutdownNow();

  http::HandlerPtr onRequest(http::RequestHead& head, const http::Framing& framing,
                             http::ResponseWriter& writer) override;
  http::HandlerPtr onBadRequest(http::RequestHead& head, const http::Problem& problem,
                                http::ResponseWriter& writer) override;

 private:
  void logNoRoute(const http::RequestHead& head, const Address& peer);
  void removeService(std::unique_ptr<back::Service> service);
  void lookupsChanged();

  Env env_;
  Logger& log_;
  back::Registry* registry_ = nullptr;
  http::RequestRouter& metrics_page_;
  FreeList<back::ResponseState> response_states_;
  FreeList<Exchange> exchanges_;
  ExchangeContext context_;
  std::shared_ptr<const config::Config> config_;
  observe::StatsView stats_;
  std::map<std::string, std::unique_ptr<back::Service>> services_;
  std::vector<std::unique_ptr<back::Service>> departing_;
  Router router_;
  std::vector<back::Service*> by_number_;  // in the order of the configuration
  std::move_only_function<void()> on_lookups_done_;
};

}  // namespace lb::proxy
