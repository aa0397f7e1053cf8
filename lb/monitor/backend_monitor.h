// One backend as the control side watches it: its active checks, its ejections, what was ordered by hand, and the one
// place where its state changes (move).
//
// Three things may speak against a backend, each by itself: an operator (drained), active checks (down), and what its
// requests say (ejected, then on probation). It is used only while none of them does; a check that passes does not end
// an ejection, and a request that succeeds does not end a drain.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lb/back/registry.h"
#include "lb/base/log.h"
#include "lb/buf/block_pool.h"
#include "lb/config/config.h"
#include "lb/env/env.h"
#include "lb/health/checker.h"
#include "lb/monitor/outlier_window.h"

namespace lb::monitor {

struct MonitorContext {  // everything outlives the monitors
  Env env;
  buf::BlockPool& blocks;
  Logger& log;
};

class BackendMonitor;

class BackendMonitorOwner {
 public:
  [[nodiscard]] virtual bool mayEject(const BackendMonitor& backend) = 0;
  virtual void onMoved() = 0;  // maybe others can be used than before

 protected:
  ~BackendMonitorOwner() = default;
};

class BackendMonitor final : private health::CheckerEvents {
 public:
  // What has been ordered by hand is kept if the address was away for less than kOrdersLast; all else begins anew.
  enum class Orders : std::uint8_t { None, Kept };
  BackendMonitor(const MonitorContext& context, std::shared_ptr<back::SharedBackend> shared,
                 const config::Service& service, const config::Host* host, Orders orders, BackendMonitorOwner& owner);
  ~BackendMonitor();

  void setHost(const config::Host* host) { host_ = host; }
  [[nodiscard]] bool takeRenamed() {  // since the last call, or ever
    const std::uint32_t before = std::exchange(renamed_, shared_->renamed.load(std::memory_order_acquire));
    return renamed_ != before;
  }
  void apply(const config::Service& service);  // which outlives this, or the next apply()
  [[nodiscard]] bool lookWhetherItLeft();      // since the last time
  void look();                                 // a worker may have left news
  void sample() { window_.sample(shared_->health.totals()); }
  void eject(back::Ejection reason, const std::string& why);  // if that is allowed

  void drain();
  void enable();
  void setWeight(std::optional<std::uint32_t> weight);  // none: what is configured

  [[nodiscard]] back::SharedBackend& shared() const { return *shared_; }
  [[nodiscard]] back::Health health() const { return shared_->health.read(); }
  [[nodiscard]] const OutlierWindow& window() const { return window_; }
  [[nodiscard]] bool serves() const { return shared_->members.load(std::memory_order_relaxed) > 0; }
  // What was ordered by hand lasts while DNS leaves the address out, but not until it is somebody else's.
  static constexpr Duration kOrdersLast = std::chrono::hours(1);
  [[nodiscard]] bool keepsOrders() const;
  [[nodiscard]] bool hasWeight() const {
    return shared_->set_weight.load(std::memory_order_relaxed) != back::SharedBackend::kNoWeight;
  }
  // As configured; null: the host has left the configuration, and the backend finishes what it has.
  [[nodiscard]] const config::Host* host() const { return host_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] Duration ejectedFor() const;  // from now on; zero unless it is ejected
  [[nodiscard]] std::string name() const;     // for people

 private:
  void onChecked(health::Verdict verdict, const std::string& why) override;
  void onChange(bool up, const std::string& why) override;
  void onTimer();
  void endEjection(const std::string& why);
  void applyChecks(const config::HealthCheck& check);
  [[nodiscard]] bool byHand() const { return health().has(back::Health::kDrained) || hasWeight(); }
  [[nodiscard]] Duration nextEjection();
  void move(const back::BackendHealth::Change& change, const std::string& why);

  const MonitorContext& context_;
  std::shared_ptr<back::SharedBackend> shared_;
  const config::Service* service_;
  const config::Host* host_;
  std::uint32_t renamed_ = 0;
  BackendMonitorOwner& owner_;
  std::unique_ptr<health::Checker> checker_;  // while there are checks
  std::unique_ptr<Timer> timer_;              // of the ejection, then of the probation
  OutlierWindow window_;
  std::optional<MonoTime> left_at_;  // when it was seen that nobody has it any more
  MonoTime ejected_until_{};
  MonoTime returned_{};
  Duration last_ejection_{};
  std::uint32_t ejections_in_a_row_ = 0;
  std::string reason_;  // of the latest change
};

}  // namespace lb::monitor
