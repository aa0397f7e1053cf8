// A backend that is be's own code (be/), on a network that tells the ledger what reaches it. Its answers are told by
// the requests' targets (plan::Request::words).
#pragma once

#include <memory>
#include <vector>

#include "be/backend.h"
#include "sim/actor/backend.h"

namespace sim::actor {

class BeBackend final : public AnyBackend, private lb::Logger {
 public:
  BeBackend(const lb::Env& env, const lb::Address& at, check::Ledger& ledger, std::uint32_t number);
  ~BeBackend() override;

  void kill() override;
  void restart() override;
  void behave() override {}  // it does nothing else
  void end() override;

 private:
  class Watch;  // its network

  [[nodiscard]] bool enabled(lb::LogLevel) const override { return false; }
  void write(lb::LogLevel, std::string_view) override {}

  lb::Address at_;
  check::Ledger& ledger_;
  std::uint32_t number_;
  std::unique_ptr<Watch> watch_;
  lb::Env env_;  // with the watched network
  std::unique_ptr<be::Backend> backend_;
  std::vector<std::unique_ptr<be::Backend>> killed_;  // what is left of their connections ends with the loop's turn
};

}  // namespace sim::actor
