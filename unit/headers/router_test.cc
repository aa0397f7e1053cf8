// Which route a request takes, and what becomes of its path.
#include "lb/proxy/router.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "lb/config/parse.h"
#include "lb/http/head_parser.h"

namespace lb::proxy {
namespace {

class Counting final : public Random {
 public:
  std::uint64_t next() override { return words_ += 0x9e3779b97f4a7c15U; }

 private:
  std::uint64_t words_ = 0;
};

class RouterTest : public testing::Test {
 protected:
  void routes(const std::string& lines, const std::string& more = "") {
    const auto parsed = config::parse("proxy:\n  routes:\n" + lines + more + R"(
  services:
  - {name: web, domain: web.test, domains: ["*.web.test"], hosts: [{address: h, port: 1}]}
  - {name: api, domain: api.test, hosts: [{address: h, port: 2}]}
  - {name: next, domain: next.test, hosts: [{address: h, port: 3}]}
)");
    ASSERT_TRUE(parsed.has_value()) << parsed.error()[0].message;
    config_ = parsed->config;
    router_.apply(config_);
  }

  // "api /path", "redirect", "respond", "404" or "400".
  std::string ask(std::string_view target, const std::string& fields = "Host: web.test\r\n",
                  std::string_view method = "GET") {
    buf::Buffer bytes(blocks_);
    bytes.append(fmt::format("{} {} HTTP/1.1\r\n{}\r\n", method, target, fields));
    http::RequestHead head;
    http::RequestParser parser;
    EXPECT_EQ(parser.parse(bytes, {}, head), http::ParseStatus::Done) << target;
    const Decision decision = router_.decide(head, random_);
    switch (decision.kind) {
      case Decision::Kind::Service: return fmt::format("{} {}", config_.services[decision.service].name, head.path());
      case Decision::Kind::Answer:
        return decision.route->action == config::RouteAction::Redirect ? "redirect" : "respond";
      case Decision::Kind::NoRoute: return "404";
      case Decision::Kind::Refused: return "400";
    }
    return {};
  }

