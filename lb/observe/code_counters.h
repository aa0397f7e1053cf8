// Counters labelled by small fixed enumerations (status code, method, reason): sparse, written by one worker, readable
// by any thread, and bounded because the labels are.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "lb/observe/counter.h"
#include "lb/observe/record.h"

namespace lb::observe {

// Key -> counter, append-only. A service sees a handful of combinations, so a linear search wins.
class SparseCounters {
 public:
  SparseCounters() = default;
  ~SparseCounters();
  SparseCounters(const SparseCounters&) = delete;
  SparseCounters& operator=(const SparseCounters&) = delete;
  void add(std::uint32_t key, std::uint64_t amount = 1);

  template <class Visit>
  void forEach(Visit&& visit) const {  // visit(key, value), in the order of first use
    for (const Chunk* chunk = &first_; chunk != nullptr; chunk = chunk->next.load(std::memory_order_acquire)) {
      const std::uint32_t used = chunk->used.load(std::memory_order_acquire);
      for (std::uint32_t i = 0; i < used; ++i) visit(chunk->entries[i].key, chunk->entries[i].value.get());
    }
  }

 private:
  struct Entry {
    std::uint32_t key = 0;
    Counter value;
  };
  struct Chunk {
    static constexpr std::uint32_t kEntries = 10;
    std::atomic<std::uint32_t> used{0};
    std::array<Entry, kEntries> entries;
    std::atomic<Chunk*> next{nullptr};
  };
  Chunk first_;
};

class RequestCounters {  // method, code, origin
 public:
  void add(http::Method method, std::uint16_t code, Origin origin) { counters_.add(key(method, code, origin)); }
  template <class Visit>
  void forEach(Visit&& visit) const {
    counters_.forEach([&](std::uint32_t key, std::uint64_t value) {
      visit(static_cast<http::Method>(key >> 17), static_cast<std::uint16_t>((key >> 1) & 0xffffU),
            static_cast<Origin>(key & 1U), value);
    });
  }

 private:
  static std::uint32_t key(http::Method method, std::uint16_t code, Origin origin) {
    return static_cast<std::uint32_t>(method) << 17 | static_cast<std::uint32_t>(code) << 1 |
           static_cast<std::uint32_t>(origin);
  }
  SparseCounters counters_;
};

class ReasonCounters {  // code, reason
 public:
  void add(std::uint16_t code, Reason reason) { counters_.add(static_cast<std::uint32_t>(reason) << 16 | code); }
  template <class Visit>
  void forEach(Visit&& visit) const {
    counters_.forEach([&](std::uint32_t key, std::uint64_t value) {
      visit(static_cast<std::uint16_t>(key & 0xffffU), static_cast<Reason>(key >> 16), value);
    });
  }

 private:
  SparseCounters counters_;
};

class StatusCounters {  // code
 public:
  void add(std::uint16_t code) { counters_.add(code); }
  template <class Visit>
  void forEach(Visit&& visit) const {
    counters_.forEach([&](std::uint32_t key, std::uint64_t value) { visit(static_cast<std::uint16_t>(key), value); });
  }

 private:
  SparseCounters counters_;
};

}  // namespace lb::observe
