// See strict_reader.h.
#include "sim/actor/strict_reader.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace sim::actor {
namespace {

constexpr std::array<bool, 256> kToken = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789")) table[static_cast<unsigned char>(c)] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = table[c - 32U] = true;
  return table;
}();

bool isToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool equals(std::string_view text, std::string_view lower_case) {
  return text.size() == lower_case.size() &&
         std::ranges::equal(text, lower_case, [](char a, char b) { return lower(a) == b; });
}

bool isSpace(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && isSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && isSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || text.size() > 16) return std::nullopt;
  return value;
}

bool isControl(char c) {
  return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f;
}

}  // namespace

void Head::clear() {
  status = 0;
  http10 = false;
  body = Body::None;
  length = 0;
  wire_bytes = 0;
  text_.clear();
  fields_.clear();
  start_line_ = method_ = target_ = {};
}

bool Head::is(std::size_t index, std::string_view wanted) const {
  return equals(name(index), wanted);
}

std::optional<std::string_view> Head::field(std::string_view wanted) const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (is(i, wanted)) return value(i);
  }
  return std::nullopt;
}

std::size_t Head::count(std::string_view wanted) const {
  std::size_t found = 0;
  for (std::size_t i = 0; i < size(); ++i) found += is(i, wanted) ? 1 : 0;
  return found;
}

bool Head::connectionHas(std::string_view token) const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (!is(i, "connection")) continue;
    std::string_view rest = value(i);
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (equals(trimmed(rest.substr(0, comma)), token)) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

bool StrictReader::bad(std::string what) {
  state_ = State::Dead;
  events_.onViolation(std::move(what));
  return false;
}

void StrictReader::feed(std::string_view bytes) {
  if (state_ == State::Dead) return;
  buffer_ += bytes;
  while (advance()) continue;
  buffer_.erase(0, at_);
  at_ = 0;
}

void StrictReader::endOfInput() {
  if (state_ == State::UntilClose) end();
}

void StrictReader::end() {
  state_ = State::Head;
  events_.onEnd();
}

void StrictReader::take(std::size_t bytes) {
  at_ += bytes;
  message_bytes_ += bytes;
}

std::optional<std::string_view> StrictReader::line() {
  const std::size_t end = buffer_.find("\r\n", at_);
  if (end == std::string::npos) return std::nullopt;
  return std::string_view(buffer_).substr(at_, end - at_);
}

bool StrictReader::advance() {
  switch (state_) {
    case State::Head: return readHead();
    case State::Length: return takeBody(State::Head);
    case State::UntilClose: return takeBody(State::UntilClose);
    case State::ChunkSize: return chunkSize();
    case State::ChunkData: return takeBody(State::ChunkEnd);
    case State::ChunkEnd: return chunkEnd();
    case State::Trailers: return trailer();
    case State::Raw: return takeRaw();
    case State::Dead: return false;
  }
  return false;
}

bool StrictReader::takeRaw() {
  const std::size_t here = buffer_.size() - at_;
  if (here == 0) return false;
  const std::string_view piece = std::string_view(buffer_).substr(at_);
  take(here);
  events_.onRaw(piece);
  return false;
}

bool StrictReader::takeBody(State then) {
  const std::size_t here = buffer_.size() - at_;
  const std::size_t count = state_ == State::UntilClose ? here : std::min<std::uint64_t>(here, left_);
  if (count > 0) {
    const std::string_view piece = std::string_view(buffer_).substr(at_, count);
    take(count);
    left_ -= state_ == State::UntilClose ? 0 : count;
    events_.onBody(piece);
  }
  if (state_ == State::Dead || state_ == State::UntilClose || left_ > 0) return false;
  state_ = then;
  if (then == State::Head) end();
  return state_ != State::Dead;
}

bool StrictReader::chunkSize() {
  const auto text = line();
  if (!text) return buffer_.size() - at_ > 64 ? bad("a chunk size line without an end") : false;
  const auto size = number(*text, 16);
  if (!size) return bad("bad chunk size \"" + std::string(*text) + "\"");
  take(text->size() + 2);
  left_ = *size;
  state_ = *size == 0 ? State::Trailers : State::ChunkData;
  return true;
}

bool StrictReader::chunkEnd() {
  if (buffer_.size() - at_ < 2) return false;
  if (buffer_.compare(at_, 2, "\r\n") != 0) return bad("a chunk is not followed by CRLF");
  take(2);
  state_ = State::ChunkSize;
  return true;
}

// The whole section at once, so that its views stay where they are.
bool StrictReader::trailer() {
  const bool none = buffer_.compare(at_, 2, "\r\n") == 0;
  const std::size_t stop = none ? at_ : buffer_.find("\r\n\r\n", at_);
  if (stop == std::string::npos || buffer_.size() - at_ < 2)
    return buffer_.size() - at_ > kHeadMax ? bad("trailers without an end") : false;
  if (!none) {
    trailers_.text_.assign(buffer_, at_, stop + 2 - at_);
    std::string_view rest = trailers_.text_;
    while (!rest.empty()) {
      const std::size_t size = rest.find("\r\n");
      if (!fieldLine(trailers_, rest.substr(0, size))) return false;
      rest.remove_prefix(size + 2);
    }
    take(trailers_.text_.size());
  }
  take(2);
  end();
  return state_ != State::Dead;
}

