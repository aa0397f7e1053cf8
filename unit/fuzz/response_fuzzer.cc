// Responses: as the requests; the second byte chooses the method that was asked.
#include "lb/base/check.h"
#include "lb/http/framing.h"
#include "lb/http/head_parser.h"
#include "lb/http/hop_by_hop.h"
#include "lb/http/serializer.h"
#include "unit/fuzz/input.h"

namespace lb::http::fuzz {
namespace {

std::string describe(const ResponseHead& head, Method method) {
  std::string text = std::to_string(head.status);
  text.append(head.version == Version::Http11 ? " 1.1 " : " 1.0 ").append(head.reason()).append("|");
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    text.append(head.fields.name(i)).append("=").append(head.fields.value(i)).append("|");
  }
  const auto framing = responseFraming(head, method);
  text.append(framing ? std::to_string(static_cast<int>(framing->kind)) : framing.error().what);
  return text;
}

void checkRoundTrip(buf::BlockPool& pool, ResponseHead& head, Method method) {
  const auto framing = responseFraming(head, method);
  if (!framing) return;
  dropHopByHop(head.fields);
  buf::Buffer wire(pool);
  writeResponseHead(head, *framing, {.close = true, .upgrade = {}}, wire);
  ResponseParser parser;
  ResponseHead again;
  LB_CHECK(parser.parse(wire, {}, again) == ParseStatus::Done);
  LB_CHECK(wire.empty() && again.status == head.status && again.reason() == head.reason());
  const auto framing_again = responseFraming(again, method);
  LB_CHECK(framing_again && framing_again->kind == framing->kind && framing_again->length == framing->length);
}

std::string run(std::string_view bytes, std::size_t step, Method method) {
  constexpr HeadLimits kLimits{.bytes_max = kBytesMax, .target_bytes_max = kTargetMax, .fields_max = kFieldsMax};
  buf::BlockPool pool;
  buf::Buffer in(pool);
  ResponseParser parser;
  ResponseHead head;
  ParseStatus status = ParseStatus::NeedMore;
  feedPieces(pool, in, bytes, step, [&] {
    status = parser.parse(in, kLimits, head);
    return status != ParseStatus::NeedMore;
  });
  if (status == ParseStatus::NeedMore) return "more";
  if (status == ParseStatus::Bad) return std::to_string(parser.problem().status) + parser.problem().what;
  const std::string text = describe(head, method);
  checkRoundTrip(pool, head, method);
  return text;
}

}  // namespace
}  // namespace lb::http::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using lb::http::Method;
  const auto input = lb::http::fuzz::read(data, size);
  const Method method = input.choice % 2 == 0 ? Method::Get : Method::Head;
  const std::string whole = lb::http::fuzz::run(input.bytes, 0, method);
  LB_CHECK(lb::http::fuzz::run(input.bytes, 1, method) == whole);
  LB_CHECK(lb::http::fuzz::run(input.bytes, input.step, method) == whole);
  return 0;
}
