// Names to addresses.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/result.h"
#include "lb/env/loop.h"

namespace lb {

struct Resolved {
  std::vector<IpAddress> addresses;  // in the resolver's order; may be empty (the name exists without addresses)
  Duration ttl{};                    // how long the answer may be used
};

class ResolveEvents {
 public:
  virtual void onResolved(Result<Resolved> found) = 0;  // at most once a lookup, never from inside lookup()

 protected:
  ~ResolveEvents() = default;
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  // Dropping the returned handle cancels: no event comes afterwards. `events` outlives the handle.
  [[nodiscard]] virtual std::unique_ptr<Disposable> lookup(std::string_view host, ResolveEvents& events) = 0;
};

}  // namespace lb
