// `sim sweep`: many seeds, in as many processes as there are cores. A process runs seed after seed until one fails;
// then another one goes on behind it.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/one_run.h"
#include "sim/cli/seed_range.h"
#include "sim/cli/stopwatch.h"

namespace sim::cli {
namespace {

// What a child process tells its parent while it works and when it has died.
struct Progress {
  std::uint64_t seed;  // in progress
  std::uint64_t done;
  std::uint64_t events;
  std::uint64_t requests;
  double virtual_seconds;
};

[[noreturn]] void work(std::uint64_t first, std::uint64_t last, std::uint64_t check_every, Progress& progress) {
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    progress.seed = seed;
    const Outcome result = runScenario(plan::generate(seed), fmt::format("--seed {}", seed));
    if (result.code != kFine) std::_Exit(result.code);
    if (check_every > 0 && seed % check_every == 0) {
      const Outcome again = runScenario(plan::generate(seed), fmt::format("--seed {}", seed));
      if (again.hash != result.hash) {
        std::printf("FAIL nondeterminism  seed=%llu: two runs differ\n", static_cast<unsigned long long>(seed));
        std::fflush(stdout);
        std::_Exit(kNondeterminism);
      }
    }
    ++progress.done;
    progress.events += result.events;
    progress.requests += result.requests;
    progress.virtual_seconds += result.virtual_seconds;
  }
  std::_Exit(0);
}

struct SweepOptions {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  unsigned jobs = 1;
  std::uint64_t failures_max = 10;
  std::uint64_t check_every = 0;
};

class Sweep {
 public:
  explicit Sweep(const SweepOptions& options) : options_(options), jobs_(options.jobs) {
    void* memory =
        mmap(nullptr, sizeof(Progress) * options.jobs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    progress_ = static_cast<Progress*>(memory);
  }

  int go() {
    const Stopwatch watch;
    const std::uint64_t count = options_.last - options_.first + 1;
    for (unsigned i = 0; i < options_.jobs; ++i) {
      progress_[i] = {};
      jobs_[i].next = options_.first + count * i / options_.jobs;
      jobs_[i].last = options_.first + count * (i + 1) / options_.jobs - 1;
      spawn(i);
    }
    while (running_ > 0) reap();
    const double seconds = watch.seconds();
    Progress sum{};
    for (unsigned i = 0; i < options_.jobs; ++i) {
      sum.done += progress_[i].done;
      sum.events += progress_[i].events;
      sum.requests += progress_[i].requests;
      sum.virtual_seconds += progress_[i].virtual_seconds;
    }
    std::printf(
        "%llu seeds passed, %llu failed; %llu requests, %llu events, %.0f s of virtual time in %.1f s: %.0f seeds/s\n",
        static_cast<unsigned long long>(sum.done), static_cast<unsigned long long>(failures_),
        static_cast<unsigned long long>(sum.requests), static_cast<unsigned long long>(sum.events), sum.virtual_seconds,
        seconds, static_cast<double>(sum.done) / seconds);
    return code_;
  }

 private:
  struct Job {
    pid_t pid = 0;
    std::uint64_t next = 0;
    std::uint64_t last = 0;
  };

  void spawn(unsigned index) {
    Job& job = jobs_[index];
    job.pid = 0;
    if (job.next > job.last || failures_ >= options_.failures_max) return;
    std::fflush(stdout);
    job.pid = fork();
    if (job.pid == 0) work(job.next, job.last, options_.check_every, progress_[index]);
    if (job.pid < 0) std::abort();
    ++running_;
  }

  void reap() {
    int status = 0;
    const pid_t pid = wait(&status);
    for (unsigned i = 0; i < options_.jobs; ++i) {
      if (jobs_[i].pid != pid || pid <= 0) continue;
      --running_;
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        jobs_[i].pid = 0;
        return;
      }
      ++failures_;
      const std::uint64_t seed = progress_[i].seed;
      int code = WIFEXITED(status) ? WEXITSTATUS(status) : kCrash;
      if (WIFSIGNALED(status)) {
        std::printf("FAIL crash  seed=%llu  signal %d\n  replay   sim run --seed %llu\n",
                    static_cast<unsigned long long>(seed), WTERMSIG(status), static_cast<unsigned long long>(seed));
      } else if (code < kSafety || code > kNondeterminism) {
        std::printf("FAIL crash  seed=%llu  exit code %d\n", static_cast<unsigned long long>(seed), code);
        code = kCrash;
      }
      if (code_ == 0) code_ = code;
      jobs_[i].next = seed + 1;
      spawn(i);
      return;
    }
  }

  SweepOptions options_;
  std::vector<Job> jobs_;
  Progress* progress_ = nullptr;
  std::uint64_t failures_ = 0;
  unsigned running_ = 0;
  int code_ = 0;
};

}  // namespace

void addSweep(CLI::App& app, int& code) {
  struct Given {
    SweepOptions options;
    std::string range;
    bool check = false;
  };
  auto given = std::make_shared<Given>();
  CLI::App* sweep = app.add_subcommand("sweep", "Run many seeds");
  sweep->add_option("--seeds", given->range, "The first and the last one: 1..1000")->required();
  sweep->add_option("--jobs", given->options.jobs, "Processes")->check(CLI::Range(1, 64));
  sweep->add_option("--failures-max", given->options.failures_max, "Stop after so many");
  sweep->add_flag("--check-determinism", given->check, "Run every 16th seed twice and compare");
  sweep->callback([given, &code] {
    SweepOptions& options = given->options;
    const auto range = parseSeedRange(given->range);
    if (!range) {
      fmt::print(stderr, "--seeds wants FIRST..LAST, not \"{}\"\n", given->range);
      code = kUsage;
      return;
    }
    options.first = range->first;
    options.last = range->last;
    options.jobs = static_cast<unsigned>(std::min<std::uint64_t>(options.jobs, options.last - options.first + 1));
    options.check_every = given->check ? 16 : 0;
    code = Sweep(options).go();
  });
}

}  // namespace sim::cli
