#include "bench/snapshot.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

#include "bench/net.h"

namespace bench {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t cpuOf(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    die("process " + std::to_string(process) + " is gone");
  }
  return time.tv_sec * kSecond + time.tv_nsec;
}

std::int64_t userOf(pid_t process) {
  const std::string path = "/proc/" + std::to_string(process) + "/stat";
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) die(path);
  std::array<char, 1024> text{};
  const std::size_t length = std::fread(text.data(), 1, text.size() - 1, file);
  std::fclose(file);
  const std::string_view stat(text.data(), length);
  unsigned long ticks = 0;
  const char* fields = text.data() + stat.rfind(')') + 1;  // the name before may hold anything
  std::sscanf(fields, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu", &ticks);
  return static_cast<std::int64_t>(ticks) * (kSecond / sysconf(_SC_CLK_TCK));
}

}  // namespace

Meter::Meter(std::vector<pid_t> processes, const std::string& counter) : processes_(std::move(processes)) {
  if (counter.empty()) return;
  const int fd = open(counter.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) die(counter);
  void* memory = mmap(nullptr, sizeof *counter_, PROT_READ, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) die(counter);
  close(fd);
  counter_ = static_cast<const volatile std::uint64_t*>(memory);
}

Snapshot Meter::read() const {
  Snapshot result{.time = now()};
  for (const pid_t process : processes_) {
    result.cpu += cpuOf(process);
    result.user += userOf(process);
  }
  if (counter_ != nullptr) result.allocations = *counter_;
  return result;
}

}  // namespace bench
