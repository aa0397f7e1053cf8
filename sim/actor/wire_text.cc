// See wire_text.h.
#include "sim/actor/wire_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/actor/bad_requests.h"
#include "sim/plan/forwarded.h"
#include "sim/plan/route_paths.h"

namespace sim::actor {
namespace {

using plan::Framing;

// `hop`: a trailer that Connection has named, which must not be passed on; none: "".
void appendBody(std::string& out, std::uint64_t id, Direction direction, Framing framing, std::uint32_t bytes,
                std::uint32_t chunk, bool trailers, std::string_view hop, bool last_is_longer = false) {
  if (framing != Framing::Chunked) {
    appendPattern(out, id, direction, 0, bytes);
    return;
  }
  for (std::uint32_t at = 0; at < bytes;) {
    const std::uint32_t part = std::min(chunk, bytes - at);
    fmt::format_to(std::back_inserter(out), "{:x}\r\n", part);
    appendPattern(out, id, direction, at, part);
    at += part;
    if (last_is_longer && at == bytes) out += 'x';
    out += "\r\n";
  }
  out += "0\r\n";
  if (trailers) out += "X-Trailer: yes\r\n";
  if (trailers && !hop.empty()) out.append(hop).append(": secret\r\n");
  out += "\r\n";
}

void appendFields(std::string& out, std::uint64_t id, Direction direction, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto [name, value] = plannedField(id, direction, i);
    out.append(name)
        .append(":")
        .append(value.empty() || i % 3 == 0 ? "" : " ")
        .append(value)
        .append(i % 4 == 1 ? " \t\r\n" : "\r\n");
  }
}

std::string connectionOf(const plan::Request& request) {
  std::string members;
  const auto add = [&](const char* member) { members.append(members.empty() ? "" : ", ").append(member); };
  if (request.keep_alive) add("keep-alive");
  if (request.close) add("close");
  if (request.upgrade) add("Upgrade");
  if (request.hop_by_hop) add("X-Hop , TE");
  return members;
}

}  // namespace

std::pair<std::string, std::string> plannedField(std::uint64_t id, Direction direction, std::uint32_t index) {
  constexpr std::array<const char*, 7> kNames{"X-Alpha",    "x-lower-case", "X-Repeated", "Accept-Language",
                                              "X-Repeated", "X_Odd.Name!",  "Cookie"};
  const std::string name = kNames[(id + index) % kNames.size()];
  switch ((id * 3 + index) % 6) {
    case 0: return {name, ""};
    case 1: return {name, fmt::format("{}{}-{}", static_cast<char>(direction), id, index)};
    case 2: return {name, "a, b;q=0.5, \"quoted, text\""};
    case 3: return {name, "caf\xc3\xa9\tau lait"};
    case 4: return {name, std::string(40 + id % 200, 'v')};
    default: return {name, fmt::format("{:032x}", id * 0x9e3779b97f4a7c15U + index)};
  }
}

std::string requestTarget(const plan::Request& request) {
  const char* const before =
      request.spelled < 0 ? "" : plan::kRoutePaths.at(static_cast<std::size_t>(request.spelled)).sent;
  std::string target = fmt::format("{}/r/{}", before, request.id);
  if (request.words) {
    const plan::Answer& answer = request.answer;
    const auto delay = std::chrono::duration_cast<std::chrono::microseconds>(answer.delay).count();
    target += fmt::format("/status/{}/size/{}/delay/{}us", answer.status, answer.bytes, delay);
    if (answer.framing == Framing::Chunked) target += "/chunked";
  }
  if (request.padding > 0) target.append("?p=").append(request.padding, 'p');
  return target;
}

