// Bodies taken out of their framing: what comes out, what stays behind, and what is refused at which byte.
#include "lb/http/body_decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/http/splits.h"

namespace lb::http::test {
namespace {

using namespace std::string_literals;

Outcome decodeOnce(std::string_view input, const Pieces& pieces, bool at_once, Framing framing,
                   const BodyLimits& limits) {
  buf::BlockPool pool;
  buf::Buffer in(pool);
  buf::Buffer out(pool);
  BodyDecoder decoder;
  decoder.start(framing);
  Outcome outcome;
  std::size_t fed = 0;
  for (const std::string_view piece : pieces) {
    appendSlice(pool, in, piece);
    fed += piece.size();
    if (at_once && fed < input.size()) continue;
    outcome.status = decoder.decode(in, out, limits);
    EXPECT_EQ(decoder.done(), outcome.status == ParseStatus::Done);
    if (outcome.status != ParseStatus::NeedMore) break;
  }
  outcome.body = out.toString();
  if (outcome.status == ParseStatus::Bad) {
    outcome.problem_status = decoder.problem().status;
    outcome.problem = decoder.problem().what;
  } else {
    outcome.parsed = dump(decoder.trailers());
  }
  if (outcome.status == ParseStatus::Done) outcome.rest = in.toString().append(input.substr(fed));
  return outcome;
}

Outcome decode(std::string_view input, Framing framing, const BodyLimits& limits = {}) {
  return sameForEverySplit(
      input, [&](const Pieces& pieces, bool at_once) { return decodeOnce(input, pieces, at_once, framing, limits); });
}

constexpr Framing kChunked{.kind = BodyKind::Chunked};

struct AcceptRow {
  const char* name;
  std::string input;
  std::string body;
  std::string trailers;
};

const AcceptRow kAccepted[] = {
    {"empty", "0\r\n\r\n", "", ""},
    {"one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello", ""},
    {"several chunks", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc", ""},
    {"hexadecimal in both cases", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", ""},
    {"leading zeros", "0005\r\nhello\r\n000\r\n\r\n", "hello", ""},
    {"line ends as data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n", ""},
    {"extension without a value", "1;a\r\nx\r\n0;b\r\n\r\n", "x", ""},
    {"extension with a token", "1;a=b\r\nx\r\n0\r\n\r\n", "x", ""},
    {"extension with a quoted string", "1;a=\"b; \t\\\"=\xc3\"\r\nx\r\n0\r\n\r\n", "x", ""},
    {"several extensions", "1;a;b=c;d=\"\";e\r\nx\r\n0\r\n\r\n", "x", ""},
    {"trailers", "1\r\nx\r\n0\r\nA: b\r\nServer-Timing:c \r\n\r\n", "x", "A=b|Server-Timing=c|"},
};

TEST(BodyDecoder, TakesChunksApart) {
  for (const AcceptRow& row : kAccepted) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(decode(row.input + "GET /", kChunked),
              (Outcome{.status = ParseStatus::Done, .parsed = row.trailers, .body = row.body, .rest = "GET /"}));
  }
}

struct RefuseRow {
  const char* name;
  std::string input;  // up to the byte that must be refused
  const char* what;
};

const RefuseRow kRefused[] = {
    {"no size", "\r", "chunk size is not a hexadecimal number"},
    {"bare LF for a size", "\n", "chunk size is not a hexadecimal number"},
    {"sign", "+", "chunk size is not a hexadecimal number"},
    {"minus", "-", "chunk size is not a hexadecimal number"},
    {"space before", " ", "chunk size is not a hexadecimal number"},
    {"not hexadecimal", "g", "chunk size is not a hexadecimal number"},
    {"0x", "0x", "malformed chunk line"},
    {"underscore", "1_", "malformed chunk line"},
    {"NUL", "1\0"s, "malformed chunk line"},
    {"space behind", "1 ", "malformed chunk line"},
    {"tab behind", "1\t", "malformed chunk line"},
    {"bare LF", "1\n", "malformed chunk line"},
    {"bare CR", "1\ra", "bare CR in a chunk line"},
    {"overflow", "8000000000000000", "chunk size too large"},
    {"overflow by far", "ffffffffffffffff", "chunk size too large"},
    {"data too long", "1\r\nab", "chunk longer than its size"},
    {"LF behind data", "1\r\na\n", "chunk longer than its size"},
    {"CR behind data", "1\r\na\rb", "bare CR after a chunk"},
    {"empty extension", "1;\r", "malformed chunk extension"},
    {"empty extension between", "1;;", "malformed chunk extension"},
    {"space in an extension", "1; ", "malformed chunk extension"},
    {"LF in an extension", "1;a\n", "malformed chunk line"},
    {"CR in an extension", "1;a\rb", "bare CR in a chunk line"},
    {"NUL in an extension", "1;a\0"s, "malformed chunk line"},
    {"no name", "1;=", "malformed chunk extension"},
    {"no value", "1;a=\r", "malformed chunk extension"},
    {"control in a quoted string", "1;a=\"\x01", "control character in a chunk extension"},
    {"LF in a quoted string", "1;a=\"\n", "control character in a chunk extension"},
    {"CR in a quoted string", "1;a=\"\r", "control character in a chunk extension"},
    {"escaped LF", "1;a=\"\\\n", "control character in a chunk extension"},
    {"token behind a quoted string", "1;a=\"b\"c", "malformed chunk line"},
    {"extension of the last chunk", "0;\x7f", "malformed chunk extension"},
    {"data behind the last chunk", "0\r\n\n", "bare LF"},
    {"folded trailer", "0\r\nA: b\r\n ", "folded field line"},
    {"trailer with a space before the colon", "0\r\nA ", "white space in a field name"},
    {"trailer with NUL", "0\r\nA: \0"s, "control character in a field value"},
    {"trailer without a colon", "0\r\nA\r", "field line without a colon"},
    {"bare CR for the end", "0\r\n\rX", "bare CR"},
};

TEST(BodyDecoder, RefusesAtTheByte) {
  for (const RefuseRow& row : kRefused) {
    SCOPED_TRACE(row.name);
    for (const std::string& before : {""s, "3\r\nabc\r\n"s}) {
      const std::string body = (before.empty() ? "" : "abc"s) + (row.input.starts_with("1\r\na") ? "a" : "");
      const Outcome expected{.status = ParseStatus::Bad, .problem_status = 400, .problem = row.what, .body = body};
      EXPECT_EQ(decode(before + row.input, kChunked), expected);
      EXPECT_EQ(decode(before + row.input + "0\r\n\r\n", kChunked), expected);
      const std::string all_but_one = before + row.input.substr(0, row.input.size() - 1);
      EXPECT_EQ(decode(all_but_one, kChunked).status, ParseStatus::NeedMore) << "refused too early";
    }
  }
}

TEST(BodyDecoder, RefusesTrailersThatChangeTheMessage) {
  for (const char* name : {"Content-Length",
                           "transfer-encoding",
                           "Host",
                           "Connection",
                           "Trailer",
                           "TE",
                           "Upgrade",
                           "Authorization",
                           "Proxy-Authorization",
                           "Cookie",
                           "SET-COOKIE",
                           "WWW-Authenticate",
                           "Content-Encoding",
                           "Content-Type",
                           "Content-Range",
                           "Cache-Control",
                           "Expect",
                           "Range",
                           "If-Match",
                           "Location",
                           "X-Forwarded-For",
                           "x-forwarded-prefix",
                           "Via"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(decode("0\r\nA: b\r\n"s + name + ": 1\r\n\r\n", kChunked),
              (Outcome{.status = ParseStatus::Bad, .problem_status = 400, .problem = "field not allowed in trailers"}));
  }
}

TEST(BodyDecoder, LimitsHoldAtTheByte) {
  const std::string line = "1;" + std::string(20, 'a') + "\r\n";
  const std::string body = line + "x\r\n0\r\n\r\n";
  EXPECT_EQ(decode(body, kChunked, {.chunk_line_bytes_max = line.size()}).status, ParseStatus::Done);
  EXPECT_EQ(decode(body, kChunked, {.chunk_line_bytes_max = line.size() - 1}).problem, "chunk line too long");

  const std::string trailers = "A: b\r\nC: d\r\n\r\n";
  const std::string trailed = "0\r\n" + trailers + "next";
  EXPECT_EQ(decode(trailed, kChunked, {.trailer_bytes_max = trailers.size(), .trailers_max = 2}).status,
            ParseStatus::Done);
  const Outcome large = decode(trailed, kChunked, {.trailer_bytes_max = trailers.size() - 1});
  EXPECT_EQ(large.problem, "trailers too large");
  EXPECT_EQ(large.problem_status, 431);
  const Outcome many = decode(trailed, kChunked, {.trailers_max = 1});
  EXPECT_EQ(many.problem, "too many fields");
  EXPECT_EQ(many.problem_status, 431);
}

TEST(BodyDecoder, LimitsThatAreLoweredWithinTrailersHoldForTheRest) {
  const std::string whole = "0\r\nAaaa: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n\r\n";
  for (std::size_t cut = 6; cut < whole.size(); ++cut) {
    SCOPED_TRACE(cut);
    buf::BlockPool pool;
    buf::Buffer in(pool);
    buf::Buffer out(pool);
    BodyDecoder decoder;
    decoder.start(kChunked);
    in.append(whole.substr(0, cut));
    ASSERT_EQ(decoder.decode(in, out, {}), ParseStatus::NeedMore);
    in.append(whole.substr(cut));
    ASSERT_EQ(decoder.decode(in, out, {.trailer_bytes_max = 2}), ParseStatus::Bad);
    EXPECT_STREQ(decoder.problem().what, "trailers too large");
  }
}

TEST(BodyDecoder, TheDefaultLimitsBoundAnything) {
  EXPECT_EQ(decode(std::string(300, '0'), kChunked).problem, "chunk line too long");
  EXPECT_EQ(decode("1;" + std::string(300, 'a'), kChunked).problem, "chunk line too long");
  EXPECT_EQ(decode("0\r\nA: " + std::string(9000, 'a'), kChunked).problem, "trailers too large");
}

TEST(BodyDecoder, TheLimitIsForEachLine) {
  std::string input;
  for (int i = 0; i < 40; ++i) input += "1;name=value\r\nx\r\n";
  EXPECT_EQ(decode(input + "0\r\n\r\n", kChunked, {.chunk_line_bytes_max = 14}).body, std::string(40, 'x'));
}

TEST(BodyDecoder, LengthTakesExactlyItsBytes) {
  const Framing five{.kind = BodyKind::Length, .length = 5};
  EXPECT_EQ(decode("helloGET /", five), (Outcome{.status = ParseStatus::Done, .body = "hello", .rest = "GET /"}));
  EXPECT_EQ(decode("hell", five), (Outcome{.status = ParseStatus::NeedMore, .body = "hell"}));
}

TEST(BodyDecoder, NoBodyIsDoneAtOnce) {
  for (const Framing framing : {Framing{}, Framing{.kind = BodyKind::Length, .length = 0},
                                Framing{.kind = BodyKind::None, .length = 7, .declared = true}}) {
    EXPECT_EQ(decode("GET /", framing), (Outcome{.status = ParseStatus::Done, .rest = "GET /"}));
    BodyDecoder decoder;
    decoder.start(framing);
    EXPECT_TRUE(decoder.done());
    EXPECT_EQ(decoder.end(), ParseStatus::Done);
  }
}

TEST(BodyDecoder, UntilCloseIsNeverDone) {
  EXPECT_EQ(decode("anything\r\n", {.kind = BodyKind::UntilClose}),
            (Outcome{.status = ParseStatus::NeedMore, .body = "anything\r\n"}));
}

TEST(BodyDecoder, AnEndInTheMiddleIsBad) {
  struct Row {
    Framing framing;
    std::string input;
    ParseStatus expected;
  };
  const Row rows[] = {
      {{.kind = BodyKind::UntilClose}, "abc", ParseStatus::Done},
      {{.kind = BodyKind::UntilClose}, "", ParseStatus::Done},
      {{.kind = BodyKind::Length, .length = 3}, "abc", ParseStatus::Done},
      {{.kind = BodyKind::Length, .length = 4}, "abc", ParseStatus::Bad},
      {kChunked, "0\r\n\r\n", ParseStatus::Done},
      {kChunked, "0\r\n", ParseStatus::Bad},
      {kChunked, "0\r\n\r", ParseStatus::Bad},
      {kChunked, "", ParseStatus::Bad},
      {kChunked, "3\r\nabc\r\n", ParseStatus::Bad},
      {kChunked, "3\r\nab", ParseStatus::Bad},
  };
  for (const Row& row : rows) {
    buf::BlockPool pool;
    buf::Buffer in(pool);
    buf::Buffer out(pool);
    BodyDecoder decoder;
    decoder.start(row.framing);
    in.append(row.input);
    static_cast<void>(decoder.decode(in, out, {}));
    EXPECT_EQ(decoder.end(), row.expected) << row.input;
  }
}

TEST(BodyDecoder, ALargeBodyIsMovedNotCopied) {
  buf::BlockPool pool;
  buf::Buffer in(pool);
  buf::Buffer out(pool);
  BodyDecoder decoder;
  decoder.start({.kind = BodyKind::Length, .length = 100'000});
  in.append(std::string(100'000, 'x'));
  const char* first = in.front().data();
  EXPECT_EQ(decoder.decode(in, out, {}), ParseStatus::Done);
  EXPECT_EQ(out.front().data(), first);
}

TEST(BodyEncoder, WhatIsEncodedDecodes) {
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{255}, std::size_t{100'000}}) {
    buf::BlockPool pool;
    buf::Buffer body(pool);
    buf::Buffer wire(pool);
    buf::Buffer out(pool);
    body.append(std::string(size, 'a'));
    encodeChunk(body, wire);
    EXPECT_TRUE(body.empty());
    encodeChunk(body, wire);  // empty: must not end the body
    body.append("tail");
    encodeChunk(body, wire);
    Fields trailers;
    trailers.add("A", "b");
    trailers.add("Gone", "x");
    trailers.drop("gone");
    encodeLastChunk(&trailers, wire);
    wire.append("next");
    BodyDecoder decoder;
    decoder.start(kChunked);
    ASSERT_EQ(decoder.decode(wire, out, {}), ParseStatus::Done);
    EXPECT_EQ(out.toString(), std::string(size, 'a') + "tail");
    EXPECT_EQ(dump(decoder.trailers()), "A=b|");
    EXPECT_EQ(wire.toString(), "next");
  }
}

TEST(BodyEncoder, Bytes) {
  buf::BlockPool pool;
  buf::Buffer body(pool);
  buf::Buffer wire(pool);
  body.append("0123456789abcdefXYZ");
  encodeChunk(body, wire);
  encodeLastChunk(nullptr, wire);
  EXPECT_EQ(wire.toString(), "13\r\n0123456789abcdefXYZ\r\n0\r\n\r\n");
}

}  // namespace
}  // namespace lb::http::test
