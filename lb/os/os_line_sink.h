// Access-log lines of one worker, collected and written in large pieces: when the buffer is full, a short time after
// the first line, and at destruction. Workers share the file behind it and meet at its lock only then.
#pragma once

#include <memory>
#include <string>

#include "lb/base/log.h"
#include "lb/env/loop.h"
#include "lb/os/output_file.h"

namespace lb::os {

class OsLineSink final : public LineSink {
 public:
  OsLineSink(Loop& loop, OutputFile& file);
  ~OsLineSink() override { flush(); }
  OsLineSink(const OsLineSink&) = delete;
  OsLineSink& operator=(const OsLineSink&) = delete;

  void write(std::string_view line) override;
  void flush();

 private:
  OutputFile& file_;
  std::unique_ptr<Timer> timer_;
  std::string buffer_;
};

}  // namespace lb::os
