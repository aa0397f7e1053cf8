// Request heads: what is accepted and how it is understood, and what is refused with which status.
#include <gtest/gtest.h>

#include <string>

#include "lb/http/head_parser.h"
#include "unit/http/splits.h"

namespace lb::http::test {
namespace {

using namespace std::string_literals;

Outcome parse(std::string_view input, const HeadLimits& limits = {}) {
  return parseEverySplit<RequestParser, RequestHead>(input, limits);
}

struct AcceptRow {
  const char* name;
  std::string head;
  std::string parsed;
};

const AcceptRow kAccepted[] = {
    {"plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET GET target=/ path=/ 1.1 authority=a host=a Host=a|"},
    {"1.0 without Host", "GET /x HTTP/1.0\r\n\r\n", "GET GET target=/x path=/x 1.0 authority= host= "},
    {"1.0 with Host", "GET /x HTTP/1.0\r\nHost: B:81\r\n\r\n",
     "GET GET target=/x path=/x 1.0 authority=B:81 host=b Host=B:81|"},
    {"one empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET GET target=/ path=/ 1.1 authority=a host=a Host=a|"},
    {"unknown method", "M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n",
     "M-SEARCH OTHER target=/ path=/ 1.1 authority=a host=a Host=a|"},
    {"methods are case-sensitive", "get / HTTP/1.1\r\nHost: a\r\n\r\n",
     "get OTHER target=/ path=/ 1.1 authority=a host=a Host=a|"},
    {"query and odd characters", "GET /a/../b//c?d={e}|f^`\"<>\\%zz HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET GET target=/a/../b//c?d={e}|f^`\"<>\\%zz path=/a/../b//c?d={e}|f^`\"<>\\%zz 1.1 authority=a host=a Host=a|"},
    {"white space around values", "GET / HTTP/1.1\r\nHost:a\r\nX: \t b \t c\t \r\nY:\r\nZ: \t\r\n\r\n",
     "GET GET target=/ path=/ 1.1 authority=a host=a Host=a|X=b \t c|Y=|Z=|"},
    {"obs-text in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \x80\xff\xc3\xa4\r\n\r\n",
     "GET GET target=/ path=/ 1.1 authority=a host=a Host=a|X=\x80\xff\xc3\xa4|"},
    {"every token character in a name", "GET / HTTP/1.1\r\nhOsT: a\r\n!#$%&'*+-.^_`|~09azAZ: 1\r\n\r\n",
     "GET GET target=/ path=/ 1.1 authority=a host=a hOsT=a|!#$%&'*+-.^_`|~09azAZ=1|"},
    {"host is lowered, its dot and port go", "GET / HTTP/1.1\r\nHost: WWW.Example.COM.:8080\r\n\r\n",
     "GET GET target=/ path=/ 1.1 authority=WWW.Example.COM.:8080 host=www.example.com Host=WWW.Example.COM.:8080|"},
    {"empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", "GET GET target=/ path=/ 1.1 authority=a: host=a Host=a:|"},
    {"largest port", "GET / HTTP/1.1\r\nHost: a:65535\r\n\r\n",
     "GET GET target=/ path=/ 1.1 authority=a:65535 host=a Host=a:65535|"},
    {"IPv6 host", "GET / HTTP/1.1\r\nHost: [2001:DB8::1]:80\r\n\r\n",
     "GET GET target=/ path=/ 1.1 authority=[2001:DB8::1]:80 host=[2001:db8::1] Host=[2001:DB8::1]:80|"},
    {"IPv6 host with IPv4 tail", "GET / HTTP/1.1\r\nHost: [::ffff:192.0.2.1]\r\n\r\n",
     "GET GET target=/ path=/ 1.1 authority=[::ffff:192.0.2.1] host=[::ffff:192.0.2.1] Host=[::ffff:192.0.2.1]|"},
    {"IPv4 host", "GET / HTTP/1.1\r\nHost: 192.0.2.1:80\r\n\r\n",
     "GET GET target=/ path=/ 1.1 authority=192.0.2.1:80 host=192.0.2.1 Host=192.0.2.1:80|"},
    {"every character of a registered name", "GET / HTTP/1.1\r\nHost: a-._~!$&'()*+,;=%41\r\n\r\n",
     "GET GET target=/ path=/ 1.1 authority=a-._~!$&'()*+,;=%41 host=a-._~!$&'()*+,;=%41 Host=a-._~!$&'()*+,;=%41|"},
    {"absolute form wins over Host", "GET http://B.org:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET GET target=http://B.org:81/p?q path=/p?q 1.1 authority=B.org:81 host=b.org Host=a|"},
    {"absolute form, https in capitals", "GET HTTPS://b/ HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET GET target=HTTPS://b/ path=/ 1.1 authority=b host=b Host=b|"},
    {"absolute form without path", "GET http://b HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET GET target=http://b path=/ 1.1 authority=b host=b Host=b|"},
    {"absolute form with only a query", "GET http://b?q=/1 HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET GET target=http://b?q=/1 path=/?q=/1 1.1 authority=b host=b Host=b|"},
    {"absolute form in 1.0 without Host", "GET http://b/x HTTP/1.0\r\n\r\n",
     "GET GET target=http://b/x path=/x 1.0 authority=b host=b "},
    {"absolute form with an IPv6 literal", "GET http://[::1]:8/x HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET GET target=http://[::1]:8/x path=/x 1.1 authority=[::1]:8 host=[::1] Host=b|"},
    {"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
     "OPTIONS OPTIONS target=* path=* 1.1 authority=a host=a Host=a|"},
    {"OPTIONS, absolute form without path", "OPTIONS http://b:1 HTTP/1.1\r\nHost: a\r\n\r\n",
     "OPTIONS OPTIONS target=http://b:1 path=* 1.1 authority=b:1 host=b Host=a|"},
    {"OPTIONS, absolute form with only a query", "OPTIONS http://b?q HTTP/1.1\r\nHost: a\r\n\r\n",
     "OPTIONS OPTIONS target=http://b?q path=/?q 1.1 authority=b host=b Host=a|"},
};

TEST(RequestParser, Accepts) {
  for (const AcceptRow& row : kAccepted) {
    SCOPED_TRACE(row.name);
    const Outcome outcome = parse(row.head);
    EXPECT_EQ(outcome, (Outcome{.status = ParseStatus::Done, .parsed = row.parsed}));
    const Outcome followed = parse(row.head + "GET /next");
    EXPECT_EQ(followed, (Outcome{.status = ParseStatus::Done, .parsed = row.parsed, .rest = "GET /next"}));
  }
}

struct RefuseRow {
  const char* name;
  std::string head;  // as far as the byte that must be refused: nothing more may be waited for
  std::uint16_t status;
  const char* what;
};

std::string withField(std::string_view line) {
  return std::string("GET / HTTP/1.1\r\n").append(line);
}
std::string withHost(std::string_view host) {
  return std::string("GET / HTTP/1.1\r\nHost: ").append(host).append("\r\n\r\n");
}

const RefuseRow kRefused[] = {
    {"TLS", "\x16", 400, "malformed method"},
    {"bare LF before", "\n", 400, "bare LF"},
    {"CR without LF before", "\rG", 400, "bare CR"},
    {"two empty lines before", "\r\n\r", 400, "malformed method"},
    {"white space before the method", " ", 400, "malformed method"},
    {"method that is no token", "G(", 400, "malformed method"},
    {"method in UTF-8", "G\xc3", 400, "malformed method"},
    {"no target", "GET\r", 400, "malformed method"},
    {"two spaces before the target", "GET  ", 400, "empty target"},
    {"tab before the target", "GET\t", 400, "malformed method"},
    {"HTTP/0.9", "GET /\r", 400, "no version in the request line"},
    {"HTTP/0.9 with a bare LF", "GET /\n", 400, "bare LF"},
    {"control in the target", "GET /\x01", 400, "invalid character in the target"},
    {"NUL in the target", "GET /\0"s, 400, "invalid character in the target"},
    {"tab in the target", "GET /\t", 400, "invalid character in the target"},
    {"DEL in the target", "GET /\x7f", 400, "invalid character in the target"},
    {"UTF-8 in the target", "GET /\xc3", 400, "invalid character in the target"},
    {"fragment", "GET /#", 400, "invalid character in the target"},
    {"two spaces before the version", "GET /  ", 400, "more than one space in the request line"},
    {"space in the target", "GET /a b", 400, "malformed version"},
    {"lower-case version", "GET / h", 400, "malformed version"},
    {"HTTP/2.0", "GET / HTTP/2", 505, "HTTP version not supported"},
    {"HTTP/2 preface", "PRI * ", 400, "target * is for OPTIONS only"},
    {"HTTP/0.9 by name", "GET / HTTP/0", 505, "HTTP version not supported"},
    {"HTTP/1.2", "GET / HTTP/1.2", 505, "HTTP version not supported"},
    {"HTTP/1.10", "GET / HTTP/1.10", 400, "malformed version"},
    {"HTTP/11.1", "GET / HTTP/11", 400, "malformed version"},
    {"HTTP/+1.1", "GET / HTTP/+", 400, "malformed version"},
    {"HTTP/1,1", "GET / HTTP/1,", 400, "malformed version"},
    {"HTTP/1.x", "GET / HTTP/1.x", 400, "malformed version"},
    {"no minor version", "GET / HTTP/1\r", 400, "malformed version"},
    {"space after the version", "GET / HTTP/1.1 ", 400, "malformed version"},
    {"bare LF after the version", "GET / HTTP/1.1\n", 400, "bare LF"},
    {"bare CR after the version", "GET / HTTP/1.1\rH", 400, "bare CR"},
    {"ICY", "GET / I", 400, "malformed version"},

    {"CONNECT", "CONNECT a:443 ", 405, "CONNECT is not offered"},
    {"CONNECT to a path", "CONNECT / ", 405, "CONNECT is not offered"},
    {"authority form with GET", "GET a:80 ", 400, "target is in no form that the method allows"},
    {"asterisk with GET", "GET * ", 400, "target * is for OPTIONS only"},
    {"asterisk with more", "OPTIONS *x ", 400, "target is in no form that the method allows"},
    {"relative path", "GET index.html ", 400, "target is in no form that the method allows"},
    {"only a query", "GET ?a ", 400, "target is in no form that the method allows"},
    {"other scheme", "GET ftp://a/ ", 400, "target is in no form that the method allows"},
    {"scheme with one slash", "GET http:/a ", 400, "target is in no form that the method allows"},
    {"absolute form, no authority", "GET http:///x ", 400, "empty host"},
    {"absolute form, nothing", "GET http:// ", 400, "empty host"},
    {"absolute form, no authority but a query", "GET http://?x ", 400, "empty host"},
    {"absolute form, only a port", "GET http://:80/ ", 400, "empty host"},
    {"absolute form, userinfo", "GET http://u@a/ ", 400, "malformed host"},
    {"absolute form, bad port", "GET http://a:x/ ", 400, "malformed port"},
    {"absolute form, bad IPv6", "GET http://[::g]/ ", 400, "malformed IPv6 address"},
    {"absolute form, backslash", "GET http://a\\@b/ ", 400, "malformed host"},

    {"space before the first field", withField(" "), 400, "folded field line"},
    {"folded line", withField("Host: a\r\nX: 1\r\n "), 400, "folded field line"},
    {"folded line with a tab", withField("Host: a\r\n\t"), 400, "folded field line"},
    {"space before the colon", withField("Host "), 400, "white space in a field name"},
    {"tab before the colon", withField("Host\t"), 400, "white space in a field name"},
    {"empty name", withField(":"), 400, "empty field name"},
    {"no colon", withField("Host\r"), 400, "field line without a colon"},
    {"no colon, bare LF", withField("Host\n"), 400, "bare LF"},
    {"name in UTF-8", withField("H\xc3"), 400, "field name is not a token"},
    {"name with NUL", withField("H\0"s), 400, "field name is not a token"},
    {"name with parenthesis", withField("Transfer(Encoding"s.substr(0, 9)), 400, "field name is not a token"},
    {"name with a comma", withField("A,"), 400, "field name is not a token"},
    {"name with vertical tab", withField("Content-Length\v"), 400, "field name is not a token"},
    {"name quoted", withField("\""), 400, "field name is not a token"},
    {"bare LF after a value", withField("Host: a\n"), 400, "bare LF"},
    {"bare CR in a value", withField("Host: a\rb"), 400, "bare CR"},
    {"CR CR LF", withField("Host: a\r\r"), 400, "bare CR"},
    {"NUL in a value", withField("Host: a\0"s), 400, "control character in a field value"},
    {"control in a value", withField("X: aaaaaaaaaaaa\x01"), 400, "control character in a field value"},
    {"control behind a tab", withField("X: aaaaa\taaaaaaa\x1f"), 400, "control character in a field value"},
    {"DEL in a value", withField("X: aaaaaaaaaaaa\x7f"), 400, "control character in a field value"},
    {"vertical tab as white space", withField("X:\v"), 400, "control character in a field value"},
    {"bare LF for the last line", withField("Host: a\r\n\n"), 400, "bare LF"},
    {"bare CR for the last line", withField("Host: a\r\n\rX"), 400, "bare CR"},

    {"no Host", "GET / HTTP/1.1\r\n\r\n", 400, "missing Host"},
    {"no Host, absolute form", "GET http://a/ HTTP/1.1\r\n\r\n", 400, "missing Host"},
    {"two Hosts", withHost("a\r\nHost: b"), 400, "repeated Host"},
    {"the same Host twice", withHost("a\r\nhost: a"), 400, "repeated Host"},
    {"two Hosts in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400, "repeated Host"},
    {"empty Host", withHost(""), 400, "empty host"},
    {"empty Host in 1.0", "GET / HTTP/1.0\r\nHost:\r\n\r\n", 400, "empty host"},
    {"empty Host, absolute form", "GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n", 400, "empty host"},
    {"bad Host, absolute form", "GET http://a/ HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "malformed host"},
    {"only a port", withHost(":80"), 400, "empty host"},
    {"only a dot", withHost("."), 400, "empty host"},
    {"an empty first label", withHost(".example.com"), 400, "malformed host"},
    {"an empty label", withHost("a..example.com:80"), 400, "malformed host"},
    {"an empty label at the end", withHost("a.."), 400, "malformed host"},
    {"userinfo", withHost("u@a"), 400, "malformed host"},
    {"userinfo with a password", withHost("u:p@a"), 400, "malformed port"},
    {"path in Host", withHost("a/"), 400, "malformed host"},
    {"scheme in Host", withHost("http://a"), 400, "malformed port"},
    {"space in Host", withHost("a b"), 400, "malformed host"},
    {"list in Host", withHost("a, b"), 400, "malformed host"},
    {"UTF-8 in Host", withHost("\xc3\xa4"), 400, "malformed host"},
    {"bad escape in Host", withHost("a%4"), 400, "malformed host"},
    {"bad escape in Host, not hexadecimal", withHost("a%zz"), 400, "malformed host"},
    {"port with a sign", withHost("a:+80"), 400, "malformed port"},
    {"port with a space", withHost("a: 80"), 400, "malformed port"},
    {"port too large", withHost("a:65536"), 400, "malformed port"},
    {"port too long", withHost("a:000080"), 400, "malformed port"},
    {"two ports", withHost("a:80:80"), 400, "malformed port"},
    {"IPv6 without brackets", withHost("::1"), 400, "empty host"},
    {"IPv6 without brackets, no leading colon", withHost("fe80::1"), 400, "malformed port"},
    {"IPv6 unterminated", withHost("[::1"), 400, "unterminated IPv6 address"},
    {"IPv6 empty", withHost("[]"), 400, "malformed IPv6 address"},
    {"IPv6 too many groups", withHost("[1:2:3:4:5:6:7:8:9]"), 400, "malformed IPv6 address"},
    {"IPv6 two gaps", withHost("[1::2::3]"), 400, "malformed IPv6 address"},
    {"IPv6 with a zone", withHost("[fe80::1%25eth0]"), 400, "malformed IPv6 address"},
    {"IPvFuture", withHost("[v1.a]"), 400, "malformed IPv6 address"},
    {"IPv4 in brackets", withHost("[192.0.2.1]"), 400, "malformed IPv6 address"},
    {"more behind the brackets", withHost("[::1]a"), 400, "malformed host"},
};

TEST(RequestParser, Refuses) {
  for (const RefuseRow& row : kRefused) {
    SCOPED_TRACE(row.name);
    const Outcome expected{.status = ParseStatus::Bad, .problem_status = row.status, .problem = row.what};
    EXPECT_EQ(parse(row.head), expected);
    EXPECT_EQ(parse(row.head + "more, which cannot change it\r\n\r\n"), expected);
    const std::string_view before(row.head.data(), row.head.size() - 1);
    EXPECT_EQ(parse(before).status, ParseStatus::NeedMore) << "refused too early";
  }
}

TEST(RequestParser, EveryControlCharacterIsRefusedEverywhereInAValue) {
  for (unsigned c = 0; c < 0x80; ++c) {
    if ((c >= 0x20 && c != 0x7f) || c == '\t') continue;
    for (std::size_t at = 0; at < 20; ++at) {
      std::string value(20, 'v');
      value[at] = static_cast<char>(c);
      EXPECT_EQ(parse(withField("X: " + value + "\r\nHost: a\r\n\r\n")).status, ParseStatus::Bad) << c << " at " << at;
    }
  }
}

struct LimitRow {
  const char* name;
  std::string head;
  HeadLimits exact;  // enough
  HeadLimits less;   // one less
  std::uint16_t status;
  const char* what;
};

TEST(RequestParser, LimitsHoldAtTheByte) {
  const std::string two = "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n";
  const std::string target = "GET /" + std::string(99, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string large = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n";
  const LimitRow rows[] = {
      {"fields", two, {.fields_max = 2}, {.fields_max = 1}, 431, "too many fields"},
      {"bytes", two, {.bytes_max = two.size()}, {.bytes_max = two.size() - 1}, 431, "head too large"},
      {"large head", large, {.bytes_max = large.size()}, {.bytes_max = large.size() - 1}, 431, "head too large"},
      {"target", target, {.target_bytes_max = 100}, {.target_bytes_max = 99}, 414, "target too long"},
      {"target beyond the head's limit",
       target,
       {.bytes_max = target.size()},
       {.bytes_max = 50},
       414,
       "target too long"},
  };
  for (const LimitRow& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(parse(row.head, row.exact).status, ParseStatus::Done);
    EXPECT_EQ(parse(row.head, row.less),
              (Outcome{.status = ParseStatus::Bad, .problem_status = row.status, .problem = row.what}));
  }
}

// A reload may lower them at any byte of a head: what is over them by then is too large, and nothing else is wrong.
TEST(RequestParser, LimitsThatAreLoweredWithinAHeadHoldForTheRest) {
  const std::string whole = "GET /abcdefgh HTTP/1.1\r\nHost: a\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n\r\n";
  const std::size_t target_end = whole.find(" HTTP");
  const auto lowered = [&](std::size_t cut, const HeadLimits& less) {
    return parseLowered<RequestParser, RequestHead>(whole, cut, less);
  };
  const Outcome long_target{.status = ParseStatus::Bad, .problem_status = 414, .problem = "target too long"};
  const Outcome large{.status = ParseStatus::Bad, .problem_status = 431, .problem = "head too large"};
  for (std::size_t cut = 8; cut < whole.size(); ++cut) {
    SCOPED_TRACE(cut);
    EXPECT_EQ(lowered(cut, {.bytes_max = 7}), cut <= target_end ? long_target : large);
    // A target that was read before is none of the rest.
    EXPECT_EQ(lowered(cut, {.target_bytes_max = 2}),
              cut <= target_end ? long_target : Outcome{.status = ParseStatus::Done});
  }
}

TEST(RequestParser, TheDefaultLimitsBoundAnything) {
  EXPECT_EQ(parse(std::string(33, 'A')).problem_status, 501);
  EXPECT_EQ(parse(std::string(32, 'A')).status, ParseStatus::NeedMore);
  EXPECT_EQ(parse("GET /" + std::string(8 * 1024, 'x')).problem_status, 414);
  EXPECT_EQ(parse(withField(std::string(32 * 1024, 'x'))).problem_status, 431);
  EXPECT_EQ(parse(withField("X:" + std::string(32 * 1024, ' '))).problem_status, 431);
  std::string many;
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  EXPECT_EQ(parse(withField(many)).problem_status, 431);
}

TEST(RequestParser, StartedTellsIdleFromSlow) {
  buf::BlockPool pool;
  buf::Buffer in(pool);
  RequestParser parser;
  RequestHead head;
  in.append("\r\n");
  EXPECT_EQ(parser.parse(in, {}, head), ParseStatus::NeedMore);
  EXPECT_FALSE(parser.started());
  in.append("G");
  EXPECT_EQ(parser.parse(in, {}, head), ParseStatus::NeedMore);
  EXPECT_TRUE(parser.started());
  parser.reset();
  EXPECT_FALSE(parser.started());
}

TEST(RequestParser, PipelinedRequestsReuseOneHead) {
  buf::BlockPool pool;
  buf::Buffer in(pool);
  RequestParser parser;
  RequestHead head;
  in.append("GET http://a.b/1 HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\nPUT /2 HTTP/1.0\r\n\r\n");
  ASSERT_EQ(parser.parse(in, {}, head), ParseStatus::Done);
  EXPECT_EQ(head.host, "a.b");
  parser.reset();
  ASSERT_EQ(parser.parse(in, {}, head), ParseStatus::Done);
  EXPECT_EQ(dump(head), "PUT PUT target=/2 path=/2 1.0 authority= host= ");
  EXPECT_TRUE(in.empty());
}

TEST(RequestParser, BytesHoldTheHeadAsReceived) {
  buf::BlockPool pool;
  buf::Buffer in(pool);
  RequestParser parser;
  RequestHead head;
  const std::string text = "GET / HTTP/1.1\r\nHost:a\r\n\r\n";
  in.append("\r\n" + text + "body");
  ASSERT_EQ(parser.parse(in, {}, head), ParseStatus::Done);
  EXPECT_EQ(head.fields.bytes(), text);
}

TEST(RequestParser, WhatIsKnownOfABadHeadCanBeLogged) {
  buf::BlockPool pool;
  buf::Buffer in(pool);
  RequestParser parser;
  RequestHead head;
  in.append("POST /x HTTP/1.1\r\nHost : a\r\n");
  ASSERT_EQ(parser.parse(in, {}, head), ParseStatus::Bad);
  EXPECT_EQ(head.methodText(), "POST");
  EXPECT_EQ(head.target(), "/x");
}

}  // namespace
}  // namespace lb::http::test
