// Reads /proc/self, the control group files and resource limits.
#include "lb/os/process_info.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace lb::os {
namespace {

std::string readFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::int64_t toNumber(const std::string& text) {
  std::int64_t number = 0;
  static_cast<void>(std::from_chars(text.data(), text.data() + text.size(), number));
  return number;
}

Duration ofTicks(std::int64_t ticks) {
  const std::int64_t per_second = sysconf(_SC_CLK_TCK);
  return std::chrono::nanoseconds(ticks * (std::nano::den / per_second));
}

// The fields of /proc/self/stat from the third on (proc(5)); the second, a name in brackets, may contain anything.
std::vector<std::string> statFields() {
  const std::string stat = readFile("/proc/self/stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(stat.substr(name_end + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

WallTime bootTime() {
  std::ifstream file("/proc/stat");
  std::string line;
  constexpr std::string_view kKey = "btime ";
  while (std::getline(file, line)) {
    if (line.starts_with(kKey)) return {std::chrono::seconds(toNumber(line.substr(kKey.size())))};
  }
  return {};
}

std::uint64_t countOpenDescriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = readdir(directory)) count += entry->d_name[0] != '.' ? 1U : 0U;
  closedir(directory);
  return count - 1;  // the directory itself
}

// The limits on the way from this process' control group up to the root; the tightest counts.
unsigned tightestQuota(const std::string& root, std::string group, bool version2) {
  unsigned tightest = 0;
  for (;;) {
    std::int64_t quota = -1;
    std::int64_t period = 0;
    if (version2) {
      std::istringstream limit(readFile(root + group + "/cpu.max"));  // "max 100000" or "150000 100000"
      std::string first;
      limit >> first >> period;
      quota = first == "max" || first.empty() ? -1 : toNumber(first);
    } else {
      quota = toNumber(readFile(root + group + "/cpu.cfs_quota_us"));
      period = toNumber(readFile(root + group + "/cpu.cfs_period_us"));
    }
    const unsigned granted = processorsOfQuota(quota, period);
    if (granted > 0) tightest = tightest == 0 ? granted : std::min(tightest, granted);
    const std::size_t slash = group.rfind('/');
    if (group.empty() || slash == std::string::npos) return tightest;
    group.erase(slash);  // inside a container the upper groups, or even this one, may be out of sight
  }
}

unsigned quotaProcessors() {
  std::istringstream groups(readFile("/proc/self/cgroup"));
  std::string line;
  unsigned tightest = 0;
  while (std::getline(groups, line)) {  // "0::/group" or "4:cpu,cpuacct:/group"
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = fmt::format(",{},", std::string_view(line).substr(first + 1, second - first - 1));
    const bool version2 = controllers == ",,";
    if (!version2 && controllers.find(",cpu,") == std::string::npos) continue;
    std::string group = line.substr(second + 1);
    if (group == "/") group.clear();
    for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"}) {
      const unsigned granted = tightestQuota(root, group, version2);
      if (granted > 0) tightest = tightest == 0 ? granted : std::min(tightest, granted);
    }
  }
  return tightest;
}

}  // namespace

ProcessInfo readProcessInfo() {
  ProcessInfo info;
  // Indices are field numbers of proc(5) less 3.
  constexpr std::size_t kUserTicks = 11, kSystemTicks = 12, kThreads = 17, kStartTicks = 19, kVirtual = 20, kPages = 21;
  const std::vector<std::string> fields = statFields();
  if (fields.size() > kPages) {
    info.cpu_time = ofTicks(toNumber(fields[kUserTicks]) + toNumber(fields[kSystemTicks]));
    info.start_time = {bootTime().since_epoch + ofTicks(toNumber(fields[kStartTicks]))};
    info.threads = static_cast<std::uint64_t>(toNumber(fields[kThreads]));
    info.virtual_bytes = static_cast<std::uint64_t>(toNumber(fields[kVirtual]));
    info.resident_bytes = static_cast<std::uint64_t>(toNumber(fields[kPages]) * sysconf(_SC_PAGESIZE));
  }
  info.open_fds = countOpenDescriptors();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) info.max_fds = limit.rlim_cur;
  return info;
}

unsigned processorsOfQuota(std::int64_t quota_us, std::int64_t period_us) {
  if (quota_us <= 0 || period_us <= 0) return 0;
  return static_cast<unsigned>(std::max<std::int64_t>(1, quota_us / period_us));
}

unsigned usableThreads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int usable = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
  const unsigned processors = static_cast<unsigned>(std::max(1, usable));
  const unsigned quota = quotaProcessors();
  return quota == 0 ? processors : std::min(processors, quota);
}

std::uint64_t raiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  rlimit raised = limit;
  raised.rlim_cur = raised.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

}  // namespace lb::os
