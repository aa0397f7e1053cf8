// One line of lb's access log in its JSON format (docs/telemetry.md): what a replay needs of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lb/base/address.h"
#include "lb/base/result.h"
#include "lb/env/clock.h"

namespace sim::replay {

struct Line {
  lb::Duration time{};  // when the request was over, since 1970 (UTC)
  std::string method;
  std::string host;
  std::string path;
  std::string service;                 // "_none": none was found
  std::string backend;                 // "": none was chosen
  std::string reason;                  // "": lb neither answered by itself nor cut the exchange
  std::string aborted;                 // "": the client stayed
  std::optional<lb::Address> address;  // of the backend, whose name may stand for several
  bool by_backend = false;
  unsigned code = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::size_t agent_bytes = 0;  // of the User-Agent
  std::optional<lb::Duration> total;
  std::optional<lb::Duration> receive;
  std::optional<lb::Duration> queue;
  std::optional<lb::Duration> connect;
  std::optional<lb::Duration> wait;
  std::optional<lb::Duration> backend_receive;
};

// An error says what is wrong with the text, without its place.
[[nodiscard]] lb::Result<Line> parseLine(std::string_view text);

}  // namespace sim::replay
