// A queueing station: slots that work, and those who wait for one. It knows time and nothing of networks.
//
// Work is measured on a clock of its own that runs as fast as one job is served at the moment: 1 / slowdown for a job
// that has a slot, less when processor sharing has more jobs than slots. A job is done when that clock has reached its
// mark, so a change of speed touches no job.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "lb/env/env.h"
#include "sim/model/distribution.h"

namespace sim::model {

using lb::MonoTime;

enum class Discipline : std::uint8_t {
  Fifo,     // a free slot takes who has waited longest
  Sharing,  // processor sharing: all are served at once, the slots divided equally, at most one for each
};

struct StationPlan {
  std::uint32_t slots = 1;
  Discipline discipline = Discipline::Fifo;
  std::uint32_t queue_max = 1'000'000;  // those beyond the slots
  Distribution service{};
};

class Station {
 public:
  // Whoever is being served. The owner forgets it (forget, withdraw) before destroying it.
  class Job {
   public:
    virtual void onServed() = 0;

   protected:
    ~Job() = default;

   private:
    friend Station;
    std::uint64_t ticket_ = 0;  // its entry's sequence
  };

  struct Counters {
    std::uint64_t arrivals = 0;  // taken
    std::uint64_t refused = 0;   // the queue was full
    std::uint64_t served = 0;
    std::uint64_t withdrawn = 0;
    std::uint64_t inside_ns = 0;       // the integral over time of the number inside
    std::uint64_t busy_ns = 0;         // and of that of busy slots
    std::uint64_t sojourn_sum_ns = 0;  // of those who have left, in whatever way
  };

  Station(lb::Loop& loop, const lb::Clock& clock, StationPlan plan, Prng chance);  // REQUIRES: a law without problem
  ~Station();

  // `work`: instead of the law's. False: no room.
  [[nodiscard]] bool offer(Job& job, std::optional<Duration> work = std::nullopt);
  void withdraw(const Job& job);  // leaves at once, from queue or slot
  void forget(const Job& job);    // is served all the same, and nobody is told
  void clear();                   // all withdrawn

  void setSlowdown(double factor);  // REQUIRES: more than 0; services take this many times as long from now on
  void pause(bool paused);          // no work is done meanwhile
  void setService(Distribution law) { plan_.service = std::move(law); }  // of later arrivals

  [[nodiscard]] std::size_t inside() const { return running_.size() + waiting_.size(); }
  [[nodiscard]] std::size_t inService() const;
  [[nodiscard]] std::size_t queueLength() const { return inside() - inService(); }
  [[nodiscard]] const Counters& counters();  // up to now

 private:
  struct Entry {
    double mark = 0;  // on the clock of work; of those who run
    double work = 0;
    std::uint64_t sequence = 0;
    MonoTime arrival{};
    Job* job = nullptr;  // null: forgotten
  };
  static bool later(const Entry& a, const Entry& b);
  [[nodiscard]] std::deque<Entry>::iterator waitingPlace(const Job& job);  // the end: it does not wait

  [[nodiscard]] double speed() const;  // of the clock of work
  void advance();                      // to now
  void run(Entry entry, double from);
  void promote(double from);  // those who wait, into free slots
  void leave(const Entry& entry);
  void arm();
  void onTimer();

  const lb::Clock& clock_;
  StationPlan plan_;
  Prng chance_;
  std::vector<Entry> running_;  // a heap: the earliest mark first
  std::deque<Entry> waiting_;   // ascending in sequence
  double work_ = 0;
  double slowdown_ = 1;
  bool paused_ = false;
  MonoTime now_;
  std::uint64_t sequence_ = 0;
  Counters counters_;
  std::unique_ptr<lb::Timer> timer_;
};

}  // namespace sim::model