bool StrictReader::fieldLine(Head& head, std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !isToken(text.substr(0, colon)))
    return bad("bad field line \"" + std::string(text.substr(0, 80)) + "\"");
  const std::string_view value = trimmed(text.substr(colon + 1));
  if (std::ranges::any_of(value, isControl)) return bad("control character in a field");
  head.fields_.push_back({head.part(text.substr(0, colon)), head.part(value)});
  return true;
}

bool StrictReader::statusLine(std::string_view text) {
  if (text.size() < 13 || text[8] != ' ' || text[12] != ' ')
    return bad("bad status line \"" + std::string(text) + "\"");
  const auto status = number(text.substr(9, 3), 10);
  if (!status || *status < 100 || *status > 599) return bad("bad status \"" + std::string(text) + "\"");
  head_.status = static_cast<int>(*status);
  return true;
}

bool StrictReader::requestLine(std::string_view text) {
  const std::size_t first = text.find(' ');
  const std::size_t second = text.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos)
    return bad("bad request line \"" + std::string(text) + "\"");
  const std::string_view method = text.substr(0, first);
  const std::string_view target = text.substr(first + 1, second - first - 1);
  if (!isToken(method) || target.empty() || target.front() != '/')
    return bad("bad request line \"" + std::string(text) + "\"");
  head_.method_ = head_.part(method);
  head_.target_ = head_.part(target);
  return true;
}

bool StrictReader::startLine(std::string_view text) {
  head_.start_line_ = head_.part(text);
  if (!(kind_ == Kind::Response ? statusLine(text) : requestLine(text))) return false;
  const std::string_view version =
      kind_ == Kind::Response ? text.substr(0, 8) : text.substr(std::min(text.size(), text.rfind(' ') + 1));
  head_.http10 = version == "HTTP/1.0";
  return head_.http10 || version == "HTTP/1.1" || bad("bad version \"" + std::string(text) + "\"");
}

bool StrictReader::readHead() {
  const std::size_t stop = buffer_.find("\r\n\r\n", at_);
  if (stop == std::string::npos) return buffer_.size() - at_ > kHeadMax ? bad("a head without an end") : false;
  head_.clear();
  trailers_.clear();
  message_bytes_ = 0;
  head_.text_.assign(buffer_, at_, stop + 2 - at_);
  head_.wire_bytes = head_.text_.size() + 2;
  take(head_.wire_bytes);
  std::string_view rest = head_.text_;
  for (bool first = true; !rest.empty(); first = false) {
    const std::size_t size = rest.find("\r\n");
    if (!(first ? startLine(rest.substr(0, size)) : fieldLine(head_, rest.substr(0, size)))) return false;
    rest.remove_prefix(size + 2);
  }
  return frame();
}

bool StrictReader::readLength(std::size_t& codings, std::size_t& lengths) {
  for (std::size_t i = 0; i < head_.size(); ++i) {
    if (head_.is(i, "transfer-encoding")) {
      ++codings;
      if (!equals(head_.value(i), "chunked")) return bad("transfer coding \"" + std::string(head_.value(i)) + "\"");
    } else if (head_.is(i, "content-length")) {
      ++lengths;
      const auto length = number(head_.value(i), 10);
      if (!length) return bad("bad length \"" + std::string(head_.value(i)) + "\"");
      head_.length = *length;
    }
  }
  return codings + lengths <= 1 || bad("more than one framing");
}

bool StrictReader::frame() {
  std::size_t codings = 0;
  std::size_t lengths = 0;
  if (!readLength(codings, lengths)) return false;
  const bool response = kind_ == Kind::Response;
  const bool interim = response && head_.status < 200;
  if ((interim || (response && head_.status == 204)) && codings + lengths > 0)
    return bad("framing in a response that has no body");
  using Body = Head::Body;
  head_.body = response ? Body::UntilClose : Body::None;
  if (lengths > 0) head_.body = Body::Length;
  if (codings > 0) head_.body = Body::Chunked;
  if (response && (interim || head_.status == 204 || head_.status == 304 || events_.nextIsToHead()))
    head_.body = Body::None;
  left_ = head_.length;
  switch (head_.body) {
    case Body::None: break;
    case Body::Length: state_ = State::Length; break;
    case Body::Chunked: state_ = State::ChunkSize; break;
    case Body::UntilClose: state_ = State::UntilClose; break;
  }
  const bool over = head_.body == Body::None;
  events_.onHead(head_);
  if (state_ == State::Raw) return true;
  if (state_ == State::Dead) return false;
  if (over && !interim) end();
  return state_ != State::Dead;
}

}  // namespace sim::actor
