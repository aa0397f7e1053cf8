// Bytes to a message head, strictly (RFC 9112; the rules are listed in docs/wire.md).
//
// The verdict does not depend on how the bytes were cut into reads: lines are judged as they are completed, in order,
// and what cannot become a valid line any more is refused at once, so that garbage gets an answer, not a timeout.
#pragma once

#include "lb/buf/buffer.h"
#include "lb/http/field_section.h"
#include "lb/http/message.h"

namespace lb::http {

struct HeadLimits {
  std::size_t bytes_max = 32 * 1024;        // start line and fields with their line ends -> 431
  std::size_t target_bytes_max = 8 * 1024;  // requests only -> 414
  std::size_t fields_max = 100;             // -> 431
};

// Both parsers consume exactly the head's bytes when they are Done, and whatever they have understood before that.
// After Done or Bad: reset() before the next message. Up to one empty line (CRLF) before a request line is skipped
// (RFC 9112 2.2); before a status line nothing is.
class RequestParser {
 public:
  [[nodiscard]] ParseStatus parse(buf::Buffer& in, const HeadLimits& limits, RequestHead& head);
  [[nodiscard]] const Problem& problem() const { return problem_; }  // after Bad
  [[nodiscard]] bool started() const { return started_; }            // a byte of a head was seen since reset()
  void reset() { *this = {}; }

 private:
  enum class State : std::uint8_t { Start, EmptyLineEnd, Method, Target, Version, Fields, Finished };
  ParseStatus skipEmptyLine(buf::Buffer& in);
  ParseStatus scan(RequestHead& head, const HeadLimits& limits, std::uint32_t end);
  ParseStatus scanMethod(RequestHead& head, std::uint32_t end);
  ParseStatus scanTarget(RequestHead& head, const HeadLimits& limits, std::uint32_t end);
  ParseStatus scanVersion(RequestHead& head, std::uint32_t end);
  ParseStatus finish(RequestHead& head);
  ParseStatus bad(std::uint16_t status, const char* what);

  Problem problem_;
  bool started_ = false;
  State state_ = State::Start;
  std::uint32_t scanned_ = 0;  // bytes of head.fields.bytes() that are judged
  std::uint32_t begin_ = 0;    // of the target, then of the version
  Part target_authority_;      // empty unless the target is in absolute form
  FieldSection fields_;
};

class ResponseParser {
 public:
  [[nodiscard]] ParseStatus parse(buf::Buffer& in, const HeadLimits& limits, ResponseHead& head);
  [[nodiscard]] const Problem& problem() const { return problem_; }
  [[nodiscard]] bool started() const { return started_; }
  void reset() { *this = {}; }

 private:
  enum class State : std::uint8_t { StatusLine, Reason, LineEnd, Fields, Finished };
  ParseStatus scan(ResponseHead& head, const HeadLimits& limits, std::uint32_t end);
  ParseStatus scanStatusLine(ResponseHead& head, std::uint32_t end);
  ParseStatus scanReason(ResponseHead& head, std::uint32_t end);
  ParseStatus bad(const char* what);

  Problem problem_;
  bool started_ = false;
  State state_ = State::StatusLine;
  std::uint32_t scanned_ = 0;
  FieldSection fields_;
};

}  // namespace lb::http
