// Bodies: the second byte chooses the framing; the same bytes, trailers, verdict and rest however they are cut, and a
// chunked body that was accepted survives being encoded again.
#include "lb/base/check.h"
#include "lb/http/body_decoder.h"
#include "unit/fuzz/input.h"

namespace lb::http::fuzz {
namespace {

Framing choose(unsigned choice) {
  if (choice < 200) return {.kind = BodyKind::Chunked};
  if (choice == 255) return {.kind = BodyKind::UntilClose};
  return {.kind = BodyKind::Length, .length = choice - 200};
}

std::string describe(const Fields& trailers) {
  std::string text;
  for (std::size_t i = 0; i < trailers.size(); ++i) {
    text.append(trailers.name(i)).append("=").append(trailers.value(i)).append("|");
  }
  return text;
}

void checkRoundTrip(buf::BlockPool& pool, const BodyDecoder& decoded, buf::Buffer& body) {
  const std::string expected = body.toString();
  buf::Buffer wire(pool);
  encodeChunk(body, wire);
  encodeLastChunk(&decoded.trailers(), wire);
  BodyDecoder again;
  again.start({.kind = BodyKind::Chunked});
  buf::Buffer out(pool);
  LB_CHECK(again.decode(wire, out, {}) == ParseStatus::Done);
  LB_CHECK(wire.empty() && out.toString() == expected && describe(again.trailers()) == describe(decoded.trailers()));
}

std::string run(std::string_view bytes, std::size_t step, Framing framing) {
  constexpr BodyLimits kLimits{.chunk_line_bytes_max = 30, .trailer_bytes_max = 100, .trailers_max = 4};
  buf::BlockPool pool;
  buf::Buffer in(pool);
  buf::Buffer out(pool);
  BodyDecoder decoder;
  decoder.start(framing);
  std::size_t fed = 0;
  ParseStatus status = decoder.decode(in, out, kLimits);
  feedPieces(pool, in, bytes, step, [&] {
    fed = in.size();
    status = decoder.decode(in, out, kLimits);
    LB_CHECK(in.size() <= fed);
    return status != ParseStatus::NeedMore;
  });
  LB_CHECK(decoder.done() == (status == ParseStatus::Done));
  std::string text = out.toString() + "|" + describe(decoder.trailers()) + decoder.problem().what;
  text += status == ParseStatus::Done ? "done" : status == ParseStatus::Bad ? "bad" : "more";
  text += decoder.end() == ParseStatus::Done ? " complete" : " cut";
  if (status == ParseStatus::Done) checkRoundTrip(pool, decoder, out);
  return text;
}

}  // namespace
}  // namespace lb::http::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = lb::http::fuzz::read(data, size);
  const lb::http::Framing framing = lb::http::fuzz::choose(input.choice);
  const std::string whole = lb::http::fuzz::run(input.bytes, 0, framing);
  LB_CHECK(lb::http::fuzz::run(input.bytes, 1, framing) == whole);
  LB_CHECK(lb::http::fuzz::run(input.bytes, input.step, framing) == whole);
  return 0;
}
