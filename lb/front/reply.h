// Responses that a program makes by itself: short, complete, with a body that people can read.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include "lb/http/events.h"

namespace lb::front {

struct Reply {
  std::uint16_t status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string_view body;
  std::span<const std::pair<std::string_view, std::string_view>> fields = {};
  std::function<void(http::Fields&)> edit = {};  // the last word on the fields; framing is not among them
};

// All that stands in its head but the framing, added to `fields`. `now` fills Date.
void addReplyFields(const Reply& reply, WallTime now, http::Fields& fields);

// Sends head, body and end, and does not flush. A HEAD request gets the same head and no body; 204 and 304 carry none.
void sendReply(http::ResponseWriter& writer, const Reply& reply, http::Method request_method, WallTime now,
               buf::BlockPool& blocks);

}  // namespace lb::front
