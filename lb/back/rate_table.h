// Rates of requests by key: the generic cell rate algorithm (GCRA), exact for each key, shared by all workers without a
// lock.
//
// Of a key only its "theoretical arrival time" is known: when a bucket that leaks at the rate would be empty again.
// Keys stand in a table of kKeys places by a hash of 64 bits. A key whose time has passed has a full allowance, as one
// that was never seen, so its place is free to be taken. When kProbes places in a row are all in use, the key among
// them that is nearest to a full allowance is forgotten: a limit errs for the client, and memory is bounded.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "lb/config/service.h"
#include "lb/env/clock.h"

namespace lb::back {

class RateTable {
 public:
  static constexpr std::size_t kKeys = 16 * 1024;
  static constexpr std::size_t kProbes = 16;

  explicit RateTable(std::uint64_t secret) : secret_(secret), places_(std::make_unique<Place[]>(kKeys)) {}

  // Zero: the request is within the limit, and counted. Otherwise how long to wait until one would be.
  [[nodiscard]] Duration ask(std::string_view key, const config::RateLimit& limit, MonoTime now);

 private:
  struct Place {
    std::atomic<std::uint64_t> key{0};  // 0: nobody's
    std::atomic<std::int64_t> due{0};   // the key's theoretical arrival time, nanoseconds
  };
  [[nodiscard]] std::uint64_t hash(std::string_view key) const;
  [[nodiscard]] Place& placeOf(std::uint64_t key, std::int64_t now);

  std::uint64_t secret_;  // so that nobody can choose keys that share places
  std::unique_ptr<Place[]> places_;
};

}  // namespace lb::back
