// Takes a body out of its framing, incrementally and without copying.
#pragma once

#include "lb/buf/buffer.h"
#include "lb/http/field_section.h"
#include "lb/http/message.h"

namespace lb::http {

struct BodyLimits {
  std::size_t chunk_line_bytes_max = 256;  // size, extensions and their line end
  std::size_t trailer_bytes_max = 8 * 1024;
  std::size_t trailers_max = 32;
};

class BodyDecoder {
 public:
  void start(Framing framing);  // forgets what was before

  // Moves body bytes from `in` to the end of `out`, and consumes exactly the framing: what follows the body stays in
  // `in`. Done once the body is complete; a body of kind None or length 0 is Done at once. UntilClose is never Done.
  [[nodiscard]] ParseStatus decode(buf::Buffer& in, buf::Buffer& out, const BodyLimits& limits);
  // The stream ended: Done for UntilClose or a body that was complete, else Bad.
  [[nodiscard]] ParseStatus end() const;

  [[nodiscard]] bool done() const;
  [[nodiscard]] const Framing& framing() const { return framing_; }
  // Trailers that may be forwarded; forbidden ones (framing, routing, authentication: RFC 9110 6.5.1) make the body
  // Bad.
  [[nodiscard]] const Fields& trailers() const { return trailers_; }
  // After Bad. Its status speaks of a request; in a response it is always a 502.
  [[nodiscard]] const Problem& problem() const { return problem_; }

 private:
  enum class State : std::uint8_t {
    Data,  // of a body without chunks
    SizeFirst,
    Size,
    ExtensionNameFirst,
    ExtensionName,
    ExtensionValueFirst,
    ExtensionToken,
    ExtensionQuoted,
    ExtensionEscape,
    ExtensionQuotedEnd,
    LineEnd,
    ChunkData,
    ChunkDataCr,
    ChunkDataLf,
    Trailers,
    Done,
    Bad,
  };
  ParseStatus bad(std::uint16_t status, const char* what);
  bool takeData(buf::Buffer& in, buf::Buffer& out);
  void scanLines(buf::Buffer& in, const BodyLimits& limits);
  void step(char c);
  void stepSize(char c);
  void stepExtension(char c);
  void afterElement(char c);
  ParseStatus scanTrailers(buf::Buffer& in, const BodyLimits& limits);

  Framing framing_;
  State state_ = State::Done;
  std::uint64_t left_ = 0;        // of the body, or of the chunk
  std::uint32_t line_bytes_ = 0;  // of the chunk line so far
  std::uint32_t scanned_ = 0;     // bytes of the trailer section that are judged
  FieldSection section_;
  Fields trailers_;
  Problem problem_;
};

// The inverse, for kind Chunked: frames `body` (emptying it) as one chunk; nothing if it is empty.
void encodeChunk(buf::Buffer& body, buf::Buffer& out);
void encodeLastChunk(const Fields* trailers, buf::Buffer& out);  // null: none

}  // namespace lb::http
