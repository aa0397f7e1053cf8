// The timer is armed by the first line of a buffer only, so lines cost no timer call each.
#include "lb/os/os_line_sink.h"

namespace lb::os {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr Duration kDelayMax = std::chrono::milliseconds(200);

}  // namespace

OsLineSink::OsLineSink(Loop& loop, OutputFile& file) : file_(file), timer_(loop.makeTimer([this] { flush(); })) {
  buffer_.reserve(kBufferBytes);
}

void OsLineSink::write(std::string_view line) {
  if (!buffer_.empty() && buffer_.size() + line.size() + 1 > kBufferBytes) flush();
  if (buffer_.empty()) timer_->arm(kDelayMax);
  buffer_ += line;
  buffer_ += '\n';
  if (buffer_.size() >= kBufferBytes) flush();
}

void OsLineSink::flush() {
  timer_->disarm();
  if (buffer_.empty()) return;
  file_.append(buffer_);
  buffer_.clear();
}

}  // namespace lb::os
