// See json_place.h. The library that parses JSON keeps no positions, so whoever wants one looks for it in the text.
#include "sim/plan/json_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace sim::plan {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) { skipSpace(); }

  [[nodiscard]] std::size_t at() const { return at_; }

  // From a value to one of its members or elements. Where that begins, with its key if it has one; nothing: it is not
  // there, and where the scanner stands is not defined.
  std::optional<std::size_t> enter(std::string_view name) {
    const bool object = peek() == '{';
    if (!object && peek() != '[') return std::nullopt;
    ++at_;
    for (std::size_t i = 0;; ++i) {
      skipSpace();
      if (at_ >= text_.size() || peek() == '}' || peek() == ']') return std::nullopt;
      const std::size_t begin = at_;
      bool found = !object && name == fmt::format("{}", i);
      if (object) {
        found = key() == name;
        skipSpace();
        ++at_;  // the colon
        skipSpace();
      }
      if (found) return begin;
      skipValue();
      skipSpace();
      if (peek() == ',') ++at_;
    }
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skipSpace() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  // As it is written: no field's name has an escape.
  std::string_view key() {
    const std::size_t begin = at_ + 1;
    skipString();
    return text_.substr(begin, at_ - begin - 1);
  }

  void skipString() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  void skipValue() {
    int depth = 0;
    do {
      const char first = peek();
      if (first == '"') {
        skipString();
        continue;
      }
      if (first == '{' || first == '[') ++depth;
      if (first == '}' || first == ']') --depth;
      ++at_;
    } while (at_ < text_.size() && (depth > 0 || !endsValue(peek())));
  }

  static bool endsValue(char c) { return c == ',' || c == '}' || c == ']'; }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string placeOf(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("{}:{}", 1 + std::ranges::count(before, '\n'), before.size() - line_start + 1);
}

std::string placeOf(std::string_view text, std::string_view path) {
  Scanner scanner(text);
  std::size_t found = scanner.at();
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(name.size());
    const auto inside = scanner.enter(name);
    if (!inside) break;
    found = *inside;
  }
  return placeOf(text, found);
}

}  // namespace sim::plan
