// Routes and header rules in a whole worker: what backends and clients get of them.
#include "unit/proxy/proxy_fixture.h"

namespace lb::proxy {
namespace {

class RouteTest : public ProxyTest {
 protected:
  RouteTest() { config_.services.push_back(service("other", {1})); }

  config::Route& route() {
    config::Route& made = config_.routes.emplace_back();
    return made;
  }
  config::Route& routeTo(const std::string& name) {
    config::Route& made = route();
    made.split = {{name, 1, {}}};
    return made;
  }
  config::Route& redirect(std::uint16_t status) {
    config::Route& made = route();
    made.action = config::RouteAction::Redirect;
    made.redirect.status = status;
    return made;
  }
  config::Route& respond(std::uint16_t status, const std::string& body) {
    config::Route& made = route();
    made.action = config::RouteAction::Respond;
    made.respond = {status, "text/html", body};
    return made;
  }
  // What the last request looked like at a backend.
  static std::string requestAt(RawBackend& backend) { return backend.everything(); }
};

TEST_F(RouteTest, LeadsToAServiceAndEditsBothHeads) {
  config::Route& made = routeTo("other");
  made.match.path_prefix = "/api";
  made.rewrites = true;
  made.rewrite_prefix = "/v2";
  made.headers.request = {{"X-Debug"}, {{"X-Env", "route"}}, {}};
  made.headers.response = {{"X-Powered-By"}, {}, {{"X-Route", "r"}}};
  config_.services[1].headers.request.add = {{"X-Service", "other"}};
  config_.services[1].headers.response.set = {{"Server", "lb"}};
  start();
  RawBackend& b = backend(
      1, RawBackend::answering("HTTP/1.1 200 OK\r\nServer: x\r\nX-Powered-By: y\r\nContent-Length: 2\r\n\r\nhi"));
  const Message answer = ask("GET /x/../%61pi/y?z HTTP/1.1\r\nHost: shop.test\r\nX-Debug: 1\r\nX-Env: forged\r\n\r\n");
  EXPECT_EQ(answer.body, "hi");
  EXPECT_EQ(answer.field("server"), "lb");
  EXPECT_EQ(answer.field("x-route"), "r");
  EXPECT_EQ(answer.count("x-powered-by"), 0U);
  const std::string request = requestAt(b);
  EXPECT_TRUE(request.starts_with("GET /v2/y?z HTTP/1.1\r\nHost: shop.test\r\n")) << request;
  EXPECT_THAT(request, HasSubstr("\r\nX-Env: route\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nX-Service: other\r\n"));
  EXPECT_THAT(request, testing::Not(HasSubstr("forged")));
  EXPECT_THAT(request, testing::Not(HasSubstr("X-Debug")));
  EXPECT_THAT(lastLine(), HasSubstr("/x/../%61pi/y")) << "the log has what the client asked for";
  EXPECT_THAT(lastLine(), HasSubstr("other"));
}

TEST_F(RouteTest, RedirectsWithWhatIsLeftOpenAsItCame) {
  config::Route& secure = redirect(308);
  secure.match.path = "/secure";
  secure.redirect.scheme = "https";
  config::Route& moved = redirect(301);
  moved.match.path_prefix = "/old";
  moved.rewrites = true;
  moved.rewrite_prefix = "/";
  moved.headers.response.set = {{"Cache-Control", "no-store"}};
  config::Route& away = redirect(303);
  away.match.path = "/away";
  away.redirect = {303, "", "b.test:81", "/there?x=1"};
  start();
  const auto located = [&](std::string_view path) {
    const Message answer = ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: Shop.test:8080\r\n\r\n");
    EXPECT_EQ(answer.count("proxy-status"), 0U) << "it is no error";
    return answer.field("location").value_or("none");
  };
  EXPECT_EQ(located("/secure?q=1"), "https://shop.test/secure?q=1");
  EXPECT_EQ(located("/old/x?y"), "/x?y");
  EXPECT_EQ(located("/old//evil.com"), "/evil.com") << "not where //evil.com would lead";
  EXPECT_EQ(located("/away?z"), "//b.test:81/there?x=1");
  EXPECT_THAT(lastLine(), HasSubstr("redirect"));
  EXPECT_EQ(ask("GET /secure HTTP/1.0\r\n\r\n").status(), 400) << "there is no host to redirect to";
}

TEST_F(RouteTest, ARedirectOfTheServerItselfHasNoPath) {
  redirect(308).redirect.scheme = "https";
  start();
  EXPECT_EQ(ask("OPTIONS * HTTP/1.1\r\nHost: shop.test\r\n\r\n").field("location"), "https://shop.test");
}

TEST_F(RouteTest, AFixedResponseKeepsTheConnectionUnlessABodyIsStillToCome) {
  respond(503, "<h1>later</h1>").headers.response.set = {{"Retry-After", "60"}, {"Content-Type", "text/plain"}};
  start();
  RawClient& c = client();
  c.send(get("/") + get("/"));
  run();
  ASSERT_EQ(c.responses().size(), 2U);
  EXPECT_EQ(c.responses()[0].status(), 503);
  EXPECT_EQ(c.responses()[0].body, "<h1>later</h1>");
  EXPECT_EQ(c.responses()[0].field("content-type"), "text/plain");
  EXPECT_EQ(c.responses()[0].field("retry-after"), "60");
  EXPECT_EQ(c.responses()[0].count("content-type"), 1U);
  EXPECT_THAT(lastLine(), HasSubstr("fixed_response"));
  c.send(post("/", "body"));
  run();
  ASSERT_EQ(c.responses().size(), 3U);
  EXPECT_EQ(c.responses()[2].body, "<h1>later</h1>");
  EXPECT_EQ(c.responses()[2].field("connection"), "close");
  RawClient& head = client();
  head.send("HEAD / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
  run();
  EXPECT_THAT(head.received(), HasSubstr("\r\nContent-Length: 14\r\n"));
  EXPECT_TRUE(head.received().ends_with("\r\n\r\n")) << "and no body";
}

TEST_F(RouteTest, RulesOfARouteOutliveItsReload) {
  config::Route& made = routeTo("shop");
  made.headers.response.set = {{"X-Route", "old"}};
  start();
  RawBackend& b = backend(0, [](RawBackend::Conn& conn) { static_cast<void>(conn.takeRequests()); });
  RawClient& c = client();
  c.send(get("/"));
  run();
  config_.routes.clear();
  reload();
  config_.routes.shrink_to_fit();
  b.last().send(kHello);
  run();
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].field("x-route"), "old");
}

TEST_F(RouteTest, ARetryDoesNotEditTwice) {
  shop().hosts = service("shop", {0, 1}).hosts;
  shop().balance = config::Balance::RoundRobin;
  shop().headers.request.add = {{"X-Once", "1"}};
  start();
  RawBackend& b = backend(1);  // nobody listens at the other
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask(get("/")).status(), 200);
  const std::string request = requestAt(b);
  const std::size_t last = request.rfind("GET ");
  EXPECT_EQ(request.find("X-Once", request.find("X-Once", last) + 1), std::string::npos) << request;
}

TEST_F(RouteTest, APathWithoutOneReadingIsRefused) {
  config::Route& made = respond(403, "no");
  made.match.path_prefix = "/admin";
  start();
  const Message answer = ask(get("/x/..%2fadmin"));
  EXPECT_EQ(answer.status(), 400);
  EXPECT_EQ(answer.field("proxy-status"), "lb; error=bad_request");
}

}  // namespace
}  // namespace lb::proxy
