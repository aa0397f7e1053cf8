// A status line and its fields, judged as the bytes come.
#include "lb/base/check.h"
#include "lb/http/chars.h"
#include "lb/http/head_parser.h"
#include "lb/http/scan.h"

namespace lb::http {
namespace {

constexpr std::string_view kUsualBegin = "HTTP/1.1 ";
constexpr std::uint32_t kStatusBegin = 9;  // behind it
constexpr std::uint32_t kStatusEnd = 12;

// Why `c` cannot be byte number `index` of "HTTP/1.1 nnn"; null if it can.
const char* statusLineProblem(std::uint32_t index, char c) {
  if (index < kStatusBegin) {
    if (c == kUsualBegin[index] || (index == 7 && c == '0')) return nullptr;
    return (index == 5 || index == 7) && is(kDigit, c) ? "HTTP version not supported" : "not an HTTP/1 status line";
  }
  if (index > kStatusBegin) return is(kDigit, c) ? nullptr : "malformed status code";
  if (!is(kDigit, c)) return "malformed status code";
  return c >= '1' && c <= '5' ? nullptr : "status code out of range";
}

}  // namespace

ParseStatus ResponseParser::bad(const char* what) {
  problem_ = {502, what};
  state_ = State::Finished;
  return ParseStatus::Bad;
}

ParseStatus ResponseParser::parse(buf::Buffer& in, const HeadLimits& limits, ResponseHead& head) {
  LB_CHECK(state_ != State::Finished);
  if (in.empty()) return ParseStatus::NeedMore;
  if (!started_) {
    head.clear();
    started_ = true;
  }
  return feed(in, head.fields.bytes(), limits.bytes_max, scanned_, [&](std::uint32_t end, bool cut) {
    const ParseStatus status = scan(head, limits, end);
    return status == ParseStatus::NeedMore && cut ? bad("head too large") : status;
  });
}

ParseStatus ResponseParser::scan(ResponseHead& head, const HeadLimits& limits, std::uint32_t end) {
  ParseStatus status = ParseStatus::Done;
  if (state_ == State::StatusLine) status = scanStatusLine(head, end);
  if (state_ == State::Reason && status == ParseStatus::Done) status = scanReason(head, end);
  if (state_ == State::LineEnd && status == ParseStatus::Done) {
    if (scanned_ == end) return ParseStatus::NeedMore;
    if (head.fields.bytes()[scanned_] != '\n') return bad("bare CR");
    fields_.start(++scanned_);
    state_ = State::Fields;
  }
  if (status != ParseStatus::Done) return status;
  status = fields_.scan(head.fields, end, limits.fields_max, problem_);
  scanned_ = fields_.position();
  if (status == ParseStatus::Bad) return bad(problem_.what);
  if (status == ParseStatus::Done) state_ = State::Finished;
  return status;
}

ParseStatus ResponseParser::scanStatusLine(ResponseHead& head, std::uint32_t end) {
  const std::string& bytes = head.fields.bytes();
  if (scanned_ == 0 && end >= kStatusBegin && bytes.starts_with(kUsualBegin)) scanned_ = kStatusBegin;
  for (; scanned_ < kStatusEnd; ++scanned_) {
    if (scanned_ == end) return ParseStatus::NeedMore;
    const char* problem = statusLineProblem(scanned_, bytes[scanned_]);
    if (problem != nullptr) return bad(problem);
  }
  if (scanned_ == end) return ParseStatus::NeedMore;
  head.version = bytes[7] == '1' ? Version::Http11 : Version::Http10;
  unsigned status = 0;
  for (std::uint32_t i = kStatusBegin; i < kStatusEnd; ++i) status = status * 10 + hexValue(bytes[i]);
  head.status = static_cast<std::uint16_t>(status);
  const char c = bytes[scanned_];
  if (c != ' ' && c != '\r') return bad("malformed status code");
  ++scanned_;
  head.reason_text = {scanned_, 0};
  state_ = c == ' ' ? State::Reason : State::LineEnd;  // many servers leave the space out with the reason
  return ParseStatus::Done;
}

ParseStatus ResponseParser::scanReason(ResponseHead& head, std::uint32_t end) {
  const char* const bytes = head.fields.bytes().data();
  scanned_ = static_cast<std::uint32_t>(skipFieldChars(bytes + scanned_, bytes + end) - bytes);
  if (scanned_ == end) return ParseStatus::NeedMore;
  const char c = bytes[scanned_];
  if (c != '\r') return bad(c == '\n' ? "bare LF" : "control character in the reason phrase");
  head.reason_text.size = scanned_ - head.reason_text.begin;
  ++scanned_;
  state_ = State::LineEnd;
  return ParseStatus::Done;
}

}  // namespace lb::http
