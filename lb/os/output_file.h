// A file, stdout or stderr that lines are appended to, shared by threads. A regular file is opened with O_APPEND and
// each call is one write, so lines of several writers and of a rotated file never mix. Nothing here blocks for ever: a
// pipe that nobody reads, or too slowly, is waited for a short while, however long the text is, and then lines are
// dropped and counted; whoever was waited for in vain is waited for again a second later, or when it has taken a text.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "lb/base/result.h"
#include "lb/os/unique_fd.h"

namespace lb::os {

class OutputFile {
 public:
  // `target` is "stdout", "stderr" or a path.
  [[nodiscard]] static Result<std::unique_ptr<OutputFile>> open(const std::string& target);

  // Whole lines, each with its newline. Thread-safe.
  void append(std::string_view lines);
  // After the file was renamed by a log rotation: goes on in a new file of the old name. Nothing to do for the standard
  // streams. If it fails, the old file stays in use. Thread-safe.
  [[nodiscard]] Result<void> reopen();

  [[nodiscard]] std::uint64_t droppedBytes() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  OutputFile(std::string path, UniqueFd fd, bool may_block);

  struct Wait {  // of one append(), over all its pieces
    bool begun = false;
    std::chrono::steady_clock::time_point end{};
  };

  bool waitForSpace(Wait& wait);
  bool appendToPipe(std::string_view lines, Wait& wait);  // whether all of it is out
  void drop(std::size_t bytes);

  const std::string path_;  // empty for the standard streams
  std::mutex mutex_;
  UniqueFd fd_;
  const bool may_block_;                                  // a pipe or a terminal; disks are trusted
  std::chrono::steady_clock::time_point patient_from_{};  // no wait before this: the last one was in vain
  bool cut_line_ = false;                                 // the last line got out in part only
  std::atomic<std::uint64_t> dropped_ = 0;
};

}  // namespace lb::os
