// What a dummy backend does with a request: how long it waits, what it answers, how it misbehaves. Set for all requests
// by flags, and for one request by its URL: /delay/200ms/status/503 or ?size=1MiB&chunked=1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lb/env/clock.h"

namespace be {

struct Behaviour {
  lb::Duration delay{};  // before the response
  std::uint16_t status = 200;
  std::optional<std::uint64_t> size;         // bytes of generated body instead of the text
  bool chunked = false;                      // chunked instead of Content-Length
  lb::Duration drip{};                       // the body in ten pieces, this long apart
  std::optional<std::uint64_t> close_after;  // cuts the connection after so many bytes of body
  bool echo = false;                         // the body tells what was received; a request body is sent back
};

inline constexpr std::uint64_t kSizeMax = 1ULL << 40;
inline constexpr lb::Duration kWaitMax = std::chrono::hours(1);

// Sets one property; false if the name is unknown or the value makes no sense. Names: delay, status, size, chunked,
// drip, close, echo.
[[nodiscard]] bool set(Behaviour& behaviour, std::string_view name, std::string_view value);

// `defaults` with what the target asks for on top; parts of it that mean nothing here are ignored.
[[nodiscard]] Behaviour behaviourOf(std::string_view target, const Behaviour& defaults);

[[nodiscard]] std::optional<lb::Duration> parseDuration(std::string_view text);  // 250ms, 2s, 1m, 1h
[[nodiscard]] std::optional<std::uint64_t> parseSize(std::string_view text);     // 4096, 64KiB, 1MiB, 1GiB

}  // namespace be
