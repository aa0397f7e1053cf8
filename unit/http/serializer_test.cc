// Heads as they leave: exact bytes, and back again through the parsers.
#include "lb/http/serializer.h"

#include <gtest/gtest.h>

#include <string>

#include "lb/http/framing.h"
#include "lb/http/head_parser.h"
#include "lb/http/hop_by_hop.h"
#include "unit/http/splits.h"

namespace lb::http::test {
namespace {

class SerializerTest : public ::testing::Test {
 protected:
  RequestHead request(std::string_view text) {
    RequestHead head;
    buf::Buffer in(pool_);
    in.append(text);
    RequestParser parser;
    EXPECT_EQ(parser.parse(in, {}, head), ParseStatus::Done) << parser.problem().what;
    return head;
  }
  ResponseHead response(std::string_view text) {
    ResponseHead head;
    buf::Buffer in(pool_);
    in.append(text);
    ResponseParser parser;
    EXPECT_EQ(parser.parse(in, {}, head), ParseStatus::Done) << parser.problem().what;
    return head;
  }
  std::string wire(const RequestHead& head, const Framing& framing = {}, const RequestLineage& lineage = {}) {
    buf::Buffer out(pool_);
    writeRequestHead(head, framing, lineage, out);
    return out.toString();
  }
  std::string wire(const ResponseHead& head, const Framing& framing, const ResponseLineage& lineage) {
    buf::Buffer out(pool_);
    writeResponseHead(head, framing, lineage, out);
    return out.toString();
  }

