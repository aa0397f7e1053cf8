// Numbers that one worker writes and any thread may read: a relaxed load and a relaxed store, so an increment costs
// what a plain one costs and a scrape never sees a torn value. Only the owning worker may write.
#pragma once

#include <atomic>
#include <cstdint>

namespace lb::observe {

class Counter {
 public:
  void add(std::uint64_t amount = 1) { value_.store(get() + amount, std::memory_order_relaxed); }
  void subtract(std::uint64_t amount = 1) { value_.store(get() - amount, std::memory_order_relaxed); }  // gauges
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace lb::observe
