// Requests that a proxy must not pass on: each row is a way that has been used to make two programs disagree about
// where a message ends.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace sim::actor {

struct BadRequest {
  const char* name;
  const char* text;  // $HOST and $ID stand for those of the request
  bool bad_head;     // no byte of it may reach a backend; otherwise its body may never look complete there
};

[[nodiscard]] std::span<const BadRequest> badRequests();
// With a second request behind it that nobody may ever serve.
[[nodiscard]] std::string badRequestText(const BadRequest& row, const std::string& host, std::uint64_t id);

}  // namespace sim::actor