WireText requestText(const plan::Request& request) {
  const std::string host = plan::serviceHost(request.service);
  if (request.malformed >= 0) {
    WireText made{badRequestText(badRequests()[static_cast<std::size_t>(request.malformed)], host, request.id), 0};
    made.head_size = made.bytes.size();
    return made;
  }
  std::string text;
  fmt::format_to(std::back_inserter(text), "{} {} HTTP/1.{}\r\n", request.method, requestTarget(request),
                 request.http10 ? 0 : 1);
  if (!host.empty()) text.append("Host:").append(request.id % 5 == 0 ? "" : " ").append(host).append("\r\n");
  fmt::format_to(std::back_inserter(text), "X-Sim-Id: {}\r\n", request.id);
  if (request.canary) text += "X-Canary: 1\r\nX-Route: forged\r\n";
  if (!request.affinity.empty()) text.append(request.affinity).append("\r\n");
  appendFields(text, request.id, Direction::ToBackend, request.fields);
  if (const plan::Forwarded* row = plan::forwardedOf(request))
    text.append("X-Forwarded-For: ").append(row->sent).append("\r\n");
  // What must not be passed on: fields of this hop, also if a second Connection names them, and a client's word for
  // what only the proxy knows.
  if (request.hop_by_hop) {
    text +=
        "Keep-Alive: timeout=5\r\nTE: trailers\r\nX-Hop: secret\r\nx-hop-too:  \t secret \t\r\n"
        "Proxy-Connection: keep-alive\r\nConnection: X-Hop-Too\r\n"
        "X-Forwarded-For: 192.0.2.66\r\nForwarded: for=192.0.2.66\r\nX-Forwarded-Host: spoof.test\r\n"
        "x-forwarded-prefix: /spoof\r\n"
        "X-Request-Id: spoofed\r\n";
  }
  if (request.idempotency_key) fmt::format_to(std::back_inserter(text), "Idempotency-Key: {}\r\n", request.id);
  const std::string connection = connectionOf(request);
  if (!connection.empty()) text.append("Connection: ").append(connection).append("\r\n");
  if (request.upgrade) text.append("Upgrade: ").append(kProtocol).append("\r\n");
  if (request.expect) text += "Expect: 100-continue\r\n";
  if (request.framing == Framing::Length)
    fmt::format_to(std::back_inserter(text), "Content-Length: {}\r\n", request.bytes);
  if (request.framing == Framing::Chunked) text += "Transfer-Encoding: chunked\r\n";
  text += "\r\n";
  WireText made{std::move(text), 0};
  made.head_size = made.bytes.size();
  if (request.framing != Framing::None) {
    appendBody(made.bytes, request.id, Direction::ToBackend, request.framing, request.bytes, request.chunk,
               request.trailers, request.hop_by_hop ? "X-Hop-Too" : "");
  }
  return made;
}

std::uint32_t announcedBytes(const plan::Answer& answer) {
  constexpr std::uint32_t kMissing = 100;
  if (answer.fault == plan::AnswerFault::LengthTooLarge) return answer.bytes + kMissing;
  return answer.fault == plan::AnswerFault::LengthTooSmall ? answer.bytes / 2 : answer.bytes;
}

WireText answerText(const plan::Request& request, bool unavailable) {
  const plan::Answer& answer = request.answer;
  if (answer.fault == plan::AnswerFault::Garbage) return {"220 mail.test ESMTP ready\r\n\r\n", 0};
  if (answer.fault == plan::AnswerFault::HugeHead) return {"HTTP/1.1 200 OK\r\nX: " + std::string(300'000, 'x'), 0};
  const bool switches = answer.status == 101;
  const bool bodyless = switches || answer.status == 204 || answer.status == 304;
  std::string text;
  if (answer.interim) text += "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
  fmt::format_to(std::back_inserter(text), "HTTP/1.1 {} Planned\r\nX-Sim-Id: {}\r\nX-Hop-Back: 1\r\n",
                 unavailable ? kUnavailable : answer.status, request.id);
  if (request.canary) text += "X-Interior: 1\r\n";
  appendFields(text, request.id, Direction::ToClient, answer.fields);
  if (switches) {
    text.append("Connection: Upgrade, X-Hop-Back\r\nUpgrade: ").append(kProtocol).append("\r\n");
  } else if (answer.close || answer.framing == Framing::UntilClose || answer.fault == plan::AnswerFault::SaysClose) {
    text += "Connection: close, X-Hop-Back\r\n";
  } else {
    text += "Connection: X-Hop-Back\r\nKeep-Alive: timeout=60\r\n";
  }
  if (!bodyless && answer.framing == Framing::Length)
    fmt::format_to(std::back_inserter(text), "Content-Length: {}\r\n", announcedBytes(answer));
  if (!bodyless && answer.framing == Framing::Chunked) text += "Transfer-Encoding: chunked\r\n";
  text += "\r\n";
  WireText made{std::move(text), 0};
  made.head_size = made.bytes.size();
  if (!bodyless && request.method != "HEAD") {
    appendBody(made.bytes, request.id, Direction::ToClient, answer.framing, answer.bytes, answer.chunk, answer.trailers,
               request.id % 2 == 0 ? "X-Hop-Back" : "", answer.fault == plan::AnswerFault::BadChunk);
  }
  return made;
}

std::string spoilt(std::string answer, plan::AnswerFault fault, std::uint32_t at) {
  using enum plan::AnswerFault;
  if (fault == NoAnswerClose || fault == NoAnswerReset) answer.clear();
  if (fault == CutClose || fault == CutReset) answer.resize(answer.size() * at / 1000);
  if (fault == TrailingBytes) answer += "HTTP/1.1 200 OK\r\nnonsense";
  return answer;
}

}  // namespace sim::actor
