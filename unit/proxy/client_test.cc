// Clients that go away, send too much, or do not read: what it costs the backend and the memory.
#include "unit/proxy/proxy_fixture.h"

namespace lb::proxy {
namespace {

struct AbortRow {
  const char* name;
  std::string request;
  const char* answer;  // what the backend sends before the client goes
  const char* line;    // in the access log
};

TEST_F(ProxyTest, ClientThatGoesCancelsItsRequest) {
  start();
  const std::vector<AbortRow> rows{
      {"in the request", "POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 10\r\n\r\nhalf.", "",
       "client_gone=request"},
      {"while it waits", get("/"), "", "client_gone=wait"},
      {"in the response", get("/"), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf.", "client_gone=response"},
  };
  for (const AbortRow& row : rows) {
    RawBackend& b = backend(0, [&](RawBackend::Conn& conn) {
      if (conn.requests++ == 0) conn.send(row.answer);
    });
    RawClient& c = client();
    c.send(row.request);
    run();
    ASSERT_EQ(b.connections().size(), 1U) << row.name;
    EXPECT_EQ(b.last().ended(), IoStatus::Ok) << row.name;
    c.abort();
    run(2ms);
    EXPECT_EQ(b.last().ended(), IoStatus::Reset) << row.name << ": the backend learns of it at once";
    EXPECT_THAT(lastLine(), HasSubstr(row.line));
    EXPECT_EQ(blocks(), 0U) << row.name;
    backends_[0].reset();
    run();
  }
}

TEST_F(ProxyTest, HalfClosedClientIsServed) {
  start();
  backend(0);
  RawClient& c = client();
  c.send(get("/"));
  c.finish();
  run();
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].body, "hello");
  EXPECT_EQ(c.ended(), IoStatus::Eof);
}

TEST_F(ProxyTest, BodyAboveTheLimitIs413AndAtTheLimitIsNot) {
  shop().limits.max_body = 10;
  start();
  RawBackend& b = backend(0);
  EXPECT_EQ(ask(post("/", "0123456789")).status(), 200);
  const Message counted = ask(post("/", "0123456789a"));
  EXPECT_EQ(counted.status(), 413);
  EXPECT_EQ(b.last().requests, 1U) << "the backend hears nothing of it";
  const std::string chunked = "POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(ask(chunked + "a\r\n0123456789\r\n0\r\n\r\n").status(), 200);
  EXPECT_EQ(ask(chunked + "a\r\n0123456789\r\n1\r\na\r\n0\r\n\r\n").status(), 413);
}

TEST_F(ProxyTest, LargeRefusedBodyStillGetsItsAnswer) {
  shop().limits.max_body = 1000;
  start();
  backend(0);
  RawClient& c = client();
  c.send(post("/", std::string(2'000'000, 'x')));
  run(1s);
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].status(), 413);
  EXPECT_EQ(c.ended(), IoStatus::Eof);
}

TEST_F(ProxyTest, BrokenBodyIs400AndTheBackendConnectionIsNotUsedAgain) {
  start();
  RawBackend& b = backend(0);
  const Message answer =
      ask("POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nnonsense\r\n");
  EXPECT_EQ(answer.status(), 400);
  run();
  EXPECT_EQ(b.openConnections(), 0U);
}

TEST_F(ProxyTest, SlowHeadIs408WithTheProxysOwnReason) {
  start();
  const Message answer = ask("GET / HTTP/1.1\r\nHost: shop", 11s);
  EXPECT_EQ(answer.status(), 408);
  EXPECT_EQ(answer.field("proxy-status"), "lb; error=request_timeout");
}

class PressureTest : public ProxyTest {
 protected:
  // Blocks that one exchange may hold: what waits in one direction, and a read on top of it.
  [[nodiscard]] std::size_t bound() const {
    return 2 * static_cast<std::size_t>(config_.limits.buffer_bytes) / buf::Block::kBytes + 4;
  }
  std::size_t peakDuring(Duration time) {
    std::size_t peak = 0;
    static_cast<void>(runUntil(
        [&] {
          peak = std::max(peak, blocks());
          return false;
        },
        time));
    return peak;
  }
};

TEST_F(PressureTest, ClientThatDoesNotReadHoldsTheBackendBack) {
  start();
  const std::string body(10'000'000, 'x');
  RawBackend& b = backend(0, [&](RawBackend::Conn& conn) {
    if (!conn.takeRequests().empty()) conn.send("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + body);
  });
  RawClient& c = client();
  c.setReading(false);
  c.send(get("/"));
  EXPECT_LE(peakDuring(5s), bound());
  EXPECT_GT(blocks(), 0U);
  EXPECT_GT(b.last().unsent(), 9'000'000U);
  c.setReading(true);
  EXPECT_LE(peakDuring(5s), bound());
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].body, body);
}

TEST_F(PressureTest, BackendThatDoesNotReadHoldsTheClientBack) {
  start();
  RawBackend& b = backend(0, [](RawBackend::Conn& conn) {
    for (const Message& request : conn.takeRequests()) {
      conn.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + std::to_string(request.body.size()));
    }
  });
  shop();
  const std::string body(10'000'000, 'x');
  RawClient& c = client();
  c.send("POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 10000000\r\n\r\n");
  run();
  b.last().setReading(false);
  c.send(body);
  EXPECT_LE(peakDuring(5s), bound());
  EXPECT_GT(c.unsent(), 9'000'000U);
  b.last().setReading(true);
  EXPECT_LE(peakDuring(5s), bound());
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].body, "10000000");
}

TEST_F(PressureTest, TinyChunksDoNotMultiplyMemory) {
  start();
  backend(0, [&](RawBackend::Conn& conn) {
    if (conn.takeRequests().empty()) return;
    std::string all = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 200'000; ++i) all += "1\r\nx\r\n";
    conn.send(all + "0\r\n\r\n");
  });
  RawClient& c = client();
  c.setReading(false);
  c.send(get("/"));
  EXPECT_LE(peakDuring(5s), bound());
  c.setReading(true);
  run(10s);
  ASSERT_EQ(c.responses().size(), 1U);
  EXPECT_EQ(c.responses()[0].body.size(), 200'000U);
}

TEST_F(PressureTest, ManyIdleClientsHoldNothing) {
  start();
  backend(0);
  for (int i = 0; i < 500; ++i) client().send(get("/"));
  run(2s);
  for (const auto& one : clients_) EXPECT_EQ(one->responses().size(), 1U);
  EXPECT_EQ(blocks(), 0U);
}

}  // namespace
}  // namespace lb::proxy
