#include "bench/response_reader.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace bench {
namespace {

constexpr std::size_t kHeadMax = 64 * 1024;
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kLineEnd = "\r\n";

bool sameWord(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool parseNumber(std::string_view text, int base, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

ResponseReader::Result ResponseReader::feed(std::string_view& data) {
  while (!data.empty()) {
    Result result = Result::NeedMore;
    switch (state_) {
      case State::Begin:
      case State::Head: result = takeHead(data); break;
      case State::Body:
      case State::ChunkData: result = takeBody(data); break;
      case State::ChunkLine:
      case State::ChunkEnd:
      case State::Trailers: result = takeLine(data); break;
    }
    if (result != Result::NeedMore) return result;
  }
  return Result::NeedMore;
}

ResponseReader::Result ResponseReader::bad(std::string_view why) {
  complaint_ = why;
  return Result::Bad;
}

ResponseReader::Result ResponseReader::done() {
  state_ = State::Begin;
  return Result::Done;
}

ResponseReader::Result ResponseReader::takeHead(std::string_view& data) {
  const std::size_t held = held_.size();
  std::string_view text = data;
  if (held > 0) text = held_.append(data);
  const std::size_t end = text.find(kHeadEnd);
  if (end == std::string_view::npos) {
    if (text.size() > kHeadMax) return bad("a head without an end");
    if (held == 0) held_ = data;
    data = {};
    state_ = State::Head;
    return Result::NeedMore;
  }
  const bool good = parseHead(text.substr(0, end + kLineEnd.size()));
  data.remove_prefix(end + kHeadEnd.size() - held);
  held_.clear();
  if (!good) return bad(complaint_.empty() ? "a malformed head" : complaint_);
  body_bytes_ = 0;
  if (chunked_) {
    state_ = State::ChunkLine;
    return Result::NeedMore;
  }
  if (!has_length_) return bad("neither Content-Length nor chunked");
  state_ = State::Body;
  return left_ == 0 ? done() : Result::NeedMore;
}

bool ResponseReader::parseHead(std::string_view head) {
  chunked_ = has_length_ = closes_ = false;
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) return false;
  status_ = (head[9] - '0') * 100 + (head[10] - '0') * 10 + (head[11] - '0');
  for (std::size_t at = head.find(kLineEnd) + 2; at < head.size();) {
    const std::size_t end = head.find(kLineEnd, at);
    if (!parseField(head.substr(at, end - at))) return false;
    at = end + 2;
  }
  return !(chunked_ && has_length_);
}

bool ResponseReader::parseField(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  if (sameWord(name, "content-length")) {
    has_length_ = true;
    return parseNumber(value, 10, left_);
  }
  if (sameWord(name, "transfer-encoding")) chunked_ = sameWord(value, "chunked");
  if (sameWord(name, "connection")) closes_ = sameWord(value, "close");
  return true;
}

ResponseReader::Result ResponseReader::takeBody(std::string_view& data) {
  const std::uint64_t length = std::min<std::uint64_t>(left_, data.size());
  left_ -= length;
  body_bytes_ += length;
  data.remove_prefix(length);
  if (left_ > 0) return Result::NeedMore;
  if (state_ == State::Body) return done();
  state_ = State::ChunkEnd;
  return Result::NeedMore;
}

ResponseReader::Result ResponseReader::takeLine(std::string_view& data) {
  const std::size_t end = data.find('\n');
  held_.append(data.substr(0, end == std::string_view::npos ? data.size() : end + 1));
  data.remove_prefix(end == std::string_view::npos ? data.size() : end + 1);
  if (held_.size() > kHeadMax) return bad("a line without an end");
  if (end == std::string_view::npos) return Result::NeedMore;
  if (!held_.ends_with(kLineEnd)) return bad("a bare LF");
  held_.resize(held_.size() - kLineEnd.size());
  const bool last = state_ == State::Trailers && held_.empty();
  const bool good = parseLine();
  held_.clear();
  if (!good) return bad("malformed chunks");
  return last ? done() : Result::NeedMore;
}

bool ResponseReader::parseLine() {
  if (state_ == State::ChunkEnd) {
    state_ = State::ChunkLine;
    return held_.empty();
  }
  if (state_ == State::Trailers) return true;
  if (!parseNumber(std::string_view(held_).substr(0, held_.find(';')), 16, left_)) return false;
  state_ = left_ == 0 ? State::Trailers : State::ChunkData;
  return true;
}

}  // namespace bench
