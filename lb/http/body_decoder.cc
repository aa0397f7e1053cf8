#include "lb/http/body_decoder.h"

#include <algorithm>
#include <limits>

#include "lb/base/check.h"
#include "lb/http/chars.h"
#include "lb/http/forbidden_trailers.h"

// Like the head parsers, a machine over single bytes, so that cuts cannot matter; only data is taken in pieces.

namespace lb::http {
namespace {

constexpr std::uint64_t kSizeMax = std::numeric_limits<std::int64_t>::max();

bool isQuotable(char c) {
  return is(kFieldChar, c);
}

}  // namespace

void BodyDecoder::start(Framing framing) {
  framing_ = framing;
  left_ = 0;
  line_bytes_ = 0;
  scanned_ = 0;
  section_.start(0);
  trailers_.clear();
  problem_ = {};
  switch (framing.kind) {
    case BodyKind::None: state_ = State::Done; break;
    case BodyKind::Length:
      left_ = framing.length;
      state_ = left_ == 0 ? State::Done : State::Data;
      break;
    case BodyKind::Chunked: state_ = State::SizeFirst; break;
    case BodyKind::UntilClose: state_ = State::Data; break;
  }
}

bool BodyDecoder::done() const {
  return state_ == State::Done;
}

ParseStatus BodyDecoder::end() const {
  const bool complete = state_ == State::Done || (state_ == State::Data && framing_.kind == BodyKind::UntilClose);
  return complete ? ParseStatus::Done : ParseStatus::Bad;
}

ParseStatus BodyDecoder::bad(std::uint16_t status, const char* what) {
  state_ = State::Bad;
  problem_ = {status, what};
  return ParseStatus::Bad;
}

ParseStatus BodyDecoder::decode(buf::Buffer& in, buf::Buffer& out, const BodyLimits& limits) {
  for (;;) {
    switch (state_) {
      case State::Done: return ParseStatus::Done;
      case State::Bad: return ParseStatus::Bad;
      case State::Data:
      case State::ChunkData:
        if (!takeData(in, out)) return ParseStatus::NeedMore;
        break;
      case State::Trailers: return scanTrailers(in, limits);
      default:
        if (in.empty()) return ParseStatus::NeedMore;
        scanLines(in, limits);
        break;
    }
  }
}

// False when more bytes are needed.
bool BodyDecoder::takeData(buf::Buffer& in, buf::Buffer& out) {
  if (framing_.kind == BodyKind::UntilClose) {
    in.moveTo(out);
    return false;
  }
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
  in.moveTo(out, taken);
  left_ -= taken;
  if (left_ > 0) return false;
  state_ = state_ == State::Data ? State::Done : State::ChunkDataCr;
  return true;
}

// Takes bytes of the first piece of `in` as long as they belong to chunk lines and the line ends after chunk data.
void BodyDecoder::scanLines(buf::Buffer& in, const BodyLimits& limits) {
  const std::string_view piece = in.front();
  std::size_t taken = 0;
  while (taken < piece.size() && state_ != State::ChunkData && state_ != State::Trailers) {
    if (state_ != State::ChunkDataCr && state_ != State::ChunkDataLf && ++line_bytes_ > limits.chunk_line_bytes_max) {
      bad(400, "chunk line too long");
      break;
    }
    step(piece[taken]);
    if (state_ == State::Bad) break;
    ++taken;
  }
  in.consume(taken);
}

void BodyDecoder::step(char c) {
  switch (state_) {
    case State::SizeFirst:
    case State::Size: stepSize(c); break;
    case State::LineEnd:
      if (c != '\n') {
        bad(400, "bare CR in a chunk line");
        break;
      }
      line_bytes_ = 0;
      state_ = left_ > 0 ? State::ChunkData : State::Trailers;
      break;
    case State::ChunkDataCr:
      if (c != '\r') {
        bad(400, "chunk longer than its size");
        break;
      }
      state_ = State::ChunkDataLf;
      break;
    case State::ChunkDataLf:
      if (c != '\n') {
        bad(400, "bare CR after a chunk");
        break;
      }
      state_ = State::SizeFirst;
      break;
    default: stepExtension(c); break;
  }
}

void BodyDecoder::stepSize(char c) {
  if (is(kHexDigit, c)) {
    const std::uint64_t digit = hexValue(c);
    if (left_ > (kSizeMax - digit) / 16) {
      bad(400, "chunk size too large");
      return;
    }
    left_ = left_ * 16 + digit;
    state_ = State::Size;
  } else if (state_ == State::SizeFirst) {
    bad(400, "chunk size is not a hexadecimal number");
  } else {
    afterElement(c);
  }
}

// chunk-ext = *( ";" token [ "=" ( token / quoted-string ) ] ): read to know its end, otherwise ignored. The white
// space that RFC 9112 7.1.1 calls bad is refused.
void BodyDecoder::stepExtension(char c) {
  switch (state_) {
    case State::ExtensionNameFirst:
    case State::ExtensionName:
      if (is(kTokenChar, c)) {
        state_ = State::ExtensionName;
      } else if (state_ == State::ExtensionNameFirst) {
        bad(400, "malformed chunk extension");
      } else if (c == '=') {
        state_ = State::ExtensionValueFirst;
      } else {
        afterElement(c);
      }
      break;
    case State::ExtensionValueFirst:
    case State::ExtensionToken:
      if (is(kTokenChar, c)) {
        state_ = State::ExtensionToken;
      } else if (state_ == State::ExtensionToken) {
        afterElement(c);
      } else if (c == '"') {
        state_ = State::ExtensionQuoted;
      } else {
        bad(400, "malformed chunk extension");
      }
      break;
    case State::ExtensionQuoted:
      if (c == '"') {
        state_ = State::ExtensionQuotedEnd;
      } else if (c == '\\') {
        state_ = State::ExtensionEscape;
      } else if (!isQuotable(c)) {
        bad(400, "control character in a chunk extension");
      }
      break;
    case State::ExtensionEscape:
      state_ = State::ExtensionQuoted;
      if (!isQuotable(c)) bad(400, "control character in a chunk extension");
      break;
    case State::ExtensionQuotedEnd: afterElement(c); break;
    default: LB_CHECK(false);
  }
}

// Behind the size, an extension's name or its value: another extension or the end of the line.
void BodyDecoder::afterElement(char c) {
  if (c == '\r') {
    state_ = State::LineEnd;
  } else if (c == ';') {
    state_ = State::ExtensionNameFirst;
  } else {
    bad(400, "malformed chunk line");
  }
}

ParseStatus BodyDecoder::scanTrailers(buf::Buffer& in, const BodyLimits& limits) {
  const ParseStatus status =
      feed(in, trailers_.bytes(), limits.trailer_bytes_max, scanned_, [&](std::uint32_t end, bool cut) {
        const ParseStatus scanned = section_.scan(trailers_, end, limits.trailers_max, problem_);
        scanned_ = section_.position();
        return scanned == ParseStatus::NeedMore && cut ? bad(431, "trailers too large") : scanned;
      });
  if (status == ParseStatus::NeedMore) return status;
  if (status == ParseStatus::Bad) return bad(problem_.status, problem_.what);
  for (std::size_t i = 0; i < trailers_.size(); ++i) {
    if (isForbiddenTrailer(trailers_.name(i))) return bad(400, "field not allowed in trailers");
  }
  state_ = State::Done;
  return ParseStatus::Done;
}

}  // namespace lb::http
