// Appending without ever blocking for long (see output_file.h).
#include "lb/os/output_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>

namespace lb::os {
namespace {

constexpr std::chrono::milliseconds kWait(20);  // for all pieces of a text together
constexpr std::chrono::seconds kWaitAgain(1);   // after a wait in vain
constexpr int kTries = 10;
constexpr mode_t kMode = 0640;  // access logs name people's addresses

Result<UniqueFd> openForAppending(const std::string& path) {
  // O_NONBLOCK is for FIFOs: one that nobody reads is an error, and nothing that waits for a reader.
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, kMode));
  if (!fd.valid()) return fail("cannot open " + path + ": " + std::strerror(errno));
  return fd;
}

// Written bytes, or 0 after an error.
std::size_t writeSome(int fd, std::string_view bytes) {
  for (;;) {  // EAGAIN is one of them
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written >= 0) return static_cast<std::size_t>(written);
    if (errno != EINTR) return 0;
  }
}

// Of stdout or stderr. A pipe or a terminal, which other processes have as well, is opened anew, so that writing there
// never waits, and only here; what cannot be opened (a socket, somebody else's) is shared, and may.
UniqueFd ownOf(int standard) {
  UniqueFd fd(::fcntl(standard, F_DUPFD_CLOEXEC, 0));
  struct stat status{};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0 || S_ISREG(status.st_mode)) return fd;
  const std::string path = "/proc/self/fd/" + std::to_string(fd.get());
  UniqueFd fresh(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  return fresh.valid() ? std::move(fresh) : std::move(fd);
}

}  // namespace

Result<std::unique_ptr<OutputFile>> OutputFile::open(const std::string& target) {
  const bool standard = target == "stdout" || target == "stderr";
  Result<UniqueFd> fd = standard ? ownOf(target == "stdout" ? STDOUT_FILENO : STDERR_FILENO) : openForAppending(target);
  if (!fd) return std::unexpected(fd.error());
  if (!fd->valid()) return fail("cannot write to " + target + ": " + std::strerror(errno));
  struct stat status{};
  const bool regular = ::fstat(fd->get(), &status) == 0 && S_ISREG(status.st_mode);
  return std::unique_ptr<OutputFile>(new OutputFile(standard ? "" : target, std::move(*fd), !regular));
}

OutputFile::OutputFile(std::string path, UniqueFd fd, bool may_block)
    : path_(std::move(path)), fd_(std::move(fd)), may_block_(may_block) {}

Result<void> OutputFile::reopen() {
  if (path_.empty()) return {};
  Result<UniqueFd> fresh = openForAppending(path_);
  if (!fresh) return std::unexpected(fresh.error());
  const std::lock_guard lock(mutex_);
  fd_ = std::move(*fresh);
  cut_line_ = false;
  return {};
}

void OutputFile::append(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  Wait wait;
  if (cut_line_ && ((may_block_ && !waitForSpace(wait)) || writeSome(fd_.get(), "\n") == 0)) {
    drop(lines.size());
    return;
  }
  cut_line_ = false;
  if (may_block_) {
    if (appendToPipe(lines, wait)) patient_from_ = {};
    return;
  }
  const std::size_t written = writeSome(fd_.get(), lines);  // less than asked for: the disk is full
  if (written > 0) cut_line_ = lines[written - 1] != '\n';
  if (written < lines.size()) drop(lines.size() - written);
}

// poll promises room for PIPE_BUF bytes of a pipe, so that pieces of that size get out whole or not at all.
bool OutputFile::appendToPipe(std::string_view lines, Wait& wait) {
  while (!lines.empty()) {
    const std::string_view piece = lines.substr(0, PIPE_BUF);
    const std::size_t line_end = piece.rfind('\n');  // several whole lines if possible, else a part of a long one
    const std::size_t size = line_end == std::string_view::npos ? piece.size() : line_end + 1;
    std::size_t written = 0;  // another process may be quicker to take the space
    for (int tries = 0; tries < kTries && written == 0 && waitForSpace(wait); ++tries)
      written = writeSome(fd_.get(), piece.substr(0, size));
    if (written > 0) cut_line_ = lines[written - 1] != '\n';
    lines.remove_prefix(written);
    if (written == 0) {
      drop(lines.size());
      return false;
    }
  }
  return true;
}

bool OutputFile::waitForSpace(Wait& wait) {
  pollfd room{fd_.get(), POLLOUT, 0};
  const auto found = [&room](std::chrono::milliseconds patience) {
    return ::poll(&room, 1, static_cast<int>(patience.count())) == 1 && (room.revents & POLLOUT) != 0;
  };
  constexpr std::chrono::milliseconds kNoTime(0);
  if (found(kNoTime)) return true;
  const auto now = std::chrono::steady_clock::now();
  if (!wait.begun) wait = {true, now + (now < patient_from_ ? kNoTime : kWait)};
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(wait.end - now);
  if (left > kNoTime && found(left)) return true;
  if (now >= patient_from_) patient_from_ = now + kWaitAgain;
  return false;
}

void OutputFile::drop(std::size_t bytes) {
  dropped_.fetch_add(bytes, std::memory_order_relaxed);
}

}  // namespace lb::os
