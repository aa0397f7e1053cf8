// Formatters for spdlog. Its own patterns neither escape nor cut the level names to one width.
#include "lb/os/log_format.h"

#include <fmt/format.h>
#include <spdlog/details/log_msg.h>

#include <array>
#include <chrono>
#include <ctime>
#include <iterator>

namespace lb::os {
namespace {

using spdlog::details::log_msg;

void appendTime(spdlog::log_clock::time_point time, std::string& out) {
  const auto since_epoch = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch - seconds);
  const std::time_t whole = static_cast<std::time_t>(seconds.count());
  std::tm utc{};
  gmtime_r(&whole, &utc);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                 utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, milliseconds.count());
}

std::string_view levelName(spdlog::level::level_enum level) {
  constexpr std::array<std::string_view, 7> kNames{"trace", "debug", "info", "warn", "error", "error", "off"};
  return kNames.at(static_cast<std::size_t>(level));
}

std::string_view messageOf(const log_msg& message) {
  return {message.payload.data(), message.payload.size()};
}

class TextFormatter final : public spdlog::formatter {
 public:
  void format(const log_msg& message, spdlog::memory_buf_t& destination) override {
    line_.clear();
    appendTime(message.time, line_);
    fmt::format_to(std::back_inserter(line_), " {:5} ", levelName(message.level));
    appendEscapedText(messageOf(message), line_);
    line_ += '\n';
    destination.append(line_.data(), line_.data() + line_.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<TextFormatter>(); }

 private:
  std::string line_;
};

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const log_msg& message, spdlog::memory_buf_t& destination) override {
    line_ = R"({"time":")";
    appendTime(message.time, line_);
    fmt::format_to(std::back_inserter(line_), R"(","level":"{}","msg":")", levelName(message.level));
    appendEscapedJson(messageOf(message), line_);
    line_ += "\"}\n";
    destination.append(line_.data(), line_.data() + line_.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }

 private:
  std::string line_;
};

constexpr bool isControl(unsigned char byte) {
  return byte < 0x20 || byte == 0x7f;
}

// The length of the well-formed UTF-8 sequence at the front (Unicode 15, table 3-7), or 0.
std::size_t sequenceLength(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto within = [&](std::size_t i, unsigned low, unsigned high) { return at(i) >= low && at(i) <= high; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return within(1, 0x80, 0xbf) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool second = within(1, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf);
    return second && within(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool second = within(1, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf);
    return second && within(2, 0x80, 0xbf) && within(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

}  // namespace

void appendEscapedText(std::string_view message, std::string& out) {
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (isControl(byte) && c != '\t') {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
}

void appendEscapedJson(std::string_view message, std::string& out) {
  while (!message.empty()) {
    const std::size_t length = sequenceLength(message);
    const char c = message.front();
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (isControl(static_cast<unsigned char>(c))) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += message.substr(0, length);
    }
    message.remove_prefix(length == 0 ? 1 : length);
  }
}

std::unique_ptr<spdlog::formatter> makeLogFormatter(LogFormat format) {
  if (format == LogFormat::Json) return std::make_unique<JsonFormatter>();
  return std::make_unique<TextFormatter>();
}

}  // namespace lb::os
