// See seed_sweep.h.
#include "sim/cli/seed_sweep.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "sim/cli/exit_code.h"
#include "sim/cli/one_run.h"
#include "sim/cli/stopwatch.h"
#include "sim/report/hang_watch.h"

namespace sim::cli {
namespace {

// What a child process tells its parent while it works and when it has died, in memory that they share.
struct Progress {
  std::uint64_t seed = 0;  // in progress
  std::uint64_t done = 0;
  std::uint64_t events = 0;
  std::uint64_t requests = 0;
  double virtual_seconds = 0;
  check::Marks marks;
};

std::uint64_t countOf(const SeedRange& seeds) {
  return seeds.last - seeds.first + 1;
}

Outcome runSeed(std::uint64_t seed, const std::string& folder) {
  return runScenario(plan::generate(seed), fmt::format("--seed {}", seed), folder);
}

[[noreturn]] void work(std::uint64_t first, std::uint64_t last, const SweepOptions& options, Progress& progress) {
  const std::uint64_t check_every = options.check_every;
  for (std::uint64_t seed = first;; ++seed) {
    progress.seed = seed;
    const report::HangWatch watch;
    const Outcome result = runSeed(seed, options.folder);
    if (result.code != kFine) std::_Exit(result.code);
    if (check_every > 0 && seed % check_every == 0 && runSeed(seed, options.folder).hash != result.hash) {
      fmt::print("FAIL nondeterminism  seed={}: two runs differ\n", seed);
      std::fflush(stdout);
      std::_Exit(kNondeterminism);
    }
    ++progress.done;
    progress.events += result.events;
    progress.requests += result.requests;
    progress.virtual_seconds += result.virtual_seconds;
    progress.marks.add(result.marks);
    if (seed == last) std::_Exit(0);
  }
}

class Sweep {
 public:
  explicit Sweep(const SweepOptions& options) : options_(options), jobs_(options.jobs) {
    void* memory =
        mmap(nullptr, sizeof(Progress) * options.jobs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    progress_ = static_cast<Progress*>(memory);
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGCHLD);
    sigaddset(&signals_, SIGINT);
    sigprocmask(SIG_BLOCK, &signals_, &before_);  // for children too: ^C is the parent's business
  }
  ~Sweep() {
    sigprocmask(SIG_SETMASK, &before_, nullptr);
    munmap(progress_, sizeof(Progress) * options_.jobs);
  }
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;

  SweepResult go() {
    const std::uint64_t count = countOf(options_.seeds);
    for (unsigned i = 0; i < options_.jobs; ++i) {
      progress_[i] = {};
      jobs_[i].next = options_.seeds.first + count * i / options_.jobs;
      jobs_[i].last = options_.seeds.first + count * (i + 1) / options_.jobs - 1;
      spawn(i);
    }
    while (running_ > 0) {
      const timespec second{1, 0};
      if (sigtimedwait(&signals_, nullptr, &second) == SIGINT) {
        interrupted_ = true;
        stop();
      }
      if (options_.budget > lb::Duration(0) && watch_.elapsed() > options_.budget) stop();
      while (running_ > 0 && reap()) continue;
      showProgress(count);
    }
    if (shown_) fmt::print(stderr, "\r\x1b[K");
    return sum(count);
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
    if (result_.stopped_early) return;
    std::fflush(stdout);
    job.pid = fork();
    if (job.pid == 0) work(job.next, job.last, options_, progress_[index]);
    if (job.pid < 0) std::abort();
    ++running_;
  }

  void stop() {
    if (std::exchange(result_.stopped_early, true)) return;
    for (const Job& job : jobs_) {
      if (job.pid > 0) kill(job.pid, SIGTERM);
    }
  }

  bool reap() {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG);
    const auto job = std::ranges::find(jobs_, pid, &Job::pid);
    if (pid <= 0 || job == jobs_.end()) return false;
    --running_;
    job->pid = 0;
    const bool stopped = WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM && result_.stopped_early;
    if (stopped || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return true;
    const auto index = static_cast<unsigned>(job - jobs_.begin());
    const std::uint64_t seed = progress_[index].seed;
    failed(seed, status);
    if (seed == job->last) return true;
    job->next = seed + 1;
    spawn(index);
    return true;
  }

