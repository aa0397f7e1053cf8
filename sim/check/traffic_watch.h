// What the proxy was told to do about failing backends and about too much, against what the two sides saw: retries, how
// many requests are on a backend at a time, rates.
//
// A request that a backend has and has not answered is under way at the proxy as well, as long as the proxy holds its
// end of the connection. So what is counted here is never more than what the proxy has to have counted.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/config/config.h"
#include "sim/core/world.h"
#include "sim/plan/scenario.h"

namespace sim::check {

class Ledger;
struct Entry;

class TrafficWatch {
 public:
  explicit TrafficWatch(Ledger& ledger) : ledger_(ledger) {}

  // Connections have numbers: where ports are few, several come from the same one. Which one has the backend just
  // accepted from `peer`? Does the proxy hold its end of one?
  using AcceptedProbe = std::function<std::uint64_t(std::uint32_t backend, const lb::Address& peer)>;
  using HeldProbe = std::function<bool(std::uint64_t connection)>;
  void setProbes(AcceptedProbe accepted, HeldProbe held) {
    accepted_ = std::move(accepted);
    held_ = std::move(held);
  }
  [[nodiscard]] std::uint64_t accepted(std::uint32_t backend, const lb::Address& peer) const {
    return accepted_ ? accepted_(backend, peer) : 0;
  }

  // A request has come to a backend; it is the last of the entry's attempts. And: the backend has answered or given up.
  void begins(const Entry& entry, std::uint32_t backend, std::uint64_t connection);
  void ends(std::uint64_t connection);

  void atBackend(const Entry& entry);    // every arrival, of whatever backend
  void rateLimited(const Entry& entry);  // its client got a 429

 private:
  struct Open {
    std::uint32_t backend;
    std::uint64_t connection;
    int service;
    std::uint64_t request = 0;
    bool paid;  // a retry that the budget was charged for
  };
  void checkAttempts(const Entry& entry, const lb::config::Service& service);
  void checkPlacement(const Entry& entry, const lb::config::Service& service);
  void checkReason(const Entry& entry, const lb::config::Service& service);
  void leaveMarks(const Entry& entry, const lb::config::Service& service);
  void checkBudget(const Entry& entry, int service);
  void checkRate(const Entry& entry, int service);
  [[nodiscard]] bool sharesRate(const Entry& one, const Entry& other, int service) const;
  [[nodiscard]] bool rateWasUsedUp(const Entry& entry, const lb::config::Service& service) const;
  [[nodiscard]] std::uint64_t underWay(int service, MonoTime since) const;
  [[nodiscard]] bool heldUp(MonoTime since) const;  // arrivals that a fault may have gathered

  Ledger& ledger_;
  AcceptedProbe accepted_;
  HeldProbe held_;
  std::vector<Open> open_;
  struct Paid {
    int service;
    MonoTime at;
  };
  std::vector<Paid> paid_;
};

// A retry that was charged for: one after a pooled connection may have been free.
[[nodiscard]] bool isPaid(const Entry& entry);
// Is whoever cannot be connected to always tried elsewhere? That costs nothing of the budget.
[[nodiscard]] bool retriesFreely(const lb::config::Service& service);
// In which the head of an answer has to come.
[[nodiscard]] Duration headTimeOf(const lb::config::Service& service);
// How long a request may wait before it goes to a backend.
[[nodiscard]] Duration queueTimeOf(const lb::config::Service& service);
// May the proxy have refused it for such a reason: rate_limited, queue_full, queue_timeout, overloaded, or in the
// queue?
[[nodiscard]] bool trafficHasCause(const Ledger& ledger, const Entry& entry, std::string_view reason);
// Where the way takes longer than an attempt may, it may have been somewhere without having got there.
[[nodiscard]] bool mayGetNowhere(const plan::Scenario& scenario, const lb::config::Service& service);
// Does retry.retry_on name the status of the planned answer?
[[nodiscard]] bool statusIsRetried(const Ledger& ledger, const Entry& entry);
// Was the 503 that came to be passed on although another attempt had to be made?
[[nodiscard]] bool hadToBeRetried(const Ledger& ledger, const Entry& entry);

}  // namespace sim::check
