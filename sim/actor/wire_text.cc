// See wire_text.h.
#include "sim/actor/wire_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/actor/bad_requests.h"
#include "sim/actor/pattern.h"

namespace sim::actor {
namespace {

using plan::Framing;

void appendBody(std::string& out, std::uint64_t id, Direction direction, Framing framing, std::uint32_t bytes,
                std::uint32_t chunk, bool trailers) {
  if (framing != Framing::Chunked) {
    appendPattern(out, id, direction, 0, bytes);
    return;
  }
  for (std::uint32_t at = 0; at < bytes;) {
    const std::uint32_t part = std::min(chunk, bytes - at);
    out += fmt::format("{:x}\r\n", part);
    appendPattern(out, id, direction, at, part);
    out += "\r\n";
    at += part;
  }
  out += trailers ? "0\r\nX-Trailer: yes\r\n\r\n" : "0\r\n\r\n";
}

}  // namespace

WireText requestText(const plan::Request& request) {
  const std::string host = plan::serviceHost(request.service);
  if (request.malformed >= 0) {
    WireText made{badRequestText(badRequests()[static_cast<std::size_t>(request.malformed)], host, request.id), 0};
    made.head_size = made.bytes.size();
    return made;
  }
  std::string text = fmt::format("{} /r/{} HTTP/1.{}\r\nHost: {}\r\nX-Sim-Id: {}\r\nX-Tag: tag-{}\r\n", request.method,
                                 request.id, request.http10 ? 0 : 1, host, request.id, request.id);
  std::string connection = request.keep_alive ? "keep-alive" : request.close ? "close" : "";
  if (request.hop_by_hop) {
    text += "Keep-Alive: timeout=5\r\nTE: trailers\r\nX-Hop: secret\r\nProxy-Connection: keep-alive\r\n";
    connection += connection.empty() ? "X-Hop, TE" : ", X-Hop, TE";
  }
  if (!connection.empty()) text += fmt::format("Connection: {}\r\n", connection);
  if (request.expect) text += "Expect: 100-continue\r\n";
  if (request.framing == Framing::Length) text += fmt::format("Content-Length: {}\r\n", request.bytes);
  if (request.framing == Framing::Chunked) text += "Transfer-Encoding: chunked\r\n";
  text += "\r\n";
  WireText made{std::move(text), 0};
  made.head_size = made.bytes.size();
  if (request.framing != Framing::None) {
    appendBody(made.bytes, request.id, Direction::ToBackend, request.framing, request.bytes, request.chunk,
               request.trailers);
  }
  return made;
}

WireText answerText(const plan::Request& request) {
  const plan::Answer& answer = request.answer;
  if (answer.fault == plan::AnswerFault::Garbage) return {"220 mail.test ESMTP ready\r\n\r\n", 0};
  if (answer.fault == plan::AnswerFault::HugeHead) return {"HTTP/1.1 200 OK\r\nX: " + std::string(300'000, 'x'), 0};
  std::string text;
  if (answer.interim && !request.http10) text += "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
  text += fmt::format("HTTP/1.1 {} Planned\r\nX-Sim-Id: {}\r\nX-Hop-Back: 1\r\n", answer.status, request.id);
  const bool bodyless = answer.status == 204 || answer.status == 304;
  const bool closes = answer.close || answer.framing == Framing::UntilClose;
  text += closes ? "Connection: close, X-Hop-Back\r\n" : "Connection: X-Hop-Back\r\nKeep-Alive: timeout=60\r\n";
  if (!bodyless && answer.framing == Framing::Length) text += fmt::format("Content-Length: {}\r\n", answer.bytes);
  if (!bodyless && answer.framing == Framing::Chunked) text += "Transfer-Encoding: chunked\r\n";
  text += "\r\n";
  WireText made{std::move(text), 0};
  made.head_size = made.bytes.size();
  if (!bodyless && request.method != "HEAD") {
    appendBody(made.bytes, request.id, Direction::ToClient, answer.framing, answer.bytes, answer.chunk,
               answer.trailers);
  }
  return made;
}

}  // namespace sim::actor
