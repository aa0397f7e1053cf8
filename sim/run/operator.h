// Whoever operates the proxy: has it take configurations and drains backends by hand, and judges what it is told.
//
// Where the scenario has the family `control_plane`, that goes over HTTP on a connection of its own from the proxy's
// machine, one thing after the other, each after the answer to the one before; configurations come by turns by a
// signal, by POST /reload, and by a file that changes; and each time the file is first broken, which the proxy has to
// refuse.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "lb/admin/admin.h"
#include "sim/actor/http_text.h"
#include "sim/check/ledger.h"
#include "sim/net/sim_env.h"
#include "sim/run/proxy.h"

namespace sim::run {

class Operator {
 public:
  Operator(net::Fabric& fabric, Proxy& proxy, const plan::Scenario& scenario, check::Ledger& ledger);
  ~Operator();

  // `taken` is called at the moment at which the proxy reads it.
  void bring(const lb::config::Config& config, std::function<void()> taken);
  // Of whichever services have it.
  void drain(std::uint32_t backend, bool on);
  void weigh(std::uint32_t backend, bool on);  // nothing, or what is configured
  [[nodiscard]] bool busy() const { return current_ != nullptr || !todo_.empty(); }

 private:
  class Ask;
  using Kind = lb::admin::BackendOrder::Kind;
  using Offer = std::function<void()>;  // from then on it is what the file has
  using Judge = std::function<void(const actor::Message&)>;

  struct Reloads {  // as the proxy counts them
    std::uint64_t ok = 0, failed = 0;
    friend bool operator==(const Reloads&, const Reloads&) = default;
  };

  void later(std::function<void()> step);
  void next();
  void bringBySignal(std::uint64_t number, const Offer& offer);
  void bringByPost(std::uint64_t number, const Offer& offer);
  void bringByFile(std::uint64_t number, const Offer& offer);
  void ask(const std::string& method, const std::string& target, Judge judge);
  void onAnswer(const std::string& received, const std::string& what, const Judge& judge);
  void order(std::uint32_t backend, std::string_view words, lb::admin::BackendOrder order);
  void judge(const lb::admin::BackendOrder& order, bool taken, const std::set<std::string>& listed);
  void lookAround();
  [[nodiscard]] Reloads reloads();
  template <class... Args>
  void expect(bool holds, const char* invariant, fmt::format_string<Args...> what, Args&&... args) {
    ledger_.expect(holds, check::Class::Safety, invariant, 0, what, std::forward<Args>(args)...);
  }

  Proxy& proxy_;
  const plan::Scenario& scenario_;
  check::Ledger& ledger_;
  net::Host* host_ = nullptr;  // null: there is no control plane
  std::unique_ptr<net::SimEnv> env_;
  std::deque<std::function<void()>> todo_;
  std::unique_ptr<Ask> current_;  // waits for its answer
  std::uint64_t brought_ = 0;
};

}  // namespace sim::run
