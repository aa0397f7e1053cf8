// See files.h.
#include "sim/rehearse/files.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "lb/config/parse.h"

namespace sim::rehearse {

void complain(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
}

lb::Result<std::string> read(const std::string& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (in.is_open() && in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
  if (!in.is_open() || in.bad() || !text)  // a folder opens, and cannot be read
    return lb::fail(fmt::format("{}: cannot be read: {}", file, std::strerror(errno == 0 ? EIO : errno)));
  return text.str();
}

std::optional<lb::config::Config> readConfig(const std::string& file) {
  const auto text = read(file);
  if (!text) {
    complain(text.error().what);
    return std::nullopt;
  }
  auto parsed = lb::config::parse(*text);
  if (parsed) return std::move(parsed->config);
  for (const auto& issue : parsed.error()) complain(lb::config::format(file, issue));
  return std::nullopt;
}

bool write(const std::string& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out.fail()) return true;
  complain(fmt::format("{}: cannot be written", file));
  return false;
}

}  // namespace sim::rehearse
