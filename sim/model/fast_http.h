// Just enough HTTP for load experiments, on both sides of the proxy: heads without copying, bodies whose every byte is
// known beforehand. What it does not understand is a violation, never a guess.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sim::model {

// What the two sides tell each other through the proxy. Their names are such that no configuration means them.
inline constexpr std::string_view kIdField = "X-Afe-Sim-Id";            // the request's number; the answer repeats it
inline constexpr std::string_view kBackendField = "X-Afe-Sim-Backend";  // who answered
inline constexpr std::string_view kAnswerField = "X-Afe-Sim-Answer";    // how many bytes the answer is to have
inline constexpr std::array kPrivateFields{kIdField, kBackendField, kAnswerField};

struct FastHead {
  std::string_view start_line;
  std::size_t bytes = 0;  // with the empty line
  int status = 0;         // of a response
  std::uint64_t body_bytes = 0;
  bool close = false;
  std::optional<std::uint64_t> id;  // of kIdField, as the next two are of theirs
  std::optional<std::uint64_t> backend;
  std::optional<std::uint64_t> answer;
  std::string_view proxy_error;  // of Proxy-Status (RFC 9209): why the proxy answers by itself
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
void appendField(std::string& to, std::string_view name, std::uint64_t number);  // ends the line before, not its own

}  // namespace sim::model
