// The program's log through spdlog: levels, formats, and stderr, stdout or a file as sink. Thread-safe.
#pragma once

#include <spdlog/logger.h>

#include <cstdint>
#include <memory>
#include <string>

#include "lb/base/log.h"
#include "lb/os/log_format.h"
#include "lb/os/output_file.h"

namespace lb::os {

struct LogOptions {
  std::string target = "stderr";  // or "stdout", or a path
  LogLevel level = LogLevel::Info;
  LogFormat format = LogFormat::Text;
};

class SpdlogLogger final : public Logger {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SpdlogLogger>> open(const LogOptions& options);

  [[nodiscard]] bool enabled(LogLevel level) const override;
  void write(LogLevel level, std::string_view line) override;

  void setLevel(LogLevel level);
  [[nodiscard]] Result<void> reopen() { return file_->reopen(); }  // for log rotation
  [[nodiscard]] std::uint64_t droppedBytes() const { return file_->droppedBytes(); }

 private:
  SpdlogLogger(std::shared_ptr<OutputFile> file, const LogOptions& options);

  std::shared_ptr<OutputFile> file_;
  spdlog::logger logger_;
};

}  // namespace lb::os
