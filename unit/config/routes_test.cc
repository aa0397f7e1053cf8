// Routes and header rules: what may be said, and what is said about the rest.
#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace lb::config {
namespace {

// One route on line 2, its keys from column 6 on; services a and b.
std::string withRoute(const std::string& keys) {
  return "proxy: {routes: [\n    {" + keys +
         "}],\n  services: [{name: a, domain: a.com, hosts: [{address: h, port: 1}]},\n"
         "    {name: b, hosts: [{address: h, port: 2}]}], default_service: b}\n";
}

TEST(Routes, AreReadInOrderWithWhatTheyLeaveOut) {
  const Config config = configOf(withRoute(
      "match: {domain: A.com, path_prefix: /api/, methods: [GET], headers: {X-Canary: yes, X-On: {present: true}}}, "
      "split: [{service: a, weight: 9}, {service: b}], rewrite: {prefix: /}},\n    {service: b"));
  ASSERT_EQ(config.routes.size(), 2U);
  const Route& first = config.routes[0];
  EXPECT_EQ(first.match.domains, std::vector<std::string>{"a.com"});
  EXPECT_EQ(first.match.path_prefix, "/api");
  EXPECT_EQ(first.match.headers,
            (std::vector<HeaderMatch>{{"X-Canary", HeaderTest::Equals, "yes"}, {"X-On", HeaderTest::Present, ""}}));
  EXPECT_EQ(first.split, (std::vector<Split>{{"a", 9, {}}, {"b", 1, {}}}));
  EXPECT_TRUE(first.rewrites);
  EXPECT_EQ(first.rewrite_prefix, "/");
  EXPECT_EQ(config.routes[1].match, RouteMatch{});
  EXPECT_EQ(config.routes[1].split.at(0).service, "b");
}

TEST(Routes, OfAServiceNeedNoDomainOfIts) {
  EXPECT_EQ(errorsOf("proxy: {routes: [{match: {path: /a}, service: a}],\n"
                     "  services: [{name: a, hosts: [{address: h, port: 1}]}]}\n"),
            "");
}

TEST(Routes, WhatIsWrongWithOneIsSaidWhereItStands) {
  const Row kRows[] = {
      {"nothing to do", "match: {path: /x}",
       "c.yaml:2:5: routes[0]: a route has one of `service`, `split`, `redirect` and `respond`\n"},
      {"two things", "service: a, respond: {status: 204}",
       "c.yaml:2:5: routes[0]: a route has one of `service`, `split`, `redirect` and `respond`\n"},
      {"unknown service", "service: c", "c.yaml:2:15: routes[0]: no service has the name \"c\"\n"},
      {"unknown in a split", "split: [{service: a}, {service: c}]",
       "c.yaml:2:28: routes[0]: no service has the name \"c\"\n"},
      {"twice in a split", "split: [{service: a}, {service: a}]",
       "c.yaml:2:28: routes[0].split[1]: \"a\" is in this split already\n"},
      {"no weight left", "split: [{service: a, weight: 0}]",
       "c.yaml:2:13: routes[0].split: every weight is 0: no service is left\n"},
      {"both paths", "match: {path: /x, path_prefix: /x}, service: a",
       "c.yaml:2:37: routes[0].match.path_prefix: a route has `path` or `path_prefix`, not both\n"},
      {"relative", "match: {path: x}, service: a", "c.yaml:2:20: routes[0].match.path: \"x\" must begin with /\n"},
      {"query", "match: {path: '/x?y'}, service: a",
       "c.yaml:2:20: routes[0].match.path: \"/x?y\" has a query, which routes do not look at\n"},
      {"another form", "match: {path: /a/../%62}, service: a",
       "c.yaml:2:20: routes[0].match.path: \"/a/../%62\" is compared with paths in one form and would never match; "
       "write \"/b\"\n"},
      {"no form", "match: {path_prefix: /a%2fb}, service: a",
       "c.yaml:2:27: routes[0].match.path_prefix: \"/a%2fb\" has what servers read differently: such requests are "
       "refused\n"},
      {"parameter", "match: {path: /a;b}, service: a",
       "c.yaml:2:20: routes[0].match.path: \"/a;b\" has a path parameter, which routes cannot tell\n"},
      {"method in lower case", "match: {methods: [get]}, service: a",
       "c.yaml:2:24: routes[0].match.methods[0]: methods are told apart by case; did you mean GET?\n"},
      {"host as a header", "match: {headers: {Host: a.com}}, service: a",
       "c.yaml:2:24: routes[0].match.headers: the host is matched by `domain`\n"},
      {"the same header twice", "match: {headers: {X: a, x: {present: true}}}, service: a",
       "c.yaml:2:30: routes[0].match.headers: \"x\" is set already\n"},
      {"and in the same case", "match: {headers: {X: a, X: b}}, service: a",
       "c.yaml:2:30: routes[0].match.headers: \"X\" is already set on line 2\n"},
      {"redirect to itself", "redirect: {status: 301}",
       "c.yaml:2:5: routes[0]: the redirect leads to itself: it needs `scheme`, `host` or `path`, or the route "
       "`rewrite`\n"},
      {"no redirect", "redirect: {status: 304, path: /x}",
       "c.yaml:2:25: routes[0].redirect.status: a redirect is 301, 302, 303, 307 or 308\n"},
      {"injection in a location", "redirect: {host: \"a.com\\r\\nX: y\"}",
       "c.yaml:2:23: routes[0].redirect.host: \"a.com\\x0d\\x0aX: y\": malformed host\n"},
      {"protocol-relative location", "match: {path: /x}, redirect: {path: //evil.com/}",
       "c.yaml:2:42: routes[0].redirect.path: \"//evil.com/\" is compared with paths in one form and would never "
       "match; write \"/evil.com/\"\n"},
      {"body of a 204", "respond: {status: 204, body: x}", "c.yaml:2:35: routes[0].respond.body: a 204 has no body\n"},
      {"interim", "respond: {status: 100}", "c.yaml:2:24: routes[0].respond.status: 100 is under 200 (200 to 599)\n"},
      {"rewrite of nothing", "service: a, rewrite: {prefix: /x}",
       "c.yaml:2:27: routes[0].rewrite: replaces `match.path_prefix`, which this route does not have\n"},
      {"request rules of an answer", "respond: {status: 204}, headers: {request: {remove: [X]}}",
       "c.yaml:2:5: routes[0]: `headers.request` is for what goes to a backend, and this route answers by itself\n"},
      {"unknown key", "service: a, headers: {requests: {}}",
       "c.yaml:2:28: routes[0].headers: unknown key \"requests\"; did you mean \"request\"?\n"},
  };
  for (const Row& row : kRows) EXPECT_EQ(errorsOf(withRoute(row.yaml)), row.expected) << row.name;
}

TEST(Routes, WhatGoesIntoAHeadIsHeldAgainstItsSyntax) {
  const Row kRows[] = {
      {"framing", "{set: {Content-Length: \"0\"}}",
       "c.yaml:2:51: routes[0].headers.request.set: \"Content-Length\" cannot be edited: lb delimits bodies and keeps "
       "connections by itself\n"},
      {"in any case", "{remove: [transfer-ENCODING]}",
       "c.yaml:2:54: routes[0].headers.request.remove[0]: \"transfer-ENCODING\" cannot be edited: lb delimits bodies "
       "and "
       "keeps connections by itself\n"},
      {"forwarding", "{add: {X-Forwarded-For: 1.2.3.4}}",
       "c.yaml:2:51: routes[0].headers.request.add: \"X-Forwarded-For\" cannot be edited: lb tells backends itself who "
       "is "
       "asking\n"},
      {"host", "{set: {Host: x}}",
       "c.yaml:2:51: routes[0].headers.request.set: \"Host\" cannot be edited: requests are forwarded with the host "
       "that "
       "they asked for\n"},
      {"no name", "{set: {\"X Y\": z}}",
       "c.yaml:2:51: routes[0].headers.request.set: \"X Y\" is no name of a header field\n"},
      {"line break", "{set: {X: \"a\\r\\nY: b\"}}",
       "c.yaml:2:54: routes[0].headers.request.set.X: \"a\\x0d\\x0aY: b\" has control characters\n"},
      {"NUL", "{add: {X: [a, \"\\0\"]}}",
       "c.yaml:2:58: routes[0].headers.request.add.X[1]: \"\\x00\" has control characters\n"},
      {"white space", "{set: {X: \" a\"}}",
       "c.yaml:2:54: routes[0].headers.request.set.X: \" a\" begins or ends with white space\n"},
      {"twice", "{set: {X: a, x: b}}", "c.yaml:2:57: routes[0].headers.request.set: \"x\" is set already\n"},
      {"twice in one case", "{set: {X: a, X: b}}",
       "c.yaml:2:57: routes[0].headers.request.set: \"X\" is already set on line 2\n"},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(errorsOf(withRoute("service: a, headers: {request:        " + row.yaml + "}")), row.expected) << row.name;
}

TEST(Routes, ThatOthersTakeEverythingFromAreErrors) {
  struct Pair {
    const char* first;
    const char* second;
    bool shadowed;
  };
  for (const Pair& pair : {
           Pair{"", "path: /x", true},
           Pair{"path_prefix: /x", "path: /x/y", true},
           Pair{"path_prefix: /x", "path_prefix: /x/y", true},
           Pair{"path_prefix: /x", "path_prefix: /xy", false},
           Pair{"path_prefix: /x/y", "path_prefix: /x", false},
           Pair{"path: /x", "path_prefix: /x", false},
           Pair{"path: /x", "path: /x", true},
           Pair{"domain: '*.a.com'", "domain: b.a.com", true},
           Pair{"domain: '*.a.com'", "domain: '*.b.a.com'", true},
           Pair{"domain: '*.a.com'", "domain: a.com", false},
           Pair{"domain: a.com", "domains: [a.com, b.com]", false},
           Pair{"domains: [a.com, b.com]", "domain: b.com", true},
           Pair{"domain: a.com", "", false},
           Pair{"methods: [GET, PUT]", "methods: [PUT]", true},
           Pair{"methods: [PUT]", "methods: [GET, PUT]", false},
           Pair{"methods: [PUT]", "", false},
           Pair{"headers: {X: {present: true}}", "headers: {x: a, Y: b}", true},
           Pair{"headers: {X: a}", "headers: {X: b}", false},
           Pair{"headers: {X: a}", "headers: {X: {present: true}}", false},
           Pair{"headers: {X: {present: false}}", "headers: {X: a}", false},
           Pair{"headers: {X: a}", "", false},
       }) {
    const std::string file = withRoute(std::string("match: {") + pair.first + "}, service: a},\n    {match: {" +
                                       pair.second + "}, service: b");
    EXPECT_EQ(errorsOf(file), pair.shadowed ? "c.yaml:3:5: routes[1]: is never reached: routes[0] (line 2) takes all "
                                              "that it matches\n"
                                            : "")
        << file;
  }
}

// What leads back is refused, what may lead elsewhere is not.
TEST(Routes, ARedirectToWhatItsRouteMatchesIsRefused) {
  constexpr const char* kItself =
      "c.yaml:2:5: routes[0]: the redirect leads to itself: this route matches what it leads to\n";
  const Row kRows[] = {
      {"its own host, maybe on another port", "match: {domain: a.com}, redirect: {host: a.com}", ""},
      {"the same prefix", "match: {path_prefix: /x}, rewrite: {prefix: /x}, redirect: {}", kItself},
      {"a prefix that grows", "match: {path_prefix: /x}, rewrite: {prefix: /x/y}, redirect: {status: 302}", kItself},
      {"of everything", "match: {path_prefix: /}, rewrite: {prefix: /x}, redirect: {}", kItself},
      {"with a field that may not come again",
       "match: {path_prefix: /x, headers: {X: a}}, rewrite: {prefix: /x/y}, redirect: {}", ""},
      {"another scheme", "match: {domain: a.com}, redirect: {scheme: https, host: a.com}", ""},
      {"another host", "match: {domain: a.com}, redirect: {host: www.a.com}", ""},
      {"a host for all", "redirect: {host: a.com}", ""},
      {"below a wildcard", "match: {domain: '*.a.com'}, redirect: {host: www.a.com}", ""},
      {"another port", "match: {domain: a.com}, redirect: {host: 'a.com:8443'}", ""},
      {"another path there", "match: {domain: a.com, path: /x}, redirect: {host: a.com, path: /y}", ""},
      {"a prefix of letters", "match: {path_prefix: /x}, rewrite: {prefix: /xy}, redirect: {}", ""},
      {"a prefix that shrinks", "match: {path_prefix: /x/y}, rewrite: {prefix: /x}, redirect: {}", ""},
      {"a prefix that grows elsewhere", "match: {path_prefix: /x}, rewrite: {prefix: /x/y}, redirect: {host: b.com}",
       ""},
      {"a method that does not come again",
       "match: {path_prefix: /x, methods: [POST]}, rewrite: {prefix: /x/y}, redirect: {status: 303}", ""},
      {"a method that comes again",
       "match: {path_prefix: /x, methods: [POST]}, rewrite: {prefix: /x/y}, redirect: {status: 307}", kItself},
      {"a mistake that is said already", "match: {domain: a.com}, redirect: {scheme: ftp, host: a.com}",
       "c.yaml:2:49: routes[0].redirect.scheme: \"ftp\" is not http or https\n"},
  };
  for (const Row& row : kRows) EXPECT_EQ(errorsOf(withRoute(row.yaml)), row.expected) << row.name;
  EXPECT_EQ(errorsOf(withRoute("match: {path_prefix: /x/y}, service: a},\n"
                               "    {match: {path_prefix: /x}, rewrite: {prefix: /x/y}, redirect: {}")),
            "")
      << "an earlier route takes it";
}

TEST(Routes, ARoundTripOfRedirectsIsWarnedOf) {
  EXPECT_EQ(
      warningsOf(withRoute("match: {path_prefix: /old}, redirect: {path: /old/new}")),
      "c.yaml:2:44: routes[0].redirect: leads to a path that this route matches: clients may go round in circles\n");
  EXPECT_EQ(warningsOf(withRoute("match: {path: /old}, redirect: {path: /old/new}")), "");
  EXPECT_EQ(
      warningsOf(withRoute("match: {domain: '*.a.com'}, redirect: {host: www.a.com}")),
      "c.yaml:2:44: routes[0].redirect: leads to a host that this route matches: clients may go round in circles\n");
  for (const char* host : {"A.Com.", "b.com"}) {
    EXPECT_EQ(
        warningsOf(
            withRoute("match: {domains: [a.com, b.com], path: /x}, redirect: {host: " + std::string(host) + "}")),
        "c.yaml:2:60: routes[0].redirect: leads to a host that this route matches: clients may go round in circles\n");
  }
  EXPECT_EQ(
      warningsOf(withRoute("match: {path_prefix: /z}, service: a},\n"
                           "    {match: {path_prefix: /x}, rewrite: {prefix: /x/y}, redirect: {}")),
      "c.yaml:3:67: routes[1].redirect: leads to a path that this route matches: clients may go round in circles\n");
  EXPECT_EQ(warningsOf(withRoute("match: {domain: www.a.com}, service: a},\n"
                                 "    {match: {domain: '*.a.com'}, redirect: {host: www.a.com}")),
            "");
}

TEST(Headers, OfAServiceTakeTheirListsFromDefaults) {
  const Config config = configOf(withDefaults("headers: {request: {set: {X-Env: prod}, remove: [X-Debug]}}",
                                              {"headers: {request: {set: {X-Own: a}}}", ""}));
  EXPECT_EQ(config.services[0].headers.request, (HeaderRules{{"X-Debug"}, {{"X-Own", "a"}}, {}}));
  EXPECT_EQ(config.services[1].headers.request, (HeaderRules{{"X-Debug"}, {{"X-Env", "prod"}}, {}}));
}

}  // namespace
}  // namespace lb::config
