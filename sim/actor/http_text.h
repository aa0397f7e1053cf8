// Messages as a program that shares no code with lb reads them off a byte stream: strictly, and knowing what it asked.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sim::actor {

struct Message {
  std::string start_line;
  std::vector<std::pair<std::string, std::string>> fields;  // in order; names in lower case
  std::string body;                                         // decoded
  std::string trailers;                                     // as received
  bool chunked = false;
  bool until_close = false;
  std::size_t size = 0;  // bytes on the wire

  [[nodiscard]] int status() const;  // of a response; 0 if the start line is none
  [[nodiscard]] std::optional<std::string> field(std::string_view name) const;  // `name` in lower case
  [[nodiscard]] std::size_t count(std::string_view name) const;
};

enum class MessageKind { Request, Response, ResponseToHead };

// The first message of `text`, if it is complete. `ended`: nothing will follow, so a body until close is complete.
[[nodiscard]] std::optional<Message> firstMessage(std::string_view text, MessageKind kind, bool ended = false);

// All complete messages; `rest` gets what follows them. Every message is of the same kind.
[[nodiscard]] std::vector<Message> allMessages(std::string_view text, MessageKind kind, bool ended, std::string& rest);

}  // namespace sim::actor
