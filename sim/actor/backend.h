// A backend that gives each request the answer that its plan has for it, wrong ones included, and reads strictly.
#pragma once

#include <memory>
#include <vector>

#include "sim/actor/check_answer.h"
#include "sim/actor/outbox.h"
#include "sim/actor/raw_client.h"
#include "sim/actor/strict_reader.h"
#include "sim/check/ledger.h"

namespace sim::actor {

// What a run can do to any backend, whoever plays it.
class AnyBackend {
 public:
  virtual ~AnyBackend() = default;
  virtual void kill() = 0;                  // ends every connection and stops listening
  virtual void restart() = 0;               // listens again
  virtual void behave() = 0;                // from now on no answer is faulty or late
  virtual void end() {}                     // gives all that it has to the loop to destroy, without a trace
  void hangUp(bool on) { hangs_up_ = on; }  // on whoever connects
  void beSick(bool on) { sick_ = on; }      // hang up on users who ask, not on checks
  void failChecks(CheckFailure how) { check_failure_ = how; }
  [[nodiscard]] bool sick() const { return sick_; }
  // Asked for each check that comes.
  [[nodiscard]] CheckFailure checkFailure() {
    if (check_failure_ != CheckFailure::InTurn) return check_failure_;
    return ++checks_failed_ % 2 == 0 ? CheckFailure::Status : CheckFailure::Trickle;
  }
  void noteCheck(const Head& head, std::uint32_t number, check::Ledger& ledger) {
    check_times_.push_back(ledger.now());
    ledger.checkAtBackend(head, number);
  }
  [[nodiscard]] const std::vector<lb::MonoTime>& checkTimes() const { return check_times_; }
  // Asked for each connection that comes; true: it is not to be kept.
  [[nodiscard]] bool hangsUpOn(lb::Stream& stream) {
    if (hangs_up_ && hung_up_++ % 2 == 1) stream.abort();
    return hangs_up_;
  }

 private:
  bool hangs_up_ = false;
  bool sick_ = false;
  CheckFailure check_failure_ = CheckFailure::None;
  std::vector<lb::MonoTime> check_times_;
  std::uint64_t checks_failed_ = 0;  // in turn
  std::uint64_t hung_up_ = 0;        // how often: by a close and by a reset in turn
};

class Backend final : public AnyBackend, private lb::AcceptEvents {
 public:
  Backend(const lb::Env& env, const lb::Address& at, check::Ledger& ledger, std::uint32_t number,
          const plan::Backend& plan);
  ~Backend() override;

  void kill() override;
  void restart() override;
  void behave() override { well_behaved_ = true; }

 private:
  class Conn;
  [[nodiscard]] bool closesIdle() const;
  void onAccept(std::unique_ptr<lb::Stream> stream) override;
  void onAcceptFailed(lb::IoStatus) override {}

  lb::Env env_;
  lb::Address at_;
  check::Ledger& ledger_;
  std::uint32_t number_;
  const plan::Backend& plan_;
  bool well_behaved_ = false;
  std::uint64_t hangups_ = 0;  // in turn by a close and by a reset
  std::vector<std::unique_ptr<Conn>> connections_;
  std::unique_ptr<lb::Listener> listener_;
};

}  // namespace sim::actor
