// See program.h.
#include "lb/program.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <semaphore>
#include <system_error>
#include <thread>
#include <vector>

#include "lb/config_file.h"
#include "lb/control.h"
#include "lb/os/file_watch.h"
#include "lb/os/os_env.h"
#include "lb/os/os_line_sink.h"
#include "lb/os/os_listener.h"
#include "lb/os/process_info.h"
#include "lb/os/repeat_limiter.h"
#include "lb/os/signal_source.h"
#include "lb/os/spdlog_logger.h"
#include "lb/tell.h"
#include "lb/worker.h"

namespace lb {
namespace {

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// What this process gets from the machine, as it is at the start.
struct Machine {
  std::uint64_t descriptors = 0;  // that may be open
  std::uint32_t workers = 1;
};

std::unexpected<Error> cannotStart(std::uint32_t workers, std::string_view why) {
  return fail(fmt::format("cannot start {} worker{}: {}", workers, workers == 1 ? "" : "s", why));
}

// They are counted before anything needs them: an event loop that gets none ends the program. A few stay for requests.
Result<void> checkDescriptors(const config::Config& config, const Machine& machine) {
  constexpr std::uint64_t kLoop = 5;             // epoll, the two of libevent's own pipe, timerfd, eventfd
  constexpr std::uint64_t kControl = kLoop + 4;  // signals, the file's watch, the control plane, one for a moment
  constexpr std::uint64_t kSpare = 16;
  const std::uint64_t needed =
      os::readProcessInfo().open_fds + kControl + machine.workers * (kLoop + config.listen.size()) + kSpare;
  if (needed <= machine.descriptors) return {};
  return cannotStart(machine.workers, fmt::format("that takes {} file descriptors, and the limit is {} (ulimit -n)",
                                                  needed, machine.descriptors));
}

// One worker on a thread of its own. The world, the worker and all they own are made and destroyed by that thread.
class WorkerThread {
 public:
  WorkerThread(std::uint32_t workers, const config::Config& config, Logger& log, os::OutputFile* access_file,
               admin::AdminSource& admin)
      : thread_(
            [this, workers, &config, &log, access_file, &admin] { run(workers, config, log, access_file, admin); }) {
    started_.acquire();
  }
  ~WorkerThread() {
    world_->loop.postFromOutside([this] { world_->loop.stop(); });
    thread_.join();
  }
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  void post(std::move_only_function<void(Worker&)> task) {
    world_->loop.postFromOutside([this, task = std::move(task)]() mutable { task(*worker_); });
  }

 private:
  void run(std::uint32_t workers, const config::Config& config, Logger& log, os::OutputFile* access_file,
           admin::AdminSource& admin) {
    os::OsEnv world(config.dns.servers, config.busy_poll);
    os::RepeatLimiter limited(log, world.clock);
    std::unique_ptr<os::OsLineSink> lines;
    if (access_file != nullptr) lines = std::make_unique<os::OsLineSink>(world.loop, *access_file);
    Worker worker(world.env(), workers, limited, lines.get(), admin, [&world] { return world.loop.busyNanoseconds(); });
    world_ = &world;
    worker_ = &worker;
    started_.release();
    world.loop.run();
  }

  os::OsEnv* world_ = nullptr;
  Worker* worker_ = nullptr;
  std::binary_semaphore started_{0};
  std::thread thread_;
};

class ThreadPort final : public WorkerPort {
 public:
  explicit ThreadPort(WorkerThread& thread) : thread_(thread) {}
  void post(std::move_only_function<void(Worker&)> task) override { thread_.post(std::move(task)); }

 private:
  WorkerThread& thread_;
};

class Program final : private ControlHost {
 public:
  Program(const RunOptions& options, const observe::BuildInfo& build, os::SpdlogLogger& log,
          os::OutputFile* access_file, const Machine& machine)
      : config_path_(options.config_path),
        watches_(options.watch),
        log_(log),
        access_file_(access_file),
        signals_(world_.loop, {.on_terminate = [this] { control_.drain(); },
                               .on_hangup = [this] { control_.reload(); },
                               .on_user1 = [this] { reopenLogs(); }}),
        workers_(machine.workers),
        control_(world_.env(), *this, limited_,
                 {.file_name = config_path_, .build = build, .max_connections = connectionsMax(machine.descriptors)},
                 workers_) {}

  // The exit code, or why there was no start.
  Result<int> run(config::Config config) {
    std::vector<std::unique_ptr<WorkerThread>> threads;
    if (const auto started = start(std::move(config), threads); !started) return std::unexpected(started.error());
    startWatching();
    world_.loop.run();
    undisturbed_->disarm();
    watch_.reset();
    threads.clear();
    for (const std::string& line : control_.telemetry().summaryLines()) log_.write(LogLevel::Info, line);
    log_.write(LogLevel::Info, "stopped");
    return exit_code_;
  }

 private:
  Result<void> start(config::Config config, std::vector<std::unique_ptr<WorkerThread>>& threads) {
    std::vector<std::unique_ptr<WorkerPort>> ports;
    try {
      for (std::uint32_t i = 0; i < workers_; ++i) {
        threads.push_back(std::make_unique<WorkerThread>(workers_, config, log_, access_file_, control_));
        ports.push_back(std::make_unique<ThreadPort>(*threads.back()));
      }
    } catch (const std::system_error& error) {  // no more threads; those that have begun end with `threads`
      return cannotStart(workers_, error.code().message());
    }
    return control_.start(control_.resolved(std::move(config)), std::move(ports));
  }

