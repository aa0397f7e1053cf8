// The table of requests that a user checks a configuration against.
#include "lb/check/route_tests.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace lb::check {
namespace {

constexpr const char* kConfig = R"(proxy:
  trusted_proxies: [10.0.0.0/8]
  routes:
  - match: {path_prefix: /api}
    split: [{service: api, weight: 9}, {service: next, weight: 1}]
    rewrite: {prefix: /v2}
    headers: {request: {set: {X-Env: prod}, remove: [X-Debug]}, response: {set: {X-Via: lb}, remove: [Server]}}
  - {match: {path: /old}, redirect: {status: 301, path: /new}}
  - {match: {path: /no}, respond: {status: 403, body: no}}
  - {match: {path: /empty}, respond: {status: 204}}
  services:
  - {name: web, domain: web.test, hosts: [{address: h, port: 1}]}
  - {name: api, hosts: [{address: h, port: 2}, {address: h, port: 3}]}
  - {name: next, hosts: [{address: h, port: 3}], headers: {request: {set: {X-Next: "1"}}}}
  - {name: shares, domain: shares.test, hosts: [{address: h, port: 4}, {address: h, port: 5, weight: 0},
      {address: h, port: 6, backup: true}]}
)";

std::string failuresOf(const std::string& yaml) {
  const auto config = config::parse(kConfig);
  EXPECT_TRUE(config.has_value());
  std::string lines;
  for (const config::Issue& issue : runRouteTests(config->config, yaml).failures)
    lines += format("t.yaml", issue) + "\n";
  return lines;
}

TEST(RouteTests, PassWhenEverythingIsAsExpected) {
  const std::string yaml = R"(tests:
- name: split and edits
  request: {method: POST, host: web.test, path: "//api/x?y", headers: {X-Debug: "1"}, client: 10.0.0.1}
  response: {headers: {Server: x, X-Kept: y}}
  expect:
    service: [next, api]
    backends: ["h:2", "h:3"]
    path: /v2/x?y
    request_headers: {X-Env: prod, X-Debug: null, X-Forwarded-For: 10.0.0.1}
    response_headers: {X-Via: lb, Server: null, X-Kept: [y]}
- request: {host: web.test}
  expect: {service: web, backends: "h:1", path: /}
- request: {host: web.test, path: /old}
  expect: {status: 301, location: /new, service: []}
- request: {host: web.test, path: /no}
  expect:
    status: 403
    body: no
    response_headers: {Content-Type: text/plain, X-Content-Type-Options: nosniff}
- request: {host: web.test, path: /empty}
  expect:
    status: 204
    response_headers: {Content-Type: null, X-Content-Type-Options: null}
- request: {host: unknown.test}
  expect: {status: 404}
- request: {host: web.test, path: /api%2fx}
  expect: {status: 400}
- request: {host: "web.test, x"}
  expect: {status: 400}
)";
  EXPECT_EQ(failuresOf(yaml), "");
  EXPECT_EQ(runRouteTests(config::parse(kConfig)->config, yaml).count, 8U);
}

TEST(RouteTests, SeeErrorsAsClientsGetThem) {
  EXPECT_EQ(failuresOf(R"(tests:
- request: {host: unknown.test}
  expect:
    status: 404
    body: "404 Not Found: no service is configured for this host\n"
    response_headers:
      Content-Type: "text/plain; charset=utf-8"
      X-Content-Type-Options: nosniff
      Proxy-Status: "lb; error=no_route"
      Retry-After: null
- request: {host: web.test, path: /api%2fx}
  expect:
    body: "400 Bad Request: servers read this path differently, and routes look at it\n"
    response_headers: {Proxy-Status: "lb; error=bad_request"}
- request: {host: "", client: 10.0.0.1, headers: {X-Request-Id: mine}}
  expect:
    body: "400 Bad Request: empty host\n"
    response_headers: {Proxy-Status: "lb; error=bad_request", X-Request-Id: mine}
)"),
            "");
  EXPECT_EQ(failuresOf("tests:\n- request: {host: unknown.test}\n  expect: {body: \"\"}\n"),
            "t.yaml:3:18: tests[0].expect.body: expected \"\", seen \"404 Not Found: no service is configured for this "
            "host\\x0a\"\n");
}

TEST(RouteTests, HeadIsAnsweredWithoutABody) {
  EXPECT_EQ(failuresOf("tests:\n- request: {method: HEAD, host: unknown.test}\n  expect: {status: 404, body: \"\"}\n"),
            "");
  EXPECT_EQ(
      failuresOf("tests:\n- request: {method: HEAD, host: web.test, path: /no}\n  expect: {status: 403, body: \"\"}\n"),
      "");
}

TEST(RouteTests, SendSeveralFieldsOfOneName) {
  EXPECT_EQ(failuresOf(R"(tests:
- request: {host: web.test, headers: {X-Several: [a, b]}}
  response: {headers: {Set-Cookie: [c=1, d=2]}}
  expect: {request_headers: {X-Several: [a, b]}, response_headers: {Set-Cookie: [c=1, d=2]}}
)"),
            "");
}

