// What is going to happen, soonest first: a heap in which everything planned knows its own place, so that planning
// anew and calling off cost O(log n) and allocate nothing.
//
// What is planned belongs to whoever made it; destroying it calls it off. Either may be destroyed first.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lb/env/clock.h"

namespace sim {

// `order` decides within a moment; no two are the same (see World::drawOrder).
struct Due {
  lb::MonoTime time;
  std::uint64_t order = 0;
  friend auto operator<=>(const Due&, const Due&) = default;
};

class Agenda;

class Planned {
 public:
  Planned() = default;
  Planned(const Planned&) = delete;
  Planned& operator=(const Planned&) = delete;
  [[nodiscard]] bool planned() const { return agenda_ != nullptr; }
  [[nodiscard]] Due due() const;  // REQUIRES: planned
  void callOff();                 // if it is planned

 protected:
  ~Planned() { callOff(); }

 private:
  friend class Agenda;
  Agenda* agenda_ = nullptr;
  std::size_t place_ = 0;
};

class Agenda {
 public:
  Agenda() = default;
  Agenda(const Agenda&) = delete;
  Agenda& operator=(const Agenda&) = delete;
  ~Agenda();

  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  [[nodiscard]] const Due& first() const { return heap_.front().due; }  // REQUIRES: not empty
  void put(Planned& item, Due due);                                     // replaces what was planned for it here
  Planned& takeFirst();                                                 // REQUIRES: not empty

 private:
  friend class Planned;
  static constexpr std::size_t kChildren = 4;  // a flatter heap than a binary one misses the cache less
  struct Entry {
    Due due;
    Planned* item;
  };

  void remove(Planned& item);
  void move(std::size_t at, const Entry& entry);  // to where it belongs, from a hole at `at`
  void siftUp(std::size_t at, const Entry& entry);
  void siftDown(std::size_t at, const Entry& entry);
  void place(std::size_t at, const Entry& entry) {
    heap_[at] = entry;
    entry.item->place_ = at;
  }

  std::vector<Entry> heap_;
};

}  // namespace sim
