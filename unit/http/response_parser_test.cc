// Response heads: as strict as request heads, and whatever is wrong is a 502.
#include <gtest/gtest.h>

#include <string>

#include "lb/http/head_parser.h"
#include "unit/http/splits.h"

namespace lb::http::test {
namespace {

using namespace std::string_literals;

Outcome parse(std::string_view input, const HeadLimits& limits = {}) {
  return parseEverySplit<ResponseParser, ResponseHead>(input, limits);
}

struct Row {
  const char* name;
  std::string head;
  std::string expected;  // the dump, or the problem
};

const Row kAccepted[] = {
    {"plain", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "1.1 200 OK A=b|"},
    {"1.0", "HTTP/1.0 404 Not Found\r\n\r\n", "1.0 404 Not Found "},
    {"empty reason", "HTTP/1.1 200 \r\n\r\n", "1.1 200  "},
    {"no reason and no space", "HTTP/1.1 200\r\n\r\n", "1.1 200  "},
    {"interim", "HTTP/1.1 100 Continue\r\n\r\n", "1.1 100 Continue "},
    {"largest status", "HTTP/1.1 599 x\r\n\r\n", "1.1 599 x "},
    {"obs-text and tab in the reason", "HTTP/1.1 200 \xc3\xa4\tb  c\r\n\r\n", "1.1 200 \xc3\xa4\tb  c "},
};

TEST(ResponseParser, Accepts) {
  for (const Row& row : kAccepted) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(parse(row.head + "body"), (Outcome{.status = ParseStatus::Done, .parsed = row.expected, .rest = "body"}));
  }
}

// Each up to the byte that must be refused.
const Row kRefused[] = {
    {"no HTTP at all", "<", "not an HTTP/1 status line"},
    {"empty line before", "\r", "not an HTTP/1 status line"},
    {"space before", " ", "not an HTTP/1 status line"},
    {"ICY", "I", "not an HTTP/1 status line"},
    {"lower case", "h", "not an HTTP/1 status line"},
    {"HTTP/2", "HTTP/2", "HTTP version not supported"},
    {"HTTP/1.2", "HTTP/1.2", "HTTP version not supported"},
    {"HTTP/0.9", "HTTP/0", "HTTP version not supported"},
    {"two digits in the version", "HTTP/1.10", "not an HTTP/1 status line"},
    {"two spaces", "HTTP/1.1  ", "malformed status code"},
    {"tab", "HTTP/1.1\t", "not an HTTP/1 status line"},
    {"status 0xx", "HTTP/1.1 0", "status code out of range"},
    {"status 6xx", "HTTP/1.1 6", "status code out of range"},
    {"status 999", "HTTP/1.1 9", "status code out of range"},
    {"negative status", "HTTP/1.1 -", "malformed status code"},
    {"two digits", "HTTP/1.1 20 ", "malformed status code"},
    {"four digits", "HTTP/1.1 2000", "malformed status code"},
    {"letters", "HTTP/1.1 2O", "malformed status code"},
    {"no space before the reason", "HTTP/1.1 200O", "malformed status code"},
    {"tab before the reason", "HTTP/1.1 200\t", "malformed status code"},
    {"no status", "HTTP/1.1\r", "not an HTTP/1 status line"},
    {"bare LF", "HTTP/1.1 200 OK\n", "bare LF"},
    {"bare LF without a reason", "HTTP/1.1 200\n", "malformed status code"},
    {"bare CR", "HTTP/1.1 200 OK\rX", "bare CR"},
    {"bare CR without a reason", "HTTP/1.1 200\rX", "bare CR"},
    {"NUL in the reason", "HTTP/1.1 200 O\0"s, "control character in the reason phrase"},
    {"DEL in the reason", "HTTP/1.1 200 O\x7f", "control character in the reason phrase"},
    {"folded line", "HTTP/1.1 200 OK\r\nA: b\r\n ", "folded field line"},
    {"space before the colon", "HTTP/1.1 200 OK\r\nA ", "white space in a field name"},
    {"empty name", "HTTP/1.1 200 OK\r\n:", "empty field name"},
    {"name with NUL", "HTTP/1.1 200 OK\r\nA\0"s, "field name is not a token"},
    {"NUL in a value", "HTTP/1.1 200 OK\r\nA: \0"s, "control character in a field value"},
    {"bare LF after a value", "HTTP/1.1 200 OK\r\nA: b\n", "bare LF"},
    {"bare CR in a value", "HTTP/1.1 200 OK\r\nA: b\rc", "bare CR"},
    {"no colon", "HTTP/1.1 200 OK\r\nA\r", "field line without a colon"},
};

TEST(ResponseParser, Refuses) {
  for (const Row& row : kRefused) {
    SCOPED_TRACE(row.name);
    const Outcome expected{.status = ParseStatus::Bad, .problem_status = 502, .problem = row.expected};
    EXPECT_EQ(parse(row.head), expected);
    EXPECT_EQ(parse(row.head + "more\r\n\r\n"), expected);
    const std::string_view before(row.head.data(), row.head.size() - 1);
    EXPECT_EQ(parse(before).status, ParseStatus::NeedMore) << "refused too early";
  }
}

TEST(ResponseParser, LimitsHoldAtTheByte) {
  const std::string head = "HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n\r\n";
  EXPECT_EQ(parse(head, {.bytes_max = head.size(), .fields_max = 2}).status, ParseStatus::Done);
  EXPECT_EQ(parse(head, {.bytes_max = head.size() - 1}).problem, "head too large");
  EXPECT_EQ(parse(head, {.fields_max = 1}).problem, "too many fields");
  EXPECT_EQ(parse(head, {.fields_max = 1}).problem_status, 502);
  EXPECT_EQ(parse("HTTP/1.1 200 " + std::string(32 * 1024, 'x')).problem, "head too large");
}

TEST(ResponseParser, LimitsThatAreLoweredWithinAHeadHoldForTheRest) {
  const std::string whole = "HTTP/1.1 200 OK\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n\r\n";
  for (std::size_t cut = 8; cut < whole.size(); ++cut) {
    SCOPED_TRACE(cut);
    EXPECT_EQ((parseLowered<ResponseParser, ResponseHead>(whole, cut, HeadLimits{.bytes_max = 7})),
              (Outcome{.status = ParseStatus::Bad, .problem_status = 502, .problem = "head too large"}));
  }
}

TEST(ResponseParser, InterimResponsesComeOneByOne) {
  buf::BlockPool pool;
  buf::Buffer in(pool);
  ResponseParser parser;
  ResponseHead head;
  in.append("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_EQ(parser.parse(in, {}, head), ParseStatus::Done);
  EXPECT_EQ(dump(head), "1.1 103 Early Hints Link=x|");
  parser.reset();
  EXPECT_FALSE(parser.started());
  ASSERT_EQ(parser.parse(in, {}, head), ParseStatus::Done);
  EXPECT_EQ(dump(head), "1.1 204 No Content ");
}

}  // namespace
}  // namespace lb::http::test
