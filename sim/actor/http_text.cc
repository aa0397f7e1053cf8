// See http_text.h.
#include "sim/actor/http_text.h"

#include <algorithm>
#include <charconv>

namespace sim::actor {
namespace {

std::optional<std::size_t> number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<std::string_view> lineAt(std::string_view text, std::size_t at) {
  const std::size_t end = text.find("\r\n", at);
  if (end == std::string_view::npos) return std::nullopt;
  return text.substr(at, end - at);
}

bool readHead(std::string_view text, Message& message) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  message.start_line = *lineAt(text, 0);
  for (std::size_t at = message.start_line.size() + 2; at < end + 2;) {
    const std::string_view line = *lineAt(text, at);
    const std::size_t colon = line.find(':');
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    std::string_view value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    message.fields.emplace_back(std::move(name), value);
    at += line.size() + 2;
  }
  message.size = end + 4;
  return true;
}

bool readChunks(std::string_view text, Message& message) {
  for (;;) {
    const auto line = lineAt(text, message.size);
    if (!line) return false;
    const auto size = number(*line, 16);
    if (!size) return false;
    message.size += line->size() + 2;
    if (*size == 0) break;
    if (text.size() < message.size + *size + 2) return false;
    if (text.substr(message.size + *size, 2) != "\r\n") return false;
    message.body += text.substr(message.size, *size);
    message.size += *size + 2;
  }
  for (;;) {
    const auto line = lineAt(text, message.size);
    if (!line) return false;
    message.size += line->size() + 2;
    if (line->empty()) return true;
    message.trailers += std::string(*line) + "\r\n";
  }
}

bool readCounted(std::string_view text, std::size_t length, Message& message) {
  if (text.size() < message.size + length) return false;
  message.body = text.substr(message.size, length);
  message.size += length;
  return true;
}

}  // namespace

int Message::status() const {
  if (start_line.size() < 12 || !start_line.starts_with("HTTP/1.")) return 0;
  return static_cast<int>(number(std::string_view(start_line).substr(9, 3), 10).value_or(0));
}

std::optional<std::string> Message::field(std::string_view name) const {
  const auto found = std::ranges::find(fields, name, [](const auto& one) { return std::string_view(one.first); });
  if (found == fields.end()) return std::nullopt;
  return found->second;
}

std::size_t Message::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count(fields, name, [](const auto& one) { return std::string_view(one.first); }));
}

std::optional<Message> firstMessage(std::string_view text, MessageKind kind, bool ended) {
  Message message;
  if (!readHead(text, message)) return std::nullopt;
  const int status = message.status();
  const bool response = kind != MessageKind::Request;
  if (response && (kind == MessageKind::ResponseToHead || status < 200 || status == 204 || status == 304))
    return message;
  if (const auto coding = message.field("transfer-encoding")) {
    message.chunked = *coding == "chunked";
    if (!message.chunked || !readChunks(text, message)) return std::nullopt;
    return message;
  }
  if (const auto length = message.field("content-length")) {
    const auto bytes = number(*length, 10);
    if (!bytes || !readCounted(text, *bytes, message)) return std::nullopt;
    return message;
  }
  if (!response) return message;
  if (!ended) return std::nullopt;
  message.until_close = true;
  if (!readCounted(text, text.size() - message.size, message)) return std::nullopt;
  return message;
}

std::vector<Message> allMessages(std::string_view text, MessageKind kind, bool ended, std::string& rest) {
  std::vector<Message> messages;
  while (auto message = firstMessage(text, kind, ended)) {
    text.remove_prefix(message->size);
    messages.push_back(std::move(*message));
  }
  rest = text;
  return messages;
}

}  // namespace sim::actor
