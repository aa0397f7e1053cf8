// What the measured processes have used up to now, read by the load generator itself at the very beginning and end of
// its measured time, so that neither warm-up nor another process's delay gets into the figures.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct Snapshot {
  std::int64_t time = 0;          // ns
  std::int64_t cpu = 0;           // ns, user and system, all threads of all the processes
  std::int64_t user = 0;          // ns, in the kernel's clock ticks
  std::uint64_t allocations = 0;  // see count_allocations.cc; 0 without it
};

class Meter {
 public:
  // `counter`: the file of count_allocations.cc, or empty
  Meter(std::vector<pid_t> processes, const std::string& counter);
  Snapshot read() const;

 private:
  std::vector<pid_t> processes_;
  const volatile std::uint64_t* counter_ = nullptr;
};

}  // namespace bench
