// spdlog decides levels and formats; the bytes go out through OutputFile, which knows rotation and never blocks.
#include "lb/os/spdlog_logger.h"

#include <spdlog/sinks/base_sink.h>

#include <array>
#include <mutex>
#include <utility>

namespace lb::os {
namespace {

class OutputSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit OutputSink(std::shared_ptr<OutputFile> file) : file_(std::move(file)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    file_->append({line.data(), line.size()});
  }
  void flush_() override {}  // nothing is buffered

  std::shared_ptr<OutputFile> file_;
};

spdlog::level::level_enum toSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Trace: return spdlog::level::trace;
    case LogLevel::Debug: return spdlog::level::debug;
    case LogLevel::Info: return spdlog::level::info;
    case LogLevel::Warn: return spdlog::level::warn;
    case LogLevel::Error: return spdlog::level::err;
    case LogLevel::Off: break;
  }
  return spdlog::level::off;
}

}  // namespace

Result<std::unique_ptr<SpdlogLogger>> SpdlogLogger::open(const LogOptions& options) {
  Result<std::unique_ptr<OutputFile>> file = OutputFile::open(options.target);
  if (!file) return std::unexpected(file.error());
  return std::unique_ptr<SpdlogLogger>(new SpdlogLogger(std::move(*file), options));
}

SpdlogLogger::SpdlogLogger(std::shared_ptr<OutputFile> file, const LogOptions& options)
    : file_(std::move(file)), logger_("lb", std::make_shared<OutputSink>(file_)) {
  logger_.set_formatter(makeLogFormatter(options.format));
  setLevel(options.level);
}

bool SpdlogLogger::enabled(LogLevel level) const {
  return level != LogLevel::Off && logger_.should_log(toSpdlog(level));
}

void SpdlogLogger::write(LogLevel level, std::string_view line) {
  if (enabled(level)) logger_.log(toSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

void SpdlogLogger::setLevel(LogLevel level) {
  logger_.set_level(toSpdlog(level));
}

}  // namespace lb::os
