// What of a request decides where it goes: keys, cookies in the forms that clients send them, and the cookie that is
// set.
#include "lb/proxy/affinity.h"

#include <gtest/gtest.h>

namespace lb::proxy {
namespace {

using config::KeySource;
using namespace std::chrono_literals;

const IpAddress kClient = *IpAddress::parse("192.0.2.1");

http::RequestHead headWith(std::string_view name, std::string_view value) {
  http::RequestHead head;
  head.fields.add(name, value);
  return head;
}

config::Service hashedBy(KeySource source, std::string name = {}) {
  config::Service service;
  service.balance = config::Balance::Hash;
  service.hash = {.key = source, .name = std::move(name)};
  return service;
}

TEST(Affinity, CookiesAreFoundByTheirName) {
  struct Row {
    const char* name;
    const char* field;
    std::optional<std::string_view> expected;
  };
  const Row rows[] = {{"alone", "a=1", "1"},
                      {"first of two", "a=1; b=2", "1"},
                      {"last", "b=2; a=1", "1"},
                      {"without a space", "b=2;a=1", "1"},
                      {"with too many", "b=2 ;  a=1 ; c", "1"},
                      {"twice", "a=1; a=2", "1"},
                      {"empty", "a=", ""},
                      {"with an equals sign", "a=x=y", "x=y"},
                      {"in quotes, which stay", "a=\"1\"", "\"1\""},
                      {"no such one", "b=2", std::nullopt},
                      {"the end of another", "ba=1", std::nullopt},
                      {"the beginning of another", "ab=1", std::nullopt},
                      {"in another case", "A=1", std::nullopt},
                      {"in a value", "b=a=1", std::nullopt},
                      {"no value", "a", std::nullopt},
                      {"nothing", "", std::nullopt},
                      {"separators only", ";; ;", std::nullopt}};
  for (const Row& row : rows) EXPECT_EQ(cookieOf(headWith("Cookie", row.field).fields, "a"), row.expected) << row.name;
}

TEST(Affinity, CookiesMayStandInSeveralFieldsOfAnyCase) {
  http::RequestHead head = headWith("cookie", "b=2");
  head.fields.add("COOKIE", "a=1");
  EXPECT_EQ(cookieOf(head.fields, "a"), "1");
  head.fields.drop("cookie");
  EXPECT_EQ(cookieOf(head.fields, "a"), std::nullopt);
}

TEST(Affinity, EqualKeysAreEqualAndOthersAreNot) {
  const auto by_header = hashedBy(KeySource::Header, "X-User");
  const auto key = [&](const char* user) { return affinityOf(by_header, headWith("x-user", user), kClient).key; };
  EXPECT_TRUE(key("u1").has_value());
  EXPECT_EQ(key("u1"), key("u1"));
  EXPECT_NE(key("u1"), key("u2"));
  EXPECT_NE(key("u1"), key(""));
  EXPECT_EQ(affinityOf(by_header, headWith("X-Other", "u1"), kClient).key, std::nullopt);
}

TEST(Affinity, KeysOfEachSource) {
  http::RequestHead head = headWith("Cookie", "sid=7");
  const auto by_cookie = affinityOf(hashedBy(KeySource::Cookie, "sid"), head, kClient).key;
  EXPECT_EQ(by_cookie, affinityOf(hashedBy(KeySource::Header, "X"), headWith("X", "7"), kClient).key);
  EXPECT_EQ(affinityOf(hashedBy(KeySource::Cookie, "none"), head, kClient).key, std::nullopt);
  const auto by_address = hashedBy(KeySource::ClientIp);
  EXPECT_EQ(affinityOf(by_address, head, kClient).key, affinityOf(by_address, {}, kClient).key);
  EXPECT_NE(affinityOf(by_address, head, kClient).key,
            affinityOf(by_address, head, *IpAddress::parse("192.0.2.2")).key);
  EXPECT_EQ(affinityOf(config::Service{}, head, kClient).key, std::nullopt);
}

TEST(Affinity, PathIsHashedWithoutItsQuery) {
  const auto key = [](std::string_view target) {
    http::RequestHead head;
    head.fields.bytes() = target;
    head.path_text = {0, static_cast<std::uint32_t>(target.size())};
    return affinityOf(hashedBy(KeySource::Path), head, kClient).key;
  };
  EXPECT_EQ(key("/a?x=1"), key("/a"));
  EXPECT_EQ(key("/a?x=1?y"), key("/a?"));
  EXPECT_NE(key("/a"), key("/b"));
}

TEST(Affinity, StickyCookieNamesABackendOrNobody) {
  config::Service service;
  service.sticky.cookie = "pin";
  const auto wanted = [&](const char* cookie) {
    return affinityOf(service, headWith("Cookie", cookie), kClient).wanted;
  };
  EXPECT_EQ(wanted("pin=00000000000000ff"), 255U);
  EXPECT_EQ(wanted("pin=ffffffffffffffff"), ~std::uint64_t{0});
  for (const char* nobodys : {"pin=", "pin=ff", "pin=00000000000000fg", "pin=000000000000000ff", "pin=-0000000000000ff",
                              "pin= 0000000000000ff", "other=00000000000000ff", ""})
    EXPECT_EQ(wanted(nobodys), 0U) << nobodys;
  service.sticky.cookie.clear();
  EXPECT_EQ(wanted("pin=00000000000000ff"), 0U);
}

TEST(Affinity, StickyCookieIsSetAsConfigured) {
  const auto set = [](const config::Sticky& sticky) {
    http::Fields fields;
    std::string line = "what was there before";
    addStickyCookie(sticky, 255, fields, line);
    return std::string(fields.find("Set-Cookie").value_or("none"));
  };
  EXPECT_EQ(set({.cookie = "pin"}), "pin=00000000000000ff; Path=/; HttpOnly; SameSite=Lax");
  EXPECT_EQ(set({.cookie = "pin", .ttl = 90s, .secure = true}),
            "pin=00000000000000ff; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=90");
}

}  // namespace
}  // namespace lb::proxy
