// A request line and its fields, judged as the bytes come: the incremental part is one place, the rules are below it.
#include <algorithm>
#include <cstring>

#include "lb/base/check.h"
#include "lb/http/authority.h"
#include "lb/http/chars.h"
#include "lb/http/head_parser.h"
#include "lb/http/request_target.h"
#include "lb/http/scan.h"

namespace lb::http {
namespace {

constexpr std::uint32_t kMethodBytesMax = 32;
constexpr std::string_view kVersion11 = "HTTP/1.1\r\n";

// Why `c` cannot be byte number `index` of "HTTP/1.1" CRLF; status 0 if it can.
Problem versionProblem(std::uint32_t index, char c) {
  if (c == kVersion11[index] || (index == 7 && c == '0')) return {0, ""};
  if (c == '\n') return {400, "bare LF"};
  switch (index) {
    case 0: return {400, c == ' ' ? "more than one space in the request line" : "malformed version"};
    case 5:
    case 7: return is(kDigit, c) ? Problem{505, "HTTP version not supported"} : Problem{400, "malformed version"};
    case 9: return {400, "bare CR"};
    default: return {400, "malformed version"};
  }
}

void lowerInto(std::string_view from, std::string& to) {
  if (from.back() == '.') from.remove_suffix(1);  // a rooted name
  to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = lower(from[i]);
}

}  // namespace

ParseStatus RequestParser::bad(std::uint16_t status, const char* what) {
  problem_ = {status, what};
  state_ = State::Finished;
  return ParseStatus::Bad;
}

ParseStatus RequestParser::parse(buf::Buffer& in, const HeadLimits& limits, RequestHead& head) {
  LB_CHECK(state_ != State::Finished);
  if (in.empty()) return ParseStatus::NeedMore;
  if (!started_) {
    head.clear();
    const ParseStatus skipped = skipEmptyLine(in);
    if (skipped != ParseStatus::Done) return skipped;
    started_ = true;
  }
  const auto judge = [&](std::uint32_t end, bool cut) {
    const ParseStatus status = scan(head, limits, end);
    if (status != ParseStatus::NeedMore || !cut) return status;
    return state_ == State::Target ? bad(414, "target too long") : bad(431, "head too large");
  };
  const ParseStatus status = feed(in, head.fields.bytes(), limits.bytes_max, scanned_, judge);
  if (status == ParseStatus::Done) completeOriginForm(head);
  return status;
}

// Done once the first byte of the request line is in sight.
ParseStatus RequestParser::skipEmptyLine(buf::Buffer& in) {
  if (state_ == State::Start && in.front().front() == '\r') {
    in.consume(1);
    state_ = State::EmptyLineEnd;
    if (in.empty()) return ParseStatus::NeedMore;
  }
  if (state_ == State::EmptyLineEnd) {
    if (in.front().front() != '\n') return bad(400, "bare CR");
    in.consume(1);
  }
  if (state_ != State::Method) state_ = State::Method;
  return in.empty() ? ParseStatus::NeedMore : ParseStatus::Done;
}

ParseStatus RequestParser::scan(RequestHead& head, const HeadLimits& limits, std::uint32_t end) {
  ParseStatus status = ParseStatus::Done;
  if (state_ == State::Method) status = scanMethod(head, end);
  if (state_ == State::Target && status == ParseStatus::Done) status = scanTarget(head, limits, end);
  if (state_ == State::Version && status == ParseStatus::Done) status = scanVersion(head, end);
  if (status != ParseStatus::Done) return status;
  status = fields_.scan(head.fields, end, limits.fields_max, problem_);
  scanned_ = fields_.position();
  if (status == ParseStatus::Done) return finish(head);
  if (status == ParseStatus::Bad) state_ = State::Finished;
  return status;
}

ParseStatus RequestParser::scanMethod(RequestHead& head, std::uint32_t end) {
  const char* const bytes = head.fields.bytes().data();
  const std::uint32_t stop = std::min(end, kMethodBytesMax + 1);
  scanned_ = static_cast<std::uint32_t>(skipTokenChars(bytes + scanned_, bytes + stop) - bytes);
  if (scanned_ > kMethodBytesMax) return bad(501, "method too long");
  if (scanned_ == end) return ParseStatus::NeedMore;
  const char c = bytes[scanned_];
  if (c == '\n') return bad(400, "bare LF");
  if (c != ' ' || scanned_ == 0) return bad(400, "malformed method");
  head.method_text = {0, scanned_};
  head.method = methodFrom(head.methodText());
  begin_ = ++scanned_;
  state_ = State::Target;
  return ParseStatus::Done;
}

ParseStatus RequestParser::scanTarget(RequestHead& head, const HeadLimits& limits, std::uint32_t end) {
  const char* const bytes = head.fields.bytes().data();
  const std::size_t limit = begin_ + limits.target_bytes_max + 1;
  const std::size_t stop = std::min<std::size_t>(end, std::max<std::size_t>(limit, scanned_));
  scanned_ = static_cast<std::uint32_t>(skip<kTargetChar>(bytes + scanned_, bytes + stop) - bytes);
  if (scanned_ - begin_ > limits.target_bytes_max) return bad(414, "target too long");
  if (scanned_ == end) return ParseStatus::NeedMore;
  const char c = bytes[scanned_];
  if (c == '\r') return bad(400, "no version in the request line");
  if (c == '\n') return bad(400, "bare LF");
  if (c != ' ') return bad(400, "invalid character in the target");
  head.target_text = {begin_, scanned_ - begin_};
  const TargetParts parts = parseTarget(head.method, head.target());
  if (parts.problem.status != 0) return bad(parts.problem.status, parts.problem.what);
  target_authority_ = {begin_ + parts.authority.begin, parts.authority.size};
  head.path_text = {begin_ + parts.path.begin, parts.path.size};
  begin_ = ++scanned_;
  state_ = State::Version;
  return ParseStatus::Done;
}

ParseStatus RequestParser::scanVersion(RequestHead& head, std::uint32_t end) {
  const char* const bytes = head.fields.bytes().data();
  if (scanned_ == begin_ && end - scanned_ >= kVersion11.size() &&
      std::memcmp(bytes + scanned_, kVersion11.data(), kVersion11.size()) == 0) {
    scanned_ += static_cast<std::uint32_t>(kVersion11.size());
  }
  for (; scanned_ - begin_ < kVersion11.size(); ++scanned_) {
    if (scanned_ == end) return ParseStatus::NeedMore;
    const Problem problem = versionProblem(scanned_ - begin_, bytes[scanned_]);
    if (problem.status != 0) return bad(problem.status, problem.what);
  }
  head.version = bytes[begin_ + 7] == '1' ? Version::Http11 : Version::Http10;
  fields_.start(scanned_);
  state_ = State::Fields;
  return ParseStatus::Done;
}

ParseStatus RequestParser::finish(RequestHead& head) {
  const Fields& fields = head.fields;
  std::string_view authority;
  std::size_t hosts = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields.id(i) != FieldId::Host) continue;
    authority = fields.value(i);
    ++hosts;
  }
  if (hosts > 1) return bad(400, "repeated Host");
  if (hosts == 0 && head.version == Version::Http11) return bad(400, "missing Host");
  Authority parsed;
  if (hosts == 1) parsed = parseAuthority(authority);
  if (parsed.problem != nullptr) return bad(400, parsed.problem);
  if (target_authority_.size > 0) {  // it wins (RFC 9112 3.2.2); it was judged with the target
    authority = fields.text(target_authority_.begin, target_authority_.size);
    parsed = parseAuthority(authority);
  }
  head.authority.assign(authority);
  if (!parsed.host.empty()) lowerInto(parsed.host, head.host);
  state_ = State::Finished;
  return ParseStatus::Done;
}

}  // namespace lb::http
