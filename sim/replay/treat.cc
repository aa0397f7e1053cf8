// See treat.h.
#include "sim/replay/treat.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sim::replay {
namespace {

using lb::Duration;
using model::Ending;

// The log has bytes with their heads, and not where a head ends. These are the heads of replayed messages, less what
// a line shows of them; so what a client sends and gets in sum is nearly what it was.
constexpr std::uint64_t kRequestHead = 68;
constexpr std::uint64_t kAnswerHead = 166;

template <std::size_t N>
bool isOneOf(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

bool isPlain(std::string_view text, std::string_view besides) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           besides.find(c) != std::string_view::npos;
  });
}

std::string whyLeftOut(const Line& line) {
  constexpr std::array<std::string_view, 4> kMistakes{"bad_request", "uri_too_long", "header_too_large",
                                                      "request_timeout"};
  if (line.code == 101) return "tunnels (101): what went through them is not in the log";
  if (isOneOf(line.reason, kMistakes))
    return fmt::format("clients' mistakes ({}): the bytes that were wrong are not in the log", line.reason);
  if (line.aborted == "request") return "clients that went away within their request";
  if (!line.total && !line.aborted.empty())
    return "clients that went away before any answer: the log does not say how long they had waited";
  if (!line.total) return "requests without t_total: the log does not say when they began";
  if (!isPlain(line.method, "-_") || !isPlain(line.host, ".-_:[]")) return "requests without a method or host to send";
  const bool answered = line.by_backend && line.aborted.empty();
  if (answered && (line.code < 200 || line.code > 599)) return fmt::format("answers with status {}", line.code);
  return {};
}

std::uint64_t bodyOf(const Line& line) {
  constexpr std::array<std::string_view, 4> kBodiless{"GET", "HEAD", "DELETE", "OPTIONS"};
  if (isOneOf(line.method, kBodiless)) return 0;
  const std::uint64_t head = kRequestHead + line.method.size() + line.path.size() + line.host.size() + line.agent_bytes;
  return line.bytes_in - std::min(line.bytes_in, head);
}

// What the backend did, if lb's own answer is all that the client has seen of it.
void setSilence(const Line& line, Treatment& treatment) {
  model::ScriptedAnswer& answer = treatment.answer;
  answer.head = false;
  answer.wait = line.wait.value_or(*line.total - std::min(*line.total, line.receive.value_or(Duration::zero())));
  if (line.reason == "backend_timeout") {
    answer.ending = Ending::Silent;
  } else if (line.reason == "backend_closed") {
    answer.ending = Ending::Cut;
  } else if (line.reason == "bad_backend_response") {
    answer.ending = Ending::Garbage;
  } else {
    treatment.stand_in_for = line.reason.empty() ? fmt::format("lb_{}", line.code) : line.reason;
  }
}

Ending endingOf(const Line& line) {
  constexpr std::array<std::string_view, 2> kCut{"backend_closed", "bad_backend_response"};
  if (!line.aborted.empty() || line.reason == "backend_timeout") return Ending::Silent;
  return isOneOf(line.reason, kCut) ? Ending::Cut : Ending::Whole;
}

// From the answer's first byte to its last. Of an answer that was cut, or whose client left, the log has only when all
// was over; and what earlier attempts took of that is not in it.
Duration receiveOf(const Line& line) {
  const bool silent = line.reason == "backend_timeout";
  const bool cut = !line.reason.empty() || line.aborted == "response";
  if (line.backend_receive || silent || !cut) return line.backend_receive.value_or(Duration::zero());
  Duration left = *line.total;
  for (const auto& before : {line.receive, line.queue, line.connect, line.wait})
    left -= std::min(left, before.value_or(Duration::zero()));
  return left;
}

}  // namespace

Treatment treat(const Line& line) {
  Treatment treatment;
  treatment.left_out = whyLeftOut(line);
  if (!treatment.left_out.empty()) return treatment;
  treatment.body = bodyOf(line);
  if (!line.aborted.empty()) treatment.patience = std::max(*line.total, Duration(std::chrono::microseconds(1)));
  if (line.aborted.empty() && !line.by_backend) {
    setSilence(line, treatment);
    return treatment;
  }
  model::ScriptedAnswer& answer = treatment.answer;
  answer.ending = endingOf(line);
  // Who left before any answer has 499 for its code, which a backend may say, too.
  answer.head = line.aborted != "wait" && line.code >= 200 && line.code < 600;
  answer.status = static_cast<std::uint16_t>(answer.head ? line.code : 200);
  answer.wait = line.wait.value_or(Duration::zero());
  answer.receive = receiveOf(line);
  if (answer.head && line.method != "HEAD") answer.bytes = line.bytes_out - std::min(line.bytes_out, kAnswerHead);
  return treatment;
}

std::string causeOf(const Line& line) {
  if (!line.aborted.empty()) return "client_gave_up";
  const bool of_route = line.reason == "redirect" || line.reason == "fixed_response";
  if (of_route) return line.code >= 400 ? fmt::format("lb_{}", line.code) : "";
  if (!line.by_backend) return line.reason.empty() ? fmt::format("lb_{}", line.code) : line.reason;
  if (!line.reason.empty()) return "connection_lost";
  return line.code >= 500 ? fmt::format("backend_{}", line.code) : "";
}

}  // namespace sim::replay
