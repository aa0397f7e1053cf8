// See strict_reader.h.
#include "sim/actor/strict_reader.h"

#include <algorithm>
#include <charconv>

namespace sim::actor {
namespace {

bool isTokenChar(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool isToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, isTokenChar);
}

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return made;
}

std::optional<std::uint64_t> number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || text.size() > 16) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string_view> Head::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return std::nullopt;
}

bool Head::connectionHas(std::string_view token) const {
  return std::ranges::any_of(fields, [&](const auto& one) {
    if (one.first != "connection") return false;
    std::string_view rest = one.second;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      std::string_view member = rest.substr(0, comma);
      while (!member.empty() && member.front() == ' ') member.remove_prefix(1);
      if (lower(member) == token) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return false;
  });
}

bool StrictReader::bad(std::string what) {
  state_ = State::Dead;
  events_.onViolation(std::move(what));
  return false;
}

void StrictReader::feed(std::string_view bytes) {
  if (state_ == State::Dead) return;
  buffer_ += bytes;
  while (advance()) {
  }
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

std::optional<std::string_view> StrictReader::line() {
  const std::size_t end = buffer_.find("\r\n", at_);
  if (end == std::string::npos) return std::nullopt;
  const std::string_view found = std::string_view(buffer_).substr(at_, end - at_);
  at_ = end + 2;
  return found;
}

bool StrictReader::advance() {
  switch (state_) {
    case State::Head: return readHead();
    case State::Length: return takeBody(State::Head);
    case State::UntilClose: return takeBody(State::UntilClose);
    case State::ChunkSize: return chunkSize();
    case State::ChunkData: return takeBody(State::ChunkEnd);
    case State::ChunkEnd: {
      if (buffer_.size() - at_ < 2) return false;
      if (buffer_.compare(at_, 2, "\r\n") != 0) return bad("a chunk is not followed by CRLF");
      at_ += 2;
      state_ = State::ChunkSize;
      return true;
    }
    case State::Trailers: return trailer();
    case State::Dead: return false;
  }
  return false;
}

bool StrictReader::takeBody(State then) {
  const std::size_t here = buffer_.size() - at_;
  const std::size_t count = state_ == State::UntilClose ? here : std::min<std::uint64_t>(here, left_);
  if (count > 0) {
    const std::string_view piece = std::string_view(buffer_).substr(at_, count);
    at_ += count;
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
  left_ = *size;
  state_ = *size == 0 ? State::Trailers : State::ChunkData;
  return true;
}

bool StrictReader::trailer() {
  const auto text = line();
  if (!text) return buffer_.size() - at_ > kHeadMax ? bad("trailers without an end") : false;
  if (!text->empty()) return fieldLine(*text);
  end();
  return state_ != State::Dead;
}

bool StrictReader::fieldLine(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !isToken(text.substr(0, colon)))
    return bad("bad field line \"" + std::string(text.substr(0, 80)) + "\"");
  std::string_view value = text.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  if (std::ranges::any_of(value,
                          [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f; }))
    return bad("control character in a field");
  head_.fields.emplace_back(lower(text.substr(0, colon)), value);
  return true;
}

bool StrictReader::startLine(std::string_view text) {
  head_.start_line = text;
  std::string_view version;
  if (kind_ == Kind::Response) {
    version = text.substr(0, 8);
    if (text.size() < 13 || text[8] != ' ' || text[12] != ' ')
      return bad("bad status line \"" + head_.start_line + "\"");
    const auto status = number(text.substr(9, 3), 10);
    if (!status || *status < 100 || *status > 599) return bad("bad status \"" + head_.start_line + "\"");
    head_.status = static_cast<int>(*status);
  } else {
    const std::size_t first = text.find(' ');
    const std::size_t second = text.find(' ', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos)
      return bad("bad request line \"" + head_.start_line + "\"");
    head_.method = text.substr(0, first);
    head_.target = text.substr(first + 1, second - first - 1);
    version = text.substr(second + 1);
    if (!isToken(head_.method) || head_.target.empty() || head_.target.front() != '/')
      return bad("bad request line \"" + head_.start_line + "\"");
  }
  head_.http10 = version == "HTTP/1.0";
  if (!head_.http10 && version != "HTTP/1.1") return bad("bad version \"" + head_.start_line + "\"");
  return true;
}

bool StrictReader::readHead() {
  const std::size_t stop = buffer_.find("\r\n\r\n", at_);
  if (stop == std::string::npos) return buffer_.size() - at_ > kHeadMax ? bad("a head without an end") : false;
  head_ = {};
  if (!startLine(*line())) return false;
  while (at_ < stop + 2) {
    if (!fieldLine(*line())) return false;
  }
  at_ = stop + 4;
  return frame();
}

bool StrictReader::frame() {
  std::size_t codings = 0;
  std::size_t lengths = 0;
  for (const auto& [name, value] : head_.fields) {
    if (name == "transfer-encoding") {
      ++codings;
      if (lower(value) != "chunked") return bad("transfer coding \"" + value + "\"");
    } else if (name == "content-length") {
      ++lengths;
      const auto length = number(value, 10);
      if (!length) return bad("bad length \"" + value + "\"");
      head_.length = *length;
    }
  }
  if (codings + lengths > 1) return bad("more than one framing");
  const bool interim = kind_ == Kind::Response && head_.status < 200;
  if (interim || (kind_ == Kind::Response && head_.status == 204)) {
    if (codings + lengths > 0) return bad("framing in a response that has no body");
  }
  using Body = Head::Body;
  head_.body = kind_ == Kind::Response ? Body::UntilClose : Body::None;
  if (lengths > 0) head_.body = Body::Length;
  if (codings > 0) head_.body = Body::Chunked;
  if (kind_ == Kind::Response && (interim || head_.status == 204 || head_.status == 304 || events_.nextIsToHead()))
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
  if (state_ == State::Dead) return false;
  if (over && !interim) end();
  return state_ != State::Dead;
}

}  // namespace sim::actor
