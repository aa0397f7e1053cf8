// One line of lb's JSON access log, taken apart once: for lines that are known to be well formed, and much faster than
// a parser of JSON. What the line was given as has to live as long as this.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace sim::check {

class LogLine {
 public:
  explicit LogLine(std::string_view line) {
    std::size_t at = 1;  // behind the brace
    while (at < line.size() && line[at] == '"' && count_ < kMembersMax) {
      const std::size_t key_end = endOfText(line, at + 1);
      const std::size_t begin = key_end + 2;
      const bool quoted = begin < line.size() && line[begin] == '"';
      std::size_t end = quoted ? endOfText(line, begin + 1) : begin;
      while (!quoted && end < line.size() && line[end] != ',' && line[end] != '}') ++end;
      if (end >= line.size()) return;
      std::string_view value = line.substr(quoted ? begin + 1 : begin, end - begin - (quoted ? 1 : 0));
      if (!quoted && value == "null") value = {};
      members_[count_++] = {line.substr(at + 1, key_end - at - 1), value};
      at = end + (quoted ? 2 : 1);
    }
  }

  // The value without its quotes, escaped as it is; "" for null and for what is not there. Quick for whoever asks in
  // the order of the line.
  [[nodiscard]] std::string_view operator[](std::string_view key) const {
    for (std::size_t i = 0; i < count_; ++i) {
      const auto& [name, value] = members_[next_];
      next_ = next_ + 1 == count_ ? 0 : next_ + 1;
      if (name == key) return value;
    }
    return {};
  }

 private:
  static constexpr std::size_t kMembersMax = 40;

  // Of the quote that ends what begins at `at`.
  static std::size_t endOfText(std::string_view line, std::size_t at) {
    std::size_t end = line.find('"', at);
    while (end < line.size() && isEscaped(line, end)) end = line.find('"', end + 1);
    return std::min(end, line.size());
  }
  static bool isEscaped(std::string_view line, std::size_t quote) {
    std::size_t backslashes = 0;
    while (line[quote - backslashes - 1] == '\\') ++backslashes;
    return backslashes % 2 == 1;
  }

  std::array<std::pair<std::string_view, std::string_view>, kMembersMax> members_;
  std::size_t count_ = 0;
  mutable std::size_t next_ = 0;  // where the last answer ended
};

}  // namespace sim::check