TEST(RouteTests, SeeThatABodyIsTooLarge) {
  config::Config config = config::parse(kConfig)->config;
  for (config::Service& service : config.services) service.limits.max_body = 10;
  constexpr const char* kYaml = R"(tests:
- request: {method: POST, host: web.test, headers: {Content-Length: "11"}}
  expect: {status: 413}
- request: {method: POST, host: web.test, headers: {Content-Length: "10"}}
  expect: {service: web}
)";
  EXPECT_EQ(runRouteTests(config, kYaml).failures.size(), 0U);
}

TEST(RouteTests, SeeThatAMessageWithoutAFramingIsRefused) {
  EXPECT_EQ(failuresOf(R"(tests:
- request: {host: web.test, headers: {Transfer-Encoding: gzip}}
  expect: {status: 501, body: "501 Not Implemented: unknown transfer coding\n"}
- request: {host: web.test, headers: {Transfer-Encoding: chunked, Content-Length: "1"}}
  expect: {status: 400, body: "400 Bad Request: Content-Length with Transfer-Encoding\n"}
- request: {host: web.test, headers: {Transfer-Encoding: chunked}}
  expect: {service: web}
)"),
            "");
}

TEST(RouteTests, CountNoHostWithoutAWeight) {
  EXPECT_EQ(failuresOf("tests:\n- request: {host: shares.test}\n  expect: {backends: [\"h:4\", \"h:6\"]}\n"), "");
}

TEST(RouteTests, SayWhatWasExpectedAndWhatWasSeen) {
  EXPECT_EQ(failuresOf("tests:\n- request: {host: web.test}\n  expect:\n    service: api\n    backends: [\"h:2\"]\n"
                       "    path: /x\n    status: 404\n    location: /y\n    request_headers: {X: y, Via: null}\n"),
            "t.yaml:4:14: tests[0].expect.service: expected api, seen web\n"
            "t.yaml:5:15: tests[0].expect.backends: expected h:2, seen h:1\n"
            "t.yaml:6:11: tests[0].expect.path: expected \"/x\", seen \"/\"\n"
            "t.yaml:7:13: tests[0].expect.status: expected 404, seen it is forwarded to web\n"
            "t.yaml:8:15: tests[0].expect.location: expected \"/y\", seen it is forwarded to web\n"
            "t.yaml:9:26: tests[0].expect.request_headers.X: expected y, seen none\n"
            "t.yaml:9:29: tests[0].expect.request_headers.Via: expected none, seen 1.1 lb\n");
  EXPECT_EQ(failuresOf("tests:\n- request: {host: web.test, path: /no}\n  expect: {service: web, path: /no}\n"),
            "t.yaml:3:21: tests[0].expect.service: expected web, seen lb answers 403\n"
            "t.yaml:3:32: tests[0].expect.path: expected \"/no\", seen lb answers 403\n");
  EXPECT_EQ(failuresOf("tests:\n- request: {host: web.test, path: /old}\n  expect: {status: 403}\n"),
            "t.yaml:3:20: tests[0].expect.status: expected 403, seen lb answers 301\n");
}

TEST(RouteTests, LookAtWhatEveryServiceOfASplitGets) {
  const auto expecting = [](std::string_view what) {
    return failuresOf("tests:\n- request: {host: web.test, path: /api}\n  expect: {request_headers: {X-Next: " +
                      std::string(what) + "}}\n");
  };
  EXPECT_EQ(expecting("null"), "t.yaml:3:30: tests[0].expect.request_headers.X-Next: expected none, seen 1\n");
  EXPECT_EQ(expecting("\"1\""), "t.yaml:3:38: tests[0].expect.request_headers.X-Next: expected 1, seen none\n");
}

// The documentation's own configuration against its own tests.
TEST(RouteTests, OfTheDocumentationPass) {
  std::ifstream file(AFE_ROOT "/docs/routing.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const auto block = [&](std::string_view start) {
    const std::size_t at = page.find("```yaml\n" + std::string(start)) + 8;
    return page.substr(at, page.find("```", at) - at);
  };
  const auto config = config::parse(block("proxy:"));
  ASSERT_TRUE(config.has_value());
  const RouteTests result = runRouteTests(config->config, block("tests:"));
  for (const config::Issue& failure : result.failures) ADD_FAILURE() << format("routing.md", failure);
  EXPECT_EQ(result.count, 6U);
}

TEST(RouteTests, MistakesInTheTableAreFailures) {
  EXPECT_EQ(failuresOf("tests: []\n"), "t.yaml:1:8: tests: there is nothing to test\n");
  EXPECT_EQ(failuresOf("test: []\n"),
            "t.yaml:1:1: `tests` is missing\nt.yaml:1:1: unknown key \"test\"; did you mean \"tests\"?\n");
  EXPECT_EQ(failuresOf("tests:\n- request: {path: /}\n  expect: {service: web}\n- request: {host: a}\n"),
            "t.yaml:2:12: tests[0].request: `host` is missing\n"
            "t.yaml:3:21: tests[0].expect.service: expected web, seen lb answers 400 (empty host)\n"
            "t.yaml:4:3: tests[1]: `expect` is missing\n");
  EXPECT_EQ(failuresOf("tests:\n- request: {host: web.test, headers: {X: a, X: b}}\n  expect: {service: web}\n"),
            "t.yaml:2:45: tests[0].request.headers: \"X\" is already set on line 2\n");
  EXPECT_EQ(failuresOf("tests: ["), "t.yaml:1:9: not valid YAML: end of sequence flow not found\n");
}

}  // namespace
}  // namespace lb::check