  config::Config config_;
  Router router_;
  buf::BlockPool blocks_;
  Counting random_;
};

TEST_F(RouterTest, TheFirstRouteThatMatchesWins) {
  routes(
      "  - {match: {domain: web.test, path: /exact}, respond: {}}\n"
      "  - {match: {path_prefix: /api}, service: api}\n"
      "  - {match: {domain: web.test, methods: [POST]}, service: next}\n");
  EXPECT_EQ(ask("/exact"), "respond");
  EXPECT_EQ(ask("/exact?q"), "respond");
  EXPECT_EQ(ask("/exact/"), "web /exact/");
  EXPECT_EQ(ask("/api"), "api /api");
  EXPECT_EQ(ask("/api/x?y=/../z"), "api /api/x?y=/../z");
  EXPECT_EQ(ask("/apix"), "web /apix");
  EXPECT_EQ(ask("/api", "Host: api.test\r\n", "POST"), "api /api");
  EXPECT_EQ(ask("/", "Host: web.test\r\n", "POST"), "next /");
  EXPECT_EQ(ask("/", "Host: a.web.test\r\n", "POST"), "web /") << "the route is for web.test only";
  EXPECT_EQ(ask("/exact", "Host: other.test\r\n"), "404");
}

TEST_F(RouterTest, HeadersAreMatchedByValueOrPresence) {
  routes(
      "  - {match: {headers: {X-Canary: \"1\", X-Beta: {present: true}}}, service: next}\n"
      "  - {match: {headers: {Authorization: {present: false}}}, respond: {status: 401}}\n");
  const std::string host = "Host: web.test\r\n";
  EXPECT_EQ(ask("/", host + "x-canary: 1\r\nX-BETA: whatever\r\n"), "next /");
  EXPECT_EQ(ask("/", host + "X-Canary: 0\r\nX-Canary: 1\r\nX-Beta:\r\n"), "next /") << "one of several is enough";
  EXPECT_EQ(ask("/", host + "X-Canary: 11\r\nX-Beta: 1\r\nAuthorization: a\r\n"), "web /");
  EXPECT_EQ(ask("/", host + "X-Canary: 1\r\n"), "respond");
  EXPECT_EQ(ask("/", host + "Authorization: a\r\n"), "web /");
}

TEST_F(RouterTest, WhatIsMatchedIsWhatIsForwarded) {
  routes("  - {match: {domain: web.test, path_prefix: /admin}, respond: {status: 403}}\n");
  for (const char* spelling : {"/admin", "/admin/", "//admin", "/./admin", "/x/../admin/y", "/%61dmin",
                               "/x/%2e%2e/admin", "/x/.%2E/admin", "/admin?x", "/../admin", "http://web.test//admin"}) {
    EXPECT_EQ(ask(spelling), "respond") << spelling;
  }
  for (const char* spelling : {"/x%2f..%2fadmin", "/x/..%5cadmin", "/x\\..\\admin", "/x/..;a/admin", "/;/admin",
                               "/admin;x", "/admin;/y", "/%00admin", "/x/..%2fadmin"}) {
    EXPECT_EQ(ask(spelling), "400") << spelling;
  }
  EXPECT_EQ(ask("/x;v=1/y"), "web /x;v=1/y") << "a parameter that changes nothing stays";
  EXPECT_EQ(ask("/x/../%79//z/."), "web /y/z/");
  EXPECT_EQ(ask("/Admin"), "web /Admin");
  EXPECT_EQ(ask("/x/../%79//z%2f", "Host: api.test\r\n"), "api /x/../%79//z%2f") << "no route of that host looks at it";
}

TEST_F(RouterTest, PrefixesAreRewritten) {
  routes(
      "  - {match: {path_prefix: /api/v1}, service: api, rewrite: {prefix: /}}\n"
      "  - {match: {path_prefix: /api}, service: api, rewrite: {prefix: /v2/x}}\n"
      "  - {match: {domain: next.test, path_prefix: /}, service: next, rewrite: {prefix: /sub}}\n");
  EXPECT_EQ(ask("/api"), "api /v2/x");
  EXPECT_EQ(ask("/api?q=/api"), "api /v2/x?q=/api");
  EXPECT_EQ(ask("/api/"), "api /v2/x/");
  EXPECT_EQ(ask("/api//y"), "api /v2/x/y");
  EXPECT_EQ(ask("/api/v1"), "api /");
  EXPECT_EQ(ask("/api/v1?q"), "api /?q");
  EXPECT_EQ(ask("/api/v1/z?q"), "api /z?q");
  EXPECT_EQ(ask("/api/v1//evil.com"), "api /evil.com");
  EXPECT_EQ(ask("/", "Host: next.test\r\n"), "next /sub/");
  EXPECT_EQ(ask("/y?z", "Host: next.test\r\n"), "next /sub/y?z");
  EXPECT_EQ(ask("*", "Host: next.test\r\n", "OPTIONS"), "next *") << "which is no path";
}

// The backend may drop parameters, and then a segment ".." that hid behind one leaves what was put before it.
TEST_F(RouterTest, ParametersDoNotLeaveARewrittenPrefix) {
  routes(
      "  - {match: {domain: next.test, path_prefix: /}, rewrite: {prefix: /sub}, service: next}\n"
      "  - {match: {domain: api.test, path_prefix: /api}, rewrite: {prefix: /a/b}, service: api}\n");
  const std::string next = "Host: next.test\r\n";
  const std::string api = "Host: api.test\r\n";
  EXPECT_EQ(ask("/..;/admin", next), "400");
  EXPECT_EQ(ask("/x;v=1/y;w", next), "next /sub/x;v=1/y;w");
  EXPECT_EQ(ask("/api/..;/api/x", api), "400");
  EXPECT_EQ(ask("/api/y/..;/x", api), "api /a/b/y/..;/x") << "it stays within";
  EXPECT_EQ(ask("/api/x;y?z=;..;", api), "api /a/b/x;y?z=;..;");
}

TEST_F(RouterTest, ASplitFollowsItsWeights) {
  routes("  - {split: [{service: web, weight: 90}, {service: api, weight: 0}, {service: next, weight: 10}]}\n");
  std::map<std::string, int> counts;
  for (int i = 0; i < 10'000; ++i) ++counts[ask("/")];
  EXPECT_EQ(counts["api /"], 0);
  EXPECT_NEAR(counts["web /"], 9000, 200);
  EXPECT_NEAR(counts["next /"], 1000, 200);
}

TEST_F(RouterTest, AfterTheRoutesComeDomainsThenTheDefault) {
  routes("  - {match: {path: /x}, service: api}\n", "  default_service: next\n  routing: {service_parameter: s}\n");
  EXPECT_EQ(ask("/"), "web /");
  EXPECT_EQ(ask("/", "Host: a.b.web.test\r\n"), "web /");
  EXPECT_EQ(ask("/", "Host: unknown\r\n"), "next /");
  EXPECT_EQ(ask("/?s=API.test", "Host: unknown\r\n"), "api /?s=API.test");
  EXPECT_EQ(ask("/?s=nobody", "Host: unknown\r\n"), "404");
}

TEST(DomainMatches, ExactlyOrBelow) {
  EXPECT_TRUE(domainMatches("a.com", "a.com"));
  EXPECT_FALSE(domainMatches("a.com", "b.a.com"));
  EXPECT_TRUE(domainMatches("*.a.com", "c.b.a.com"));
  EXPECT_FALSE(domainMatches("*.a.com", "a.com"));
  EXPECT_FALSE(domainMatches("*.a.com", "ba.com"));
  EXPECT_FALSE(domainMatches("*.a.com", ".a.com"));
}

}  // namespace
}  // namespace lb::proxy
