// What a scenario is played on: hosts, names, backends and the proxy; and the hand that turns faults on and off.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "sim/actor/backend.h"
#include "sim/check/ledger.h"
#include "sim/net/sim_env.h"
#include "sim/plan/scenario.h"
#include "sim/run/operator.h"
#include "sim/run/proxy.h"

namespace sim::run {

class Stage {
 public:
  Stage(World& world, const plan::Scenario& scenario, check::Ledger& ledger, ProxyOutput& output);
  ~Stage();

  [[nodiscard]] Proxy& proxy() { return *proxy_; }
  [[nodiscard]] net::Host& proxyHost() { return proxy_host_; }
  [[nodiscard]] const net::Fabric& fabric() const { return fabric_; }
  [[nodiscard]] lb::Env clientEnv() { return client_env_->env(); }
  [[nodiscard]] const std::vector<std::unique_ptr<actor::AnyBackend>>& backends() const { return backends_; }

  [[nodiscard]] NextDraws nextDraws();

  // REQUIRES for both: the faults live as long as this.
  void startWith(const std::vector<plan::Fault>& faults);  // names may be in trouble before the proxy starts
  void schedule(const std::vector<plan::Fault>& faults);   // all others, from now on
  [[nodiscard]] Operator& theOperator() { return *operator_; }
  void makeSick(std::uint32_t backend, bool sick);           // also when all is healed
  void slowDown(std::uint32_t backend, std::uint64_t rate);  // likewise; 0: no longer
  void moveName(std::uint32_t backend, bool away);           // likewise; it means the next backend
  void silence(const std::string& name) { fabric_.setName(name, {.addresses = {}, .silent = true}); }  // to lookups
  void heal();  // everything, for ever; what is scheduled does not come

 private:
  using Place = std::pair<plan::FaultKind, int>;

  void arrange(const plan::Fault& fault, bool is_on = false);  // from now on
  void onProgress(plan::Trigger where, std::uint64_t request, std::uint64_t bytes);
  void turn(const plan::Fault& fault, bool on);
  void pauseWorkerOf(const plan::Fault& fault);
  void markStalls();
  void note(plan::FaultKind kind, int who, bool on);
  void strike(const plan::Fault& fault, bool on);
  void moveApart(const plan::Fault& fault);
  [[nodiscard]] net::Host& hostOf(int who);  // a backend's, or the clients'
  void applyLinks(int who);
  void applyName(std::uint32_t backend);
  [[nodiscard]] bool on(plan::FaultKind kind, int who) const;
  [[nodiscard]] net::LinkRules plainRules() const;

  World& world_;
  const plan::Scenario& scenario_;
  check::Ledger& ledger_;
  net::Fabric fabric_;
  net::Host& client_host_;
  net::Host& proxy_host_;
  std::vector<net::Host*> backend_hosts_;
  std::unique_ptr<net::SimEnv> client_env_;
  std::vector<std::unique_ptr<net::SimEnv>> backend_envs_;
  std::unique_ptr<Proxy> proxy_;
  std::unique_ptr<Operator> operator_;
  std::vector<std::unique_ptr<actor::AnyBackend>> backends_;
  std::vector<const plan::Fault*> awaiting_;  // something that has not happened yet
  std::map<Place, int> on_;                   // how many faults of that kind are on there
  std::map<int, Duration> slow_names_;        // how much longer looking them up takes
  std::map<int, std::uint64_t> rates_;        // bytes per second, where it is slow
  std::uint64_t heads_ = 0;                   // of requests that have come to backends, while something waits
  bool healed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sim::run
