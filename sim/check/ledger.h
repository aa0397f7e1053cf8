// Who asked for what, who saw it, and what came back: the truth that the proxy's deeds are held against. Actors report
// to it; the first thing that does not fit is the run's verdict.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "sim/actor/strict_reader.h"
#include "sim/core/world.h"
#include "sim/plan/scenario.h"

namespace sim::check {

enum class Class : std::uint8_t { None, Safety, Liveness };

struct Violation {
  Class kind = Class::None;
  std::string invariant;  // "safety.one_answer"
  std::string what;
  MonoTime when{};
  std::uint64_t event = 0;
};

class Ledger {
 public:
  struct Entry {
    const plan::Request* plan = nullptr;
    std::uint32_t heads_at_backends = 0;
    std::uint32_t complete_at_backends = 0;
    std::uint32_t answers = 0;  // final heads at the client
    bool started = false;       // the client gave its first byte to the network
    bool sent = false;          // and its last
    bool good = false;          // the planned answer arrived whole
    bool lost = false;          // the connection ended before the answer did
    int status = 0;
  };

  Ledger(World& world, const plan::Scenario& scenario, bool print)
      : world_(world), scenario_(scenario), print_(print) {}

  void add(const plan::Request& request) { entries_[request.id].plan = &request; }
  [[nodiscard]] Entry& of(std::uint64_t id) { return entries_.at(id); }
  [[nodiscard]] const std::map<std::uint64_t, Entry>& entries() const { return entries_; }

  // At a backend. Null: the request should not be there, and that is said.
  Entry* headAtBackend(const actor::Head& head, std::uint32_t backend);
  void bodyAtBackend(std::uint64_t id, std::uint64_t offset, std::string_view bytes);
  void endAtBackend(std::uint64_t id, std::uint64_t bytes);

  // At a client: to the request that is next in line on its connection.
  void headAtClient(std::uint64_t id, const actor::Head& head);
  void bodyAtClient(std::uint64_t id, const actor::Head& head, std::uint64_t offset, std::string_view bytes);
  void endAtClient(std::uint64_t id, const actor::Head& head, std::uint64_t bytes);
  // The connection ended without an answer, or in the middle of one. `excused`: it had said that it would.
  void lostAtClient(std::uint64_t id, bool excused);

  void fail(Class kind, std::string invariant, std::string what);
  [[nodiscard]] bool failed() const { return violation_.kind != Class::None; }
  [[nodiscard]] const Violation& violation() const { return violation_; }

  void trace(std::string line);
  [[nodiscard]] const std::deque<std::string>& last() const { return last_; }
  void setCalm() { calm_ = true; }  // from here on every new request must succeed

 private:
  static constexpr std::size_t kKept = 40;
  void checkStatus(const Entry& entry, const actor::Head& head);
  void checkProxyAnswer(const Entry& entry, int status);
  void checkForwardedFields(const Entry& entry, const actor::Head& head);

  World& world_;
  const plan::Scenario& scenario_;
  bool print_;
  bool calm_ = false;
  std::map<std::uint64_t, Entry> entries_;
  Violation violation_;
  std::deque<std::string> last_;
};

// Of the planned answer: what a client that asked with this request gets as its body.
[[nodiscard]] std::uint64_t answerBytes(const plan::Request& request);

}  // namespace sim::check
