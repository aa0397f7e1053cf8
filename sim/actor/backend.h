// A backend that gives each request the answer that its plan has for it, wrong ones included, and reads strictly.
#pragma once

#include <memory>
#include <vector>

#include "sim/actor/raw_client.h"
#include "sim/actor/strict_reader.h"
#include "sim/check/ledger.h"

namespace sim::actor {

// What a run can do to any backend, whoever plays it.
class AnyBackend {
 public:
  virtual ~AnyBackend() = default;
  virtual void kill() = 0;     // ends every connection and stops listening
  virtual void restart() = 0;  // listens again
  virtual void behave() = 0;   // from now on no answer is faulty or late
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
  void onAccept(std::unique_ptr<lb::Stream> stream) override;
  void onAcceptFailed(lb::IoStatus) override {}

  lb::Env env_;
  lb::Address at_;
  check::Ledger& ledger_;
  std::uint32_t number_;
  const plan::Backend& plan_;
  bool well_behaved_ = false;
  std::vector<std::unique_ptr<Conn>> connections_;
  std::unique_ptr<lb::Listener> listener_;
};

}  // namespace sim::actor
