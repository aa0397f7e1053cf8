// See config_file.h.
#include "lb/config_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "lb/os/unique_fd.h"
#include "lb/tell.h"

namespace lb {
namespace {

std::unexpected<Error> cannotRead(const std::string& path, std::string_view why) {
  return fail(fmt::format("cannot read {}: {}", path, why));
}

std::unexpected<Error> cannotRead(const std::string& path, int error) {
  return cannotRead(path, std::generic_category().message(error));
}

Result<std::string> readAll(const std::string& path, const os::UniqueFd& file) {
  std::string text;
  for (std::array<char, 16 * 1024> piece{};;) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got == 0) return text;
    if (got > 0) {
      text.append(piece.data(), static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      return cannotRead(path, errno);  // a folder opens and cannot be read
    }
  }
}

}  // namespace

Result<std::string> readFile(const std::string& path) {
  const os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return cannotRead(path, errno);
  return readAll(path, file);
}

Result<std::string> readRegularFile(const std::string& path) {
  const os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // or the open of a FIFO waits
  if (!file.valid()) return cannotRead(path, errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return cannotRead(path, errno);
  if (!S_ISREG(status.st_mode)) return cannotRead(path, "not a regular file");
  return readAll(path, file);
}

std::optional<config::Config> loadConfiguration(const std::string& path) {
  const auto text = readFile(path);
  if (!text) {
    tellError(text.error().what);
    return std::nullopt;
  }
  auto parsed = config::parse(*text);
  if (!parsed) {
    for (const config::Issue& issue : parsed.error()) tell(stderr, config::format(path, issue) + "\n");
    return std::nullopt;
  }
  for (const config::Issue& issue : parsed->warnings) tell(stderr, config::format(path, issue) + " (warning)\n");
  return std::move(parsed->config);
}

}  // namespace lb
