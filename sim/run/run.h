// One scenario from its first event to its last: storm, calm, drain, and the books checked at the end.
#pragma once

#include <memory>
#include <vector>

#include "sim/actor/backend.h"
#include "sim/actor/client.h"
#include "sim/check/ledger.h"
#include "sim/net/sim_env.h"
#include "sim/plan/scenario.h"
#include "sim/run/proxy.h"

namespace sim::run {

class Run : public ProxyOutput {
 public:
  explicit Run(const plan::Scenario& scenario, bool print = false);
  ~Run();

  // False: look at ledger().violation(). REQUIRES after a failure: nobody destroys this object, because everything in
  // it stands in the middle of something.
  [[nodiscard]] bool go();

  [[nodiscard]] const check::Ledger& ledger() const { return ledger_; }
  [[nodiscard]] World& world() { return world_; }
  [[nodiscard]] std::uint64_t requests() const { return requests_; }

 private:
  void onLog(lb::LogLevel level, std::string_view line) override;
  void onAccess(std::string_view line) override;

  static constexpr std::uint64_t kEventsMax = 20'000'000;
  struct Trouble {
    int stall = 0, black_hole = 0, refuse = 0, slow = 0;
  };

  void build();
  void schedule();
  void change(const plan::Fault& fault, bool begins);
  void applyRules(int who);
  void heal();
  void reload(std::uint64_t number);
  bool until(const std::function<bool()>& done, Duration limit);  // or until something failed
  void pass(Duration time) {
    static_cast<void>(until([] { return false; }, time));
  }
  void checkMemory();
  void expect(bool fine, check::Class kind, const char* invariant, const std::string& what);
  void storm();
  void calm();
  void fresh();
  void drainAndCheck();
  void finalBooks();
  [[nodiscard]] bool clientsDone() const;
  [[nodiscard]] net::LinkRules baseRules() const;

  const plan::Scenario& scenario_;
  World world_;
  check::Ledger ledger_;
  net::Fabric fabric_{world_};
  net::Host& client_host_;
  net::Host& proxy_host_;
  std::vector<net::Host*> backend_hosts_;
  std::unique_ptr<net::SimEnv> client_env_;
  std::vector<std::unique_ptr<net::SimEnv>> backend_envs_;
  std::unique_ptr<Proxy> proxy_;
  std::vector<std::unique_ptr<actor::Backend>> backends_;
  std::vector<std::unique_ptr<actor::Client>> clients_;
  plan::Scenario fresh_;          // only its clients: those of the calm
  std::vector<Trouble> trouble_;  // by backend; the last one is the clients' side
  std::uint64_t next_memory_check_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t access_lines_ = 0;
  std::size_t blocks_max_ = 0;
  bool healed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sim::run