  void failed(std::uint64_t seed, int status) {
    ++result_.failed;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : kCrash;
    if (WIFSIGNALED(status)) {
      tellCrash(seed, WTERMSIG(status) == SIGVTALRM ? fmt::format("no end in {}", report::HangWatch::kLimit)
                                                    : fmt::format("signal {}", WTERMSIG(status)));
    } else if (code < kSafety || code > kNondeterminism) {
      tellCrash(seed, fmt::format("exit code {}", code));
      code = kCrash;
    }
    if (result_.code == kFine) result_.code = code;
    if (result_.failed >= options_.failures_max) stop();
  }

  // What has crashed tells nothing any more: it crashes again, in another process that writes down how it comes to
  // that.
  void tellCrash(std::uint64_t seed, const std::string& why) const {
    if (options_.folder.empty() || !crashesAgain(seed))
      fmt::print("FAIL crash  seed={}  {}\n  replay   sim run --seed {}\n", seed, why, seed);
  }
  [[nodiscard]] bool crashesAgain(std::uint64_t seed) const {
    std::fflush(stdout);
    const pid_t again = fork();
    if (again == 0) {
      TraceOption traced;
      traced.folder = options_.folder;
      std::_Exit(runTraced(plan::generate(seed), fmt::format("--seed {}", seed), traced).code);
    }
    int status = 0;
    return again > 0 && waitpid(again, &status, 0) == again && WIFEXITED(status) && WEXITSTATUS(status) == kCrash;
  }

  void showProgress(std::uint64_t count) {
    if (isatty(STDERR_FILENO) == 0 || running_ == 0) return;
    std::uint64_t done = result_.failed;
    for (unsigned i = 0; i < options_.jobs; ++i) done += progress_[i].done;
    const double rate = static_cast<double>(done) / std::max(watch_.seconds(), 0.001);
    const double left = rate > 0 ? static_cast<double>(count - done) / rate : 0;
    fmt::print(stderr, "\r\x1b[K{} of {} seeds, {} failed, {:.0f}/s, {:.0f} s left", done, count, result_.failed, rate,
               left);
    std::fflush(stderr);
    shown_ = true;
  }

  SweepResult sum(std::uint64_t count) {
    result_.seconds = watch_.seconds();
    for (unsigned i = 0; i < options_.jobs; ++i) {
      const Progress& progress = progress_[i];
      result_.passed += progress.done;
      result_.events += progress.events;
      result_.requests += progress.requests;
      result_.virtual_seconds += progress.virtual_seconds;
      result_.marks.add(progress.marks);
    }
    result_.stopped_early = result_.passed + result_.failed < count;
    if (interrupted_ && result_.stopped_early && result_.code == kFine) result_.code = kInterrupted;
    return result_;
  }

  SweepOptions options_;
  Stopwatch watch_;
  std::vector<Job> jobs_;
  Progress* progress_ = nullptr;
  sigset_t signals_{};
  sigset_t before_{};
  unsigned running_ = 0;
  bool shown_ = false;
  bool interrupted_ = false;
  SweepResult result_;
};

}  // namespace

SweepResult sweepSeeds(const SweepOptions& options) {
  SweepOptions wanted = options;
  wanted.jobs = static_cast<unsigned>(std::clamp<std::uint64_t>(options.jobs, 1, countOf(options.seeds)));
  SweepResult result = Sweep(wanted).go();
  result.seeds = options.seeds;
  return result;
}

std::string summaryOf(const SweepResult& result) {
  const double seconds = std::max(result.seconds, 0.001);
  return fmt::format(
      "{}{} seeds passed, {} failed; {} requests, {} events, {:.0f} s of virtual time in {:.1f} s: {:.0f} seeds/s, "
      "{:.0f} times as fast as time; of --seeds {}..{}\n",
      result.stopped_early ? "stopped early: " : "", result.passed, result.failed, result.requests, result.events,
      result.virtual_seconds, result.seconds, static_cast<double>(result.passed + result.failed) / seconds,
      result.virtual_seconds / seconds, result.seeds.first, result.seeds.last);
}

unsigned coresHere() {
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace sim::cli
