// See fast_http.h.
#include "sim/model/fast_http.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "lb/http/message.h"

namespace sim::model {
namespace {

using lb::http::equalsIgnoreCase;

constexpr std::size_t kPeriod = 61;  // a prime: a shift by a block or a segment is another text
constexpr std::size_t kTextBytes = kPeriod * 64;

constexpr std::array<char, kTextBytes + kPeriod> makeText() {
  constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::array<char, kTextBytes + kPeriod> text{};
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = kLetters[i % kPeriod];
  return text;
}
constexpr auto kText = makeText();

std::string_view textAt(std::uint64_t id, std::uint64_t offset) {
  const std::size_t begin = static_cast<std::size_t>((id % kPeriod + offset) % kPeriod);
  return std::string_view(kText.data() + begin, kTextBytes);
}

std::optional<std::uint64_t> numberFrom(std::string_view text) {
  std::uint64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

bool setNumber(std::optional<std::uint64_t>& field, std::string_view value) {
  if (field.has_value()) return false;
  field = numberFrom(value);
  return field.has_value();
}

// "connect_failed" of "lb; error=connect_failed".
std::string_view errorOf(std::string_view proxy_status) {
  constexpr std::string_view kKey = "; error=";
  const std::size_t at = proxy_status.find(kKey);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = proxy_status.substr(at + kKey.size());
  return rest.substr(0, rest.find(';'));
}

struct Found {
  std::optional<std::uint64_t> length;
};

bool readField(std::string_view line, FastHead& head, Found& found) {
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (equalsIgnoreCase(name, kIdField)) return setNumber(head.id, value);
  if (equalsIgnoreCase(name, kBackendField)) return setNumber(head.backend, value);
  if (equalsIgnoreCase(name, kAnswerField)) return setNumber(head.answer, value);
  if (equalsIgnoreCase(name, "content-length")) return setNumber(found.length, value);
  if (equalsIgnoreCase(name, "connection")) head.close = equalsIgnoreCase(value, "close");
  if (equalsIgnoreCase(name, "proxy-status")) head.proxy_error = errorOf(value);
  return !equalsIgnoreCase(name, "transfer-encoding");  // nobody in these experiments sends one
}

bool readStatus(FastHead& head) {
  const std::string_view line = head.start_line;
  if (!line.starts_with("HTTP/1.1 ") || line.size() < 13 || line[12] != ' ') return false;
  const auto status = numberFrom(line.substr(9, 3));
  if (!status || *status < 200 || *status > 599) return false;
  head.status = static_cast<int>(*status);
  return true;
}

}  // namespace

HeadStatus parseHead(HeadKind kind, std::string_view text, FastHead& head) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return text.size() > kHeadBytesMax ? HeadStatus::Bad : HeadStatus::Partial;
  head = {};
  head.bytes = end + 4;
  std::string_view rest = text.substr(0, end + 2);
  std::size_t line_end = rest.find("\r\n");
  head.start_line = rest.substr(0, line_end);
  rest.remove_prefix(line_end + 2);
  Found found;
  for (; !rest.empty(); rest.remove_prefix(line_end + 2)) {
    line_end = rest.find("\r\n");
    if (!readField(rest.substr(0, line_end), head, found)) return HeadStatus::Bad;
  }
  head.body_bytes = found.length.value_or(0);
  if (kind == HeadKind::Request) return head.start_line.ends_with(" HTTP/1.1") ? HeadStatus::Complete : HeadStatus::Bad;
  const bool fine = readStatus(head) && (found.length.has_value() || head.status == 204 || head.status == 304);
  return fine ? HeadStatus::Complete : HeadStatus::Bad;
}

void appendBody(std::string& to, std::uint64_t id, std::uint64_t offset, std::uint64_t bytes) {
  while (bytes > 0) {
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kTextBytes));
    to.append(textAt(id, offset).substr(0, count));
    offset += count;
    bytes -= count;
  }
}

bool isBody(std::string_view bytes, std::uint64_t id, std::uint64_t offset) {
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kTextBytes);
    if (bytes.substr(0, count) != textAt(id, offset).substr(0, count)) return false;
    bytes.remove_prefix(count);
    offset += count;
  }
  return true;
}

void appendNumber(std::string& to, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  to.append(digits.data(), result.ptr);
}

void appendField(std::string& to, std::string_view name, std::uint64_t number) {
  to.append("\r\n").append(name).append(": ");
  appendNumber(to, number);
}

}  // namespace sim::model
