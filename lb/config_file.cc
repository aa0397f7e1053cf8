// See config_file.h.
#include "lb/config_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>

namespace lb {

Result<std::string> readFile(const std::string& path) {
  const auto why = [&] {
    return fail(fmt::format("cannot read {}: {}", path, std::generic_category().message(errno == 0 ? EIO : errno)));
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return why();
  std::string text;
  for (char piece[16 * 1024]; file.read(piece, sizeof(piece)) || file.gcount() > 0;) {
    text.append(piece, static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) return why();  // a folder opens and cannot be read
  return text;
}

std::optional<config::Config> loadConfiguration(const std::string& path) {
  const auto text = readFile(path);
  if (!text) {
    fmt::print(stderr, "lb: {}\n", text.error().what);
    return std::nullopt;
  }
  auto parsed = config::parse(*text);
  if (!parsed) {
    for (const config::Issue& issue : parsed.error()) fmt::print(stderr, "{}\n", config::format(path, issue));
    return std::nullopt;
  }
  for (const config::Issue& issue : parsed->warnings) fmt::print(stderr, "{} (warning)\n", config::format(path, issue));
  return std::move(parsed->config);
}

}  // namespace lb