  // A proxied request needs two descriptors; a fifth stays free for listeners, logs and the control plane.
  static std::uint32_t connectionsMax(std::uint64_t descriptors) {
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(descriptors * 8 / 10 / 2, 1, 10'000'000));
  }

  // What has changed between the first reading and now is seen as well.
  void startWatching() {
    std::error_code unknown;
    if (!watches_ || !std::filesystem::is_regular_file(config_path_, unknown)) return;  // a pipe is read only once
    auto watch = os::FileWatch::start(world_.loop, limited_, config_path_, [this] { fileChanged(); });
    if (!watch) {
      log_.write(LogLevel::Warn, watch.error().what + "; a HUP signal or POST /reload reloads it");
      return;
    }
    watch_ = std::move(*watch);
    fileChanged();
  }

  // Half of a configuration may well be one: what was written to while it was read is read again later. The system does
  // the writing before it tells of it, so that this is certain only a moment later.
  void fileChanged() {
    text_ = readRegularFile(config_path_);
    undisturbed_->arm(kSystemTells);
  }
  void takeOver() {
    if (!watch_->disturbed()) control_.fileChanged(text_);
  }

  void reopenLogs() {
    if (const auto reopened = log_.reopen(); !reopened) log_.write(LogLevel::Error, reopened.error().what);
    if (access_file_ == nullptr) return;
    if (const auto reopened = access_file_->reopen(); !reopened) log_.write(LogLevel::Error, reopened.error().what);
  }

  Result<std::string> readConfiguration() override { return readRegularFile(config_path_); }
  Result<void> probeListen(const Address& at, bool beside_ours) override { return os::probeListen(at, beside_ours); }
  void postToControl(std::move_only_function<void()> task) override { world_.loop.postFromOutside(std::move(task)); }
  void onStopped(int exit_code) override {
    exit_code_ = exit_code;
    world_.loop.stop();
  }
  observe::Telemetry::Process process() override {
    const os::ProcessInfo info = os::readProcessInfo();
    return {.cpu_seconds = seconds(info.cpu_time),
            .start_time_seconds = seconds(info.start_time.since_epoch),
            .resident_bytes = info.resident_bytes,
            .open_fds = info.open_fds,
            .max_fds = info.max_fds,
            .log_bytes_dropped = log_.droppedBytes(),
            .access_log_bytes_dropped = access_file_ == nullptr ? 0 : access_file_->droppedBytes()};
  }

  std::string config_path_;
  bool watches_;
  os::SpdlogLogger& log_;
  os::OutputFile* access_file_;
  os::OsEnv world_;
  os::RepeatLimiter limited_{log_, world_.clock};
  os::SignalSource signals_;
  std::uint32_t workers_;
  Control control_;
  static constexpr Duration kSystemTells = std::chrono::milliseconds(20);
  std::unique_ptr<os::FileWatch> watch_;
  Result<std::string> text_;  // as the file was read last
  std::unique_ptr<Timer> undisturbed_ = world_.loop.makeTimer([this] { takeOver(); });
  int exit_code_ = 0;
};

// For whoever reads the log, and for whoever looks at stderr, but there once.
int refuseToStart(const Error& why, const config::Log& settings, Logger& log) {
  log.write(LogLevel::Error, why.what);
  if (settings.path != "stderr" || settings.level == LogLevel::Off) tellError(why.what);
  return 1;
}

}  // namespace

int runProgram(const RunOptions& options, const observe::BuildInfo& build) {
  os::holdSignals();
  auto config = loadConfiguration(options.config_path);
  if (!config) return 1;
  const Machine machine{.descriptors = os::raiseDescriptorLimit(),
                        .workers = config->threads > 0 ? config->threads : os::usableThreads()};
  const config::Log log_settings = config->log;
  auto log = os::SpdlogLogger::open(
      {.target = log_settings.path,
       .level = log_settings.level,
       .format = log_settings.format == config::LogFormat::Json ? os::LogFormat::Json : os::LogFormat::Text});
  if (!log) {
    tellError(log.error().what);
    return 1;
  }
  std::unique_ptr<os::OutputFile> access_file;
  if (config->access_log.path != "off") {
    auto opened = os::OutputFile::open(config->access_log.path);
    if (!opened) {
      tellError(opened.error().what);
      return 1;
    }
    access_file = std::move(*opened);
  }
  if (const auto enough = checkDescriptors(*config, machine); !enough) {
    return refuseToStart(enough.error(), log_settings, **log);
  }
  Program program(options, build, **log, access_file.get(), machine);
  const auto ended = program.run(std::move(*config));
  return ended ? *ended : refuseToStart(ended.error(), log_settings, **log);
}

int dumpConfiguration(const std::string& config_path) {
  const auto config = loadConfiguration(config_path);
  if (!config) return 1;
  tell(stdout, config::dump(*config));
  return 0;
}

}  // namespace lb
