// See program.h.
#include "lb/program.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
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
#include "lb/worker.h"

namespace lb {
namespace {

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
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
  Program(const RunOptions& options, const config::Config& config, const observe::BuildInfo& build,
          os::SpdlogLogger& log, os::OutputFile* access_file, std::uint64_t descriptors)
      : config_path_(options.config_path),
        watches_(options.watch),
        tells_stderr_(config.log.path == "stderr" && config.log.level != LogLevel::Off),
        log_(log),
        access_file_(access_file),
        signals_(world_.loop, {.on_terminate = [this] { control_.drain(); },
                               .on_hangup = [this] { control_.reload(); },
                               .on_user1 = [this] { reopenLogs(); }}),
        workers_(config.threads > 0 ? config.threads : os::usableThreads()),
        control_(world_.env(), *this, limited_,
                 {.file_name = config_path_, .build = build, .max_connections = connectionsMax(descriptors)},
                 workers_) {}

  int run(config::Config config) {
    std::vector<std::unique_ptr<WorkerThread>> threads;
    std::vector<std::unique_ptr<WorkerPort>> ports;
    for (std::uint32_t i = 0; i < workers_; ++i) {
      threads.push_back(std::make_unique<WorkerThread>(workers_, config, log_, access_file_, control_));
      ports.push_back(std::make_unique<ThreadPort>(*threads.back()));
    }
    if (const auto started = control_.start(control_.resolved(std::move(config)), std::move(ports)); !started) {
      log_.write(LogLevel::Error, started.error().what);
      if (!tells_stderr_) fmt::print(stderr, "lb: {}\n", started.error().what);
      return 1;
    }
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
  // A proxied request needs two descriptors; a fifth stays free for listeners, logs and the control plane.
  static std::uint32_t connectionsMax(std::uint64_t descriptors) {
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(descriptors * 8 / 10 / 2, 1, 10'000'000));
  }

  // What has changed between the first reading and now is seen as well.
  void startWatching() {
    std::error_code unknown;
    if (!watches_ || !std::filesystem::is_regular_file(config_path_, unknown)) return;  // a pipe is read only once
    auto watch = os::FileWatch::start(world_.loop, config_path_, [this] { fileChanged(); });
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
    text_ = readFile(config_path_);
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

  Result<std::string> readConfiguration() override { return readFile(config_path_); }
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
  bool tells_stderr_;  // what is wrong, by its log
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

void printError(const Error& error) {
  fmt::print(stderr, "lb: {}\n", error.what);
}

}  // namespace

int runProgram(const RunOptions& options, const observe::BuildInfo& build) {
  auto config = loadConfiguration(options.config_path);
  if (!config) return 1;
  const std::uint64_t descriptors = os::raiseDescriptorLimit();
  auto log = os::SpdlogLogger::open(
      {.target = config->log.path,
       .level = config->log.level,
       .format = config->log.format == config::LogFormat::Json ? os::LogFormat::Json : os::LogFormat::Text});
  if (!log) {
    printError(log.error());
    return 1;
  }
  std::unique_ptr<os::OutputFile> access_file;
  if (config->access_log.path != "off") {
    auto opened = os::OutputFile::open(config->access_log.path);
    if (!opened) {
      printError(opened.error());
      return 1;
    }
    access_file = std::move(*opened);
  }
  Program program(options, *config, build, **log, access_file.get(), descriptors);
  return program.run(std::move(*config));
}

int dumpConfiguration(const std::string& config_path) {
  const auto config = loadConfiguration(config_path);
  if (!config) return 1;
  fmt::print("{}", config::dump(*config));
  return 0;
}

}  // namespace lb