  buf::BlockPool pool_;
};

TEST_F(SerializerTest, AFieldKeepsOrderCaseAndValue) {
  EXPECT_EQ(wire(request("GET /p?q HTTP/1.0\r\nb:  1 \r\nHost: H:80\r\nA: x\ty\r\nC:\r\nA:2\r\n\r\n")),
            "GET /p?q HTTP/1.1\r\nHost: H:80\r\nb: 1\r\nA: x\ty\r\nC: \r\nA: 2\r\n\r\n");
}

TEST_F(SerializerTest, TheTargetsAuthorityReplacesHost) {
  EXPECT_EQ(wire(request("GET http://b:1?q HTTP/1.1\r\nHost: a\r\n\r\n")), "GET /?q HTTP/1.1\r\nHost: b:1\r\n\r\n");
  EXPECT_EQ(wire(request("OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n")), "OPTIONS * HTTP/1.1\r\nHost: b\r\n\r\n");
}

TEST_F(SerializerTest, FramingComesFromFramingOnly) {
  RequestHead head = request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\nA: 1\r\n\r\n");
  dropHopByHop(head.fields);
  const std::string begin = "POST / HTTP/1.1\r\nHost: a\r\nA: 1\r\n";
  EXPECT_EQ(wire(head), begin + "\r\n");
  EXPECT_EQ(wire(head, {.kind = BodyKind::Length, .length = 7}), begin + "Content-Length: 7\r\n\r\n");
  EXPECT_EQ(wire(head, {.kind = BodyKind::Length, .length = 0}), begin + "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(wire(head, {.kind = BodyKind::Chunked}), begin + "Transfer-Encoding: chunked\r\n\r\n");
}

TEST_F(SerializerTest, ConnectionComesFromLineageOnly) {
  RequestHead head = request("GET / HTTP/1.1\r\nConnection: A, keep-alive\r\nHost: a\r\nA: 1\r\nUpgrade: h2c\r\n\r\n");
  dropHopByHop(head.fields);
  const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(wire(head), begin + "\r\n");
  EXPECT_EQ(wire(head, {}, {.close = true, .upgrade = {}}), begin + "Connection: close\r\n\r\n");
  EXPECT_EQ(wire(head, {}, {.close = false, .upgrade = "websocket"}),
            begin + "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST_F(SerializerTest, DroppedAndAddedFields) {
  RequestHead head = request("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n");
  head.fields.drop("b");
  head.fields.add("Via", "1.1 lb");
  head.fields.add("X", "");
  EXPECT_EQ(wire(head), "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nC: 3\r\nVia: 1.1 lb\r\nX: \r\n\r\n");
}

TEST_F(SerializerTest, ResponseFraming) {
  const ResponseHead ok = response("HTTP/1.0 200 Fine\r\nA: 1\r\n\r\n");
  const std::string begin = "HTTP/1.1 200 Fine\r\nA: 1\r\n";
  EXPECT_EQ(wire(ok, {.kind = BodyKind::Length, .length = 3}, {}), begin + "Content-Length: 3\r\n\r\n");
  EXPECT_EQ(wire(ok, {.kind = BodyKind::Chunked}, {}), begin + "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(wire(ok, {.kind = BodyKind::UntilClose}, {.close = true, .upgrade = {}}),
            begin + "Connection: close\r\n\r\n");
  EXPECT_EQ(wire(ok, {.kind = BodyKind::None, .length = 9, .declared = true}, {}), begin + "Content-Length: 9\r\n\r\n");
  EXPECT_EQ(wire(ok, {}, {}), begin + "\r\n");
}

TEST_F(SerializerTest, AnHttp10ClientMustBeToldThatTheConnectionStays) {
  const ResponseHead ok = response("HTTP/1.1 200\r\n\r\n");
  const Framing length{.kind = BodyKind::Length, .length = 0};
  EXPECT_EQ(wire(ok, length, {.client_version = Version::Http10, .close = false, .upgrade = {}}),
            "HTTP/1.1 200 \r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(wire(ok, length, {.client_version = Version::Http10, .close = true, .upgrade = {}}),
            "HTTP/1.1 200 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST_F(SerializerTest, NoFramingWhereNoBodyCanBe) {
  const Framing length{.kind = BodyKind::Length, .length = 3};
  for (const char* line : {"100 Continue", "103 Early Hints", "204 No Content"}) {
    const std::string start = std::string("HTTP/1.1 ") + line + "\r\n";
    EXPECT_EQ(wire(response(start + "\r\n"), length, {}), start + "\r\n");
  }
}

TEST_F(SerializerTest, SwitchingProtocols) {
  EXPECT_EQ(wire(response("HTTP/1.1 101 Go\r\nA: 1\r\n\r\n"), {},
                 {.client_version = Version::Http11, .close = false, .upgrade = "websocket"}),
            "HTTP/1.1 101 Go\r\nA: 1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST_F(SerializerTest, FramingThatTheClientCannotReadIsABrokenInvariant) {
  const ResponseHead ok = response("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_DEATH(wire(ok, {.kind = BodyKind::UntilClose}, {}), "UntilClose");
  EXPECT_DEATH(wire(ok, {.kind = BodyKind::Chunked}, {.client_version = Version::Http10, .close = true, .upgrade = {}}),
               "Chunked");
}

TEST_F(SerializerTest, AHeadMayCrossBlocks) {
  RequestHead head = request("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
  const std::string expected = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n";
  for (const std::size_t before : {std::size_t{0}, buf::Block::kBytes - 10, buf::Block::kBytes}) {
    buf::Buffer out(pool_);
    out.append(std::string(before, 'b'));
    writeRequestHead(head, {}, {}, out);
    out.consume(before);
    EXPECT_EQ(out.toString(), expected);
  }
}

TEST_F(SerializerTest, RequestsRoundTrip) {
  for (const char* text :
       {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "M /x?y HTTP/1.1\r\nHost: [::1]:1\r\nA: b\r\nA: c\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nX: \xff\t1\r\n\r\n"}) {
    const RequestHead first = request(text);
    EXPECT_EQ(wire(first), text);
    EXPECT_EQ(dump(request(wire(first))), dump(first));
  }
}

TEST_F(SerializerTest, ResponsesRoundTrip) {
  for (const char* text :
       {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 404 \r\nA: b\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\n"}) {
    const ResponseHead first = response(text);
    EXPECT_EQ(wire(first, {}, {}), text);
    EXPECT_EQ(dump(response(wire(first, {}, {}))), dump(first));
  }
}

}  // namespace
}  // namespace lb::http::test
