// A request on a connection that is warm costs no heap allocation: parse, frame, decode, edit and serialise both ways.
#include <gtest/gtest.h>

#include "lb/http/body_decoder.h"
#include "lb/http/framing.h"
#include "lb/http/head_parser.h"
#include "lb/http/hop_by_hop.h"
#include "lb/http/serializer.h"
#include "unit/observe/allocations.h"

namespace lb::http::test {
namespace {

constexpr std::string_view kRequest =
    "POST /api/items?limit=10 HTTP/1.1\r\nHost: my-service.my-company.com\r\nUser-Agent: curl/8.0\r\nAccept: */*\r\n"
    "Connection: keep-alive\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    "11\r\n{\"hello\":\"world\"}\r\n0\r\nDigest: abc\r\n\r\n";
constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\nServer: be\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

class Relay {
 public:
  bool request() {
    in_.append(kRequest);
    request_parser_.reset();
    if (request_parser_.parse(in_, {}, request_) != ParseStatus::Done) return false;
    const auto framing = requestFraming(request_);
    if (!framing || !keepsAlive(request_.fields, request_.version)) return false;
    dropHopByHop(request_.fields);
    request_.fields.add("X-Forwarded-For", "192.0.2.1");
    writeRequestHead(request_, *framing, {}, out_);
    decoder_.start(*framing);
    if (decoder_.decode(in_, body_, {}) != ParseStatus::Done) return false;
    encodeChunk(body_, out_);
    encodeLastChunk(&decoder_.trailers(), out_);
    out_.consume(out_.size());
    return in_.empty();
  }
  bool response() {
    in_.append(kResponse);
    response_parser_.reset();
    if (response_parser_.parse(in_, {}, response_) != ParseStatus::Done) return false;
    const auto framing = responseFraming(response_, Method::Post);
    if (!framing) return false;
    dropHopByHop(response_.fields);
    response_.fields.add("Via", "1.1 lb");
    writeResponseHead(response_, *framing, {}, out_);
    decoder_.start(*framing);
    if (decoder_.decode(in_, out_, {}) != ParseStatus::Done) return false;
    out_.consume(out_.size());
    return in_.empty();
  }

 private:
  buf::BlockPool pool_;
  buf::Buffer in_{pool_};
  buf::Buffer out_{pool_};
  buf::Buffer body_{pool_};
  RequestParser request_parser_;
  ResponseParser response_parser_;
  RequestHead request_;
  ResponseHead response_;
  BodyDecoder decoder_;
};

TEST(Allocations, NoneOnAWarmConnection) {
  Relay relay;
  const std::size_t at_begin = observe::allocationCount();
  ASSERT_TRUE(relay.request() && relay.response());
  EXPECT_GT(observe::allocationCount(), at_begin) << "the counter does not count";
  const std::size_t warm = observe::allocationCount();
  for (int i = 0; i < 1000; ++i) {
    if (!relay.request() || !relay.response()) FAIL() << "round " << i;
  }
  EXPECT_EQ(observe::allocationCount(), warm);
}

}  // namespace
}  // namespace lb::http::test
