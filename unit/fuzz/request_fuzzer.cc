// Requests: no crash, the same verdict and meaning however they are cut, and what is written again reads as it did.
#include "lb/base/check.h"
#include "lb/http/framing.h"
#include "lb/http/head_parser.h"
#include "lb/http/hop_by_hop.h"
#include "lb/http/serializer.h"
#include "unit/fuzz/input.h"

namespace lb::http::fuzz {
namespace {

std::string describe(const RequestHead& head) {
  std::string text(head.methodText());
  text.append(" ").append(head.target()).append(" ").append(head.path()).append(" ").append(head.authority);
  text.append(" ").append(head.host).append(head.version == Version::Http11 ? " 1.1|" : " 1.0|");
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    if (head.fields.dropped(i)) continue;
    text.append(head.fields.name(i)).append("=").append(head.fields.value(i)).append("|");
  }
  const auto framing = requestFraming(head);
  text.append(framing ? std::to_string(static_cast<int>(framing->kind)) : framing.error().what);
  return text;
}

void checkRoundTrip(buf::BlockPool& pool, RequestHead& head) {
  const auto framing = requestFraming(head);
  if (!framing || head.authority.empty()) return;
  static_cast<void>(upgradeOffer(head.fields));
  static_cast<void>(keepsAlive(head.fields, head.version));
  dropHopByHop(head.fields);
  buf::Buffer wire(pool);
  writeRequestHead(head, *framing, {}, wire);
  RequestParser parser;
  RequestHead again;
  LB_CHECK(parser.parse(wire, {}, again) == ParseStatus::Done);
  LB_CHECK(wire.empty());
  LB_CHECK(again.path() == head.path() && again.host == head.host && again.methodText() == head.methodText());
  const auto framing_again = requestFraming(again);
  LB_CHECK(framing_again && framing_again->kind == framing->kind && framing_again->length == framing->length);
}

std::string run(std::string_view bytes, std::size_t step) {
  constexpr HeadLimits kLimits{.bytes_max = kBytesMax, .target_bytes_max = kTargetMax, .fields_max = kFieldsMax};
  buf::BlockPool pool;
  buf::Buffer in(pool);
  RequestParser parser;
  RequestHead head;
  ParseStatus status = ParseStatus::NeedMore;
  feedPieces(pool, in, bytes, step, [&] {
    status = parser.parse(in, kLimits, head);
    return status != ParseStatus::NeedMore;
  });
  if (status == ParseStatus::NeedMore) return "more";
  if (status == ParseStatus::Bad) return std::to_string(parser.problem().status) + parser.problem().what;
  const std::string text = describe(head);
  checkRoundTrip(pool, head);
  return text;
}

}  // namespace
}  // namespace lb::http::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = lb::http::fuzz::read(data, size);
  const std::string whole = lb::http::fuzz::run(input.bytes, 0);
  LB_CHECK(lb::http::fuzz::run(input.bytes, 1) == whole);
  LB_CHECK(lb::http::fuzz::run(input.bytes, input.step) == whole);
  return 0;
}
