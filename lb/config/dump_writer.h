// What the parts of the dump share: lines in the syntax of the file. Internal to lb/config.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lb/config/units.h"

namespace lb::config {

// Always in quotes, so that no text is taken for a number, a null or a comment.
inline std::string text(std::string_view value) {
  std::string result = "\"";
  for (const char character : value) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      if (character == '"' || character == '\\') result += '\\';
      result += character;
    }
  }
  return result + "\"";
}

// Collects lines; the indentation follows the nesting.
class Writer {
 public:
  void comment(std::string_view words) { line("# ", words); }
  void open(std::string_view key) {
    line(key, ":");
    ++depth_;
  }
  void nest() { ++depth_; }
  void close() { --depth_; }
  void set(std::string_view key, std::string_view value) { line(key, fmt::format(": {}", value)); }
  void set(std::string_view key, bool value) { set(key, value ? std::string_view("true") : std::string_view("false")); }
  void set(std::string_view key, const char* value) { set(key, std::string_view(value)); }
  void set(std::string_view key, std::uint64_t value) { set(key, std::to_string(value)); }
  void set(std::string_view key, Duration value) { set(key, formatDuration(value)); }
  void size(std::string_view key, std::uint64_t value) { set(key, formatSize(value)); }
  void autoOr(std::string_view key, std::uint64_t value) { set(key, value == 0 ? "auto" : std::to_string(value)); }
  template <class T, class Format>
  void list(std::string_view key, const std::vector<T>& values, Format format) {
    std::string items;
    for (const T& value : values) items += (items.empty() ? "" : ", ") + format(value);
    set(key, "[" + items + "]");
  }
  void item(std::string_view words) { line("- ", words); }
  std::string take() { return std::move(out_); }

 private:
  void line(std::string_view start, std::string_view rest) {
    out_ += fmt::format("{}{}{}\n", std::string(depth_ * 2, ' '), start, rest);
  }
  std::string out_;
  std::size_t depth_ = 0;
};

}  // namespace lb::config
