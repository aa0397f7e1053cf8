// A backend that gives each request the answer that its plan has for it, wrong ones included, and reads strictly.
#pragma once

#include <memory>
#include <vector>

#include "sim/actor/raw_client.h"
#include "sim/actor/strict_reader.h"
#include "sim/check/ledger.h"

namespace sim::actor {

class Backend final : private lb::AcceptEvents {
 public:
  Backend(const lb::Env& env, const lb::Address& at, check::Ledger& ledger, std::uint32_t number,
          const plan::Backend& plan);
  ~Backend();

  void kill();                              // resets every connection and stops listening
  void restart();                           // listens again
  void hangUp(bool on) { hangs_up_ = on; }  // on whoever connects
  void behave() { well_behaved_ = true; }   // from now on no answer is faulty or late

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
  bool hangs_up_ = false;
  std::uint64_t hung_up_ = 0;  // how often
  std::vector<std::unique_ptr<Conn>> connections_;
  std::unique_ptr<lb::Listener> listener_;
};

}  // namespace sim::actor
