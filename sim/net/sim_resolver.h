// Names to addresses, by the fabric's rules. A rule is looked at when its answer is due.
#pragma once

#include "lb/env/resolver.h"
#include "sim/net/fabric.h"
#include "sim/net/sim_loop.h"

namespace sim::net {

class SimResolver final : public lb::Resolver {
 public:
  SimResolver(SimLoop& loop, Fabric& fabric) : loop_(loop), fabric_(fabric) {}
  [[nodiscard]] std::unique_ptr<lb::Disposable> lookup(std::string_view host, lb::ResolveEvents& events) override;
  [[nodiscard]] std::uint64_t lookups() const { return lookups_; }

 private:
  SimLoop& loop_;
  Fabric& fabric_;
  std::uint64_t lookups_ = 0;
};

}  // namespace sim::net
