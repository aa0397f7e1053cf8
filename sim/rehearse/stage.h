// The stage of a rehearsal: machines, the ways between them, names, and the simulated backends; and how faults change
// all that.
//
// What is in force is always computed anew from the faults that are on, so that overlapping ones do not undo each
// other.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "sim/model/queue_backend.h"
#include "sim/net/fabric.h"
#include "sim/rehearse/outcome.h"
#include "sim/rehearse/scenario.h"

namespace sim::rehearse {

class Stage {
 public:
  Stage(net::Fabric& fabric, const Scenario& scenario);

  [[nodiscard]] net::Host& lb() { return *lb_; }
  // At least one; where it makes more connections than one address has ports, more.
  [[nodiscard]] const std::vector<net::Host*>& clients(std::size_t stream) const { return clients_[stream]; }

  // Of the scenario's faults, by index. What concerns lb itself is not done here.
  void begin(std::size_t fault);
  void end(std::size_t fault);
  void change(std::size_t site, const BehaviourPatch& patch);

  [[nodiscard]] SiteSample look(std::size_t site);
  [[nodiscard]] std::string violation() const;  // of HTTP, seen by a backend; empty: none

 private:
  void addClients(const Stream& stream);
  [[nodiscard]] net::Host& hostOf(const lb::IpAddress& ip);
  struct Work {
    bool hangs = false;
    double slowdown = 1;
    Ratio errors;
    int error_status = 500;
  };
  [[nodiscard]] bool isOn(std::size_t site, FaultKind kind, Whom whom = Whom::All) const;
  [[nodiscard]] Work workOf(std::size_t site, Whom whom) const;
  void applyToSite(std::size_t site);
  void applyToWays();
  void setWay(net::Host& from, net::Host& to);
  void applyToName(const std::string& name);
  [[nodiscard]] bool stands(const Side& side, const net::Host& host) const;

  net::Fabric& fabric_;
  const Scenario& scenario_;
  net::Host* lb_;
  std::vector<std::vector<net::Host*>> clients_;  // by stream
  std::vector<net::Host*> machines_;              // of backends, each once
  std::vector<net::Host*> site_hosts_;
  std::vector<Behaviour> behaviours_;
  std::vector<std::unique_ptr<model::QueueBackend>> backends_;
  std::set<std::size_t> on_;                                 // the faults
  std::set<std::pair<std::size_t, std::size_t>> restarted_;  // fault and site: over there, though it is on elsewhere
};

// Where lb and clients live; no backend may. What is wrong with one that does is said so.
inline constexpr std::string_view kOfStage = "has an address of 198.19.0.0/16, where clients and lb live here";
[[nodiscard]] bool isOfStage(const lb::IpAddress& ip);

}  // namespace sim::rehearse
