// Names of methods and fields, the list of fields, and what must not travel further than one connection.
#include "lb/http/message.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "lb/http/hop_by_hop.h"
#include "unit/http/splits.h"

namespace lb::http::test {
namespace {

using FieldList = std::vector<std::pair<const char*, const char*>>;

Fields make(const FieldList& list) {
  Fields fields;
  for (const auto& [name, value] : list) fields.add(name, value);
  return fields;
}

TEST(Method, NamesRoundTripAndAreCaseSensitive) {
  for (const Method method : {Method::Get, Method::Head, Method::Post, Method::Put, Method::Delete, Method::Connect,
                              Method::Options, Method::Trace, Method::Patch}) {
    EXPECT_EQ(methodFrom(toString(method)), method);
  }
  for (const char* other : {"", "get", "GETT", "OTHER", "Head", "PRI", "TRACK", "MERGE", "UPDATE", "REPORTS"}) {
    EXPECT_EQ(methodFrom(other), Method::Other) << other;
  }
}

TEST(Method, Idempotence) {
  for (const Method method : {Method::Get, Method::Head, Method::Put, Method::Delete, Method::Options, Method::Trace}) {
    EXPECT_TRUE(isIdempotent(method)) << toString(method);
  }
  for (const Method method : {Method::Post, Method::Patch, Method::Connect, Method::Other}) {
    EXPECT_FALSE(isIdempotent(method)) << toString(method);
  }
}

// Every pair of bytes at every place of texts shorter than, as long as and longer than a word.
TEST(EqualsIgnoreCase, FoldsLettersOfAsciiAndNothingElse) {
  for (const std::size_t size : {1U, 7U, 8U, 9U, 16U, 19U}) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int a = 0; a < 256; ++a) {
        for (const int b : {a, a ^ 0x20, a ^ 0x80, a + 1}) {
          std::string left(size, 'x');
          std::string right(size, 'X');
          left[place] = static_cast<char>(a);
          right[place] = static_cast<char>(b);
          const bool letters = (a | 0x20) >= 'a' && (a | 0x20) <= 'z';
          EXPECT_EQ(equalsIgnoreCase(left, right), a == b || (letters && b == (a ^ 0x20)))
              << size << ' ' << a << ' ' << b;
        }
      }
    }
  }
  EXPECT_FALSE(equalsIgnoreCase("abc", "abcd"));
  EXPECT_TRUE(equalsIgnoreCase("", ""));
}

TEST(FieldId, NamesInAnyCase) {
  const std::pair<const char*, FieldId> rows[] = {
      {"Connection", FieldId::Connection},
      {"Content-Length", FieldId::ContentLength},
      {"Date", FieldId::Date},
      {"Expect", FieldId::Expect},
      {"Forwarded", FieldId::Forwarded},
      {"Host", FieldId::Host},
      {"Keep-Alive", FieldId::KeepAlive},
      {"Max-Forwards", FieldId::MaxForwards},
      {"Proxy-Connection", FieldId::ProxyConnection},
      {"TE", FieldId::Te},
      {"Trailer", FieldId::Trailer},
      {"Transfer-Encoding", FieldId::TransferEncoding},
      {"Upgrade", FieldId::Upgrade},
      {"User-Agent", FieldId::UserAgent},
      {"Via", FieldId::Via},
      {"X-Forwarded-For", FieldId::XForwardedFor},
      {"X-Forwarded-Host", FieldId::XForwardedHost},
      {"X-Forwarded-Proto", FieldId::XForwardedProto},
      {"X-Request-Id", FieldId::XRequestId},
  };
  for (const auto& [name, id] : rows) {
    std::string changed(name);
    EXPECT_EQ(fieldIdFrom(changed), id) << name;
    for (char& c : changed) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    EXPECT_EQ(fieldIdFrom(changed), id) << name;
    for (std::size_t i = 0; i < changed.size(); ++i) {
      std::string other = changed;
      other[i] = '_';
      EXPECT_EQ(fieldIdFrom(other), FieldId::Other) << other;
    }
    EXPECT_EQ(fieldIdFrom(changed + "s"), FieldId::Other);
  }
  EXPECT_EQ(fieldIdFrom(""), FieldId::Other);
}

TEST(Fields, FindSkipsDroppedOnes) {
  Fields fields = make({{"A", "1"}, {"Via", "x"}, {"a", "2"}, {"via", "y"}});
  EXPECT_EQ(fields.find("A"), "1");
  EXPECT_EQ(fields.find(FieldId::Via), "x");
  EXPECT_EQ(fields.count(FieldId::Via), 2U);
  fields.drop(0);
  fields.drop(1);
  EXPECT_EQ(fields.find("A"), "2");
  EXPECT_EQ(fields.find(FieldId::Via), "y");
  EXPECT_EQ(fields.count(FieldId::Via), 1U);
  fields.drop(FieldId::Via);
  fields.drop("a");
  EXPECT_FALSE(fields.find(FieldId::Via));
  EXPECT_FALSE(fields.find("A"));
  EXPECT_EQ(fields.size(), 4U);
  fields.clear();
  EXPECT_EQ(fields.size(), 0U);
  EXPECT_TRUE(std::as_const(fields).bytes().empty());
}

