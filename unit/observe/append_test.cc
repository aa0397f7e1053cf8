// Values and foreign bytes as text.
#include "lb/observe/append.h"

#include <gtest/gtest.h>

#include <string>

#include "lb/observe/escape.h"
#include "unit/observe/fixtures.h"

namespace lb::observe {
namespace {

using namespace std::string_view_literals;

TEST(AppendTime, WritesTheCivilDateInUtc) {
  struct Row {
    Duration since_epoch;
    const char* expected;
  };
  const Row rows[] = {
      {0s, "1970-01-01T00:00:00.000000Z"},
      {-1ns, "1969-12-31T23:59:59.999999Z"},
      {999ns, "1970-01-01T00:00:00.000000Z"},
      {951'782'399s + 999'999us, "2000-02-28T23:59:59.999999Z"},
      {951'782'400s, "2000-02-29T00:00:00.000000Z"},
      {951'868'800s, "2000-03-01T00:00:00.000000Z"},
      {1'767'323'045s + 678'901us, "2026-01-02T03:04:05.678901Z"},
      {4'107'542'400s, "2100-03-01T00:00:00.000000Z"},  // 2100 is no leap year
      {4'107'542'399s, "2100-02-28T23:59:59.000000Z"},
  };
  for (const Row& row : rows) {
    std::string out;
    appendTime({row.since_epoch}, out);
    EXPECT_EQ(out, row.expected);
  }
}

TEST(AppendDurations, RoundToWholeMicroseconds) {
  struct Row {
    Duration duration;
    const char* seconds;
    const char* milliseconds;
  };
  const Row rows[] = {
      {0ns, "0.000000", "0"},
      {499ns, "0.000000", "0"},
      {500ns, "0.000001", "0.001"},
      {1us, "0.000001", "0.001"},
      {80us, "0.000080", "0.08"},
      {1910us, "0.001910", "1.91"},
      {2200us, "0.002200", "2.2"},
      {2ms, "0.002000", "2"},
      {10ms, "0.010000", "10"},
      {1s - 1ns, "1.000000", "1000"},
      {90s + 5us, "90.000005", "90000.005"},
      {-3us, "0.000000", "0"},
      {Duration::max(), "9223372036.854775", "9223372036854.775"},
  };
  for (const Row& row : rows) {
    std::string seconds;
    appendSeconds(row.duration, seconds);
    EXPECT_EQ(seconds, row.seconds);
    std::string milliseconds;
    appendMilliseconds(row.duration, milliseconds);
    EXPECT_EQ(milliseconds, row.milliseconds);
  }
}

TEST(AppendAddress, AgreesWithTheAddressItself) {
  for (const char* text : {"0.0.0.0", "255.255.255.255", "192.0.2.1", "::", "::1", "2001:db8::1", "fe80::1:2:3:4"}) {
    const Address address{*IpAddress::parse(text), 65535};
    std::string out;
    appendAddress(address, out);
    EXPECT_EQ(out, address.toString());
    std::string ip;
    address.ip.appendTo(ip);
    EXPECT_EQ(ip, text);
  }
}

struct EscapeRow {
  const char* name;
  std::string_view raw;
  const char* json;  // without the quotes
  const char* text;
};
constexpr EscapeRow kEscapes[] = {
    {"plain", "curl/7.88 (x)", "curl/7.88 (x)", "curl/7.88 (x)"},
    {"empty", "", "", ""},
    {"quote and backslash", "a\"b\\c", R"(a\"b\\c)", R"(a\x22b\x5cc)"},
    {"line ends", "a\r\nb\tc", R"(a\u000d\u000ab\u0009c)", R"(a\x0d\x0ab\x09c)"},
    {"NUL", "a\0b"sv, R"(a\u0000b)", R"(a\x00b)"},
    {"escape sequence", "\x1b[31m", R"(\u001b[31m)", R"(\x1b[31m)"},
    {"delete", "\x7f", R"(\u007f)", R"(\x7f)"},
    {"two bytes", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
    {"three and four bytes", "\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac \xf0\x9f\x98\x80",
     "\xe2\x82\xac \xf0\x9f\x98\x80"},
    {"C1 control", "\xc2\x9b", "\xc2\x9b", R"(\xc2\x9b)"},
    {"first above C1", "\xc2\xa0", "\xc2\xa0", "\xc2\xa0"},
    {"stray continuation", "a\x80z", R"(a\ufffdz)", R"(a\x80z)"},
    {"overlong slash", "\xc0\xaf", R"(\ufffd\ufffd)", R"(\xc0\xaf)"},
    {"overlong in three bytes", "\xe0\x9f\xbf", R"(\ufffd\ufffd\ufffd)", R"(\xe0\x9f\xbf)"},
    {"surrogate", "\xed\xa0\x80", R"(\ufffd\ufffd\ufffd)", R"(\xed\xa0\x80)"},
    {"overlong in four bytes", "\xf0\x8f\xbf\xbf", R"(\ufffd\ufffd\ufffd\ufffd)", R"(\xf0\x8f\xbf\xbf)"},
    {"beyond U+10FFFF", "\xf4\x90\x80\x80", R"(\ufffd\ufffd\ufffd\ufffd)", R"(\xf4\x90\x80\x80)"},
    {"cut in the sequence", "a\xe2\x82", R"(a\ufffd\ufffd)", R"(a\xe2\x82)"},
    {"cut by another byte", "\xe2\x82z", R"(\ufffd\ufffdz)", R"(\xe2\x82z)"},
    {"bytes that never occur", "\xff\xfe", R"(\ufffd\ufffd)", R"(\xff\xfe)"},
};

TEST(Escape, KeepsWhatIsReadableAndDefusesTheRest) {
  for (const EscapeRow& row : kEscapes) {
    std::string json;
    appendJsonString(row.raw, json);
    EXPECT_EQ(json, "\"" + std::string(row.json) + "\"") << row.name;
    std::string text;
    appendTextEscaped(row.raw, text);
    EXPECT_EQ(text, row.text) << row.name;
  }
}

}  // namespace
}  // namespace lb::observe
