// Just enough HTTP for load experiments, on both sides of the proxy: heads without copying, bodies whose every byte is
// known beforehand. What it does not understand is a violation, never a guess.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sim::model {

struct FastHead {
  std::string_view start_line;
  std::size_t bytes = 0;  // with the empty line
  int status = 0;         // of a response
  std::uint64_t body_bytes = 0;
  bool close = false;
  std::optional<std::uint64_t> id;       // X-Id: the request's number, which the answer repeats
  std::optional<std::uint64_t> backend;  // X-Backend: who answered
  std::optional<std::uint64_t> answer;   // X-Answer: how many bytes the answer is to have
  std::string_view proxy_error;          // of Proxy-Status (RFC 9209): why the proxy answers by itself
};

enum class HeadKind : std::uint8_t { Request, Response };
enum class HeadStatus : std::uint8_t { Complete, Partial, Bad };

constexpr std::size_t kHeadBytesMax = 16 * 1024;

// `text` begins with a head. The views of `head` are into it.
[[nodiscard]] HeadStatus parseHead(HeadKind kind, std::string_view text, FastHead& head);

// Bodies are pieces of one endless text, each beginning at a place that its request's number gives.
void appendBody(std::string& to, std::uint64_t id, std::uint64_t offset, std::uint64_t bytes);
[[nodiscard]] bool isBody(std::string_view bytes, std::uint64_t id, std::uint64_t offset);

void appendNumber(std::string& to, std::uint64_t number);

}  // namespace sim::model
