// bench_load: sends requests to a proxy, checks every response and measures. See load_options.cc for its command line.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "bench/load.h"

namespace {

// Exact: the smallest latency that a share of all requests did not exceed.
double percentile(const std::vector<std::int64_t>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return static_cast<double>(sorted[std::min(at, sorted.size() - 1)]) / 1000;
}

std::string quoted(const std::string& text) {
  std::string result;
  for (const char byte : text)
    result += byte == '"' || byte == '\\' || static_cast<unsigned char>(byte) < ' ' ? '?' : byte;
  return result;
}

void print(const bench::LoadResult& result) {
  std::vector<std::int64_t> latencies = result.latencies;
  std::ranges::sort(latencies);
  const auto since = [](std::int64_t begin, std::int64_t end) { return static_cast<double>(end - begin) / 1e9; };
  std::printf(R"({"requests": %lu, "bytes": %lu, "seconds": %.6f, "cpu_seconds": %.9f, "user_seconds": %.3f, )"
              R"("p50_us": %.1f, "p99_us": %.1f, "p999_us": %.1f, "max_us": %.1f, )"
              R"("allocations": %lu, "reconnects": %lu, "errors": %lu, "first_error": "%s"})"
              "\n",
              result.requests, result.bytes, since(result.begin.time, result.end.time),
              since(result.begin.cpu, result.end.cpu), since(result.begin.user, result.end.user),
              percentile(latencies, 0.5), percentile(latencies, 0.99), percentile(latencies, 0.999),
              percentile(latencies, 1), result.end.allocations - result.begin.allocations, result.reconnects,
              result.errors, quoted(result.first_error).c_str());
  std::fflush(stdout);
}

void waitForEndOfInput() {
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::LoadOptions options = bench::parseLoadOptions(argc, argv);
  prctl(PR_SET_TIMERSLACK, 1);  // a request goes when it is due, not up to 50 us later
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  auto load = std::make_unique<bench::Load>(options);
  if (!options.hold) {
    print(load->run());
    return 0;
  }
  print(load->openAndHold());
  waitForEndOfInput();
}