TEST(Fields, SurviveBeingMoved) {
  Fields fields = make({{"A", "1"}});  // short enough to live inside the string object
  const Fields moved = std::move(fields);
  EXPECT_EQ(dump(moved), "A=1|");
}

TEST(ResponseHead, StartsWithItsStandardReason) {
  ResponseHead head;
  head.fields.add("Old", "x");
  head.start(404);
  head.fields.add("A", "b");
  EXPECT_EQ(dump(head), "1.1 404 Not Found A=b|");
  head.start(299);
  EXPECT_EQ(dump(head), "1.1 299  ");
}

TEST(List, HasToken) {
  EXPECT_TRUE(listHasToken("close", "close"));
  EXPECT_TRUE(listHasToken("a, \tCLOSE ,b", "close"));
  EXPECT_TRUE(listHasToken(",,close", "close"));
  EXPECT_FALSE(listHasToken("closed, clos, close d", "close"));
  EXPECT_FALSE(listHasToken("", "close"));
}

struct DropRow {
  const char* name;
  FieldList fields;
  const char* left;
};

const DropRow kDrops[] = {
    {"nothing to drop", {{"A", "1"}, {"Host", "h"}}, "A=1|Host=h|"},
    {"the fixed ones",
     {{"Connection", "x"},
      {"Keep-Alive", "1"},
      {"Proxy-Connection", "1"},
      {"TE", "trailers"},
      {"Upgrade", "u"},
      {"Transfer-Encoding", "chunked"},
      {"Content-Length", "5"},
      {"Trailer", "A"}},
     "Trailer=A|"},
    {"named ones, in any case, before and after", {{"a", "1"}, {"Connection", "A, b"}, {"B", "2"}, {"C", "3"}}, "C=3|"},
    {"by any of several lines", {{"Connection", "a"}, {"Connection", "close,\tb "}, {"A", "1"}, {"B", "2"}}, ""},
    {"all of one name", {{"A", "1"}, {"Connection", "a"}, {"A", "2"}}, ""},
    {"never Host", {{"Host", "h"}, {"Connection", "host, HOST"}, {"X", "1"}}, "Host=h|X=1|"},
    {"whole names only", {{"Connection", "ab"}, {"A", "1"}, {"Abc", "2"}}, "A=1|Abc=2|"},
    {"empty members", {{"Connection", ", ,,"}, {"A", "1"}}, "A=1|"},
};

TEST(HopByHop, Drops) {
  for (const DropRow& row : kDrops) {
    Fields fields = make(row.fields);
    dropHopByHop(fields);
    EXPECT_EQ(dump(fields), row.left) << row.name;
  }
}

struct KeepRow {
  Version version;
  FieldList fields;
  bool expected;
};

TEST(HopByHop, KeepsAlive) {
  const KeepRow rows[] = {
      {Version::Http11, {}, true},
      {Version::Http11, {{"Connection", "keep-alive"}}, true},
      {Version::Http11, {{"Connection", "Close"}}, false},
      {Version::Http11, {{"Connection", "a"}, {"Connection", "b, close"}}, false},
      {Version::Http11, {{"Proxy-Connection", "close"}}, true},
      {Version::Http10, {}, false},
      {Version::Http10, {{"Connection", "Keep-Alive"}}, true},
      {Version::Http10, {{"Connection", "keep-alive, close"}}, false},
      {Version::Http10, {{"Keep-Alive", "timeout=5"}}, false},
  };
  for (const KeepRow& row : rows) EXPECT_EQ(keepsAlive(make(row.fields), row.version), row.expected);
}

TEST(HopByHop, UpgradeOffer) {
  const std::pair<FieldList, const char*> rows[] = {
      {{{"Connection", "Upgrade"}, {"Upgrade", "websocket"}}, "websocket"},
      {{{"Upgrade", "websocket"}}, ""},
      {{{"Connection", "upgrade"}}, ""},
      {{{"Connection", "upgrade, http2-settings"}, {"Upgrade", "h2c"}}, ""},
      {{{"Connection", "upgrade"}, {"Upgrade", "H2C, websocket"}}, "websocket"},
      {{{"Connection", "upgrade"}, {"Upgrade", "a/1, b"}, {"Upgrade", "c"}}, "a/1, b, c"},
      {{{"Connection", "upgrade"}, {"Upgrade", "a b, /, c/, \"d\", ok"}}, "ok"},
  };
  for (const auto& [list, expected] : rows) EXPECT_EQ(upgradeOffer(make(list)), expected);
}

}  // namespace
}  // namespace lb::http::test
