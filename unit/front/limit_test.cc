// Accepting: up to the limit, through failures, not before its time.
#include "unit/front/front_fixture.h"

namespace lb::front {
namespace {

TEST_F(FrontTest, AtTheLimitConnectionsWaitAndAreServedWhenThereIsRoom) {
  change([](ClientSettings& settings) { settings.connections_max = 3; });
  for (int i = 0; i < 5; ++i) client().send(get("/"));
  run(1s);
  EXPECT_EQ(server_.connectionCount(), 3U);
  EXPECT_EQ(stats_.accept_pauses.get(), 1U);
  std::size_t served = 0;
  for (const auto& one : clients_) served += one->responses().size();
  EXPECT_EQ(served, 3U);
  for (auto& one : clients_) {
    if (!one->responses().empty()) one->close();
  }
  run(1s);
  served = 0;
  for (const auto& one : clients_) served += one->responses().size();
  EXPECT_EQ(served, 5U);
}

TEST_F(FrontTest, HigherLimitTakesEffectAtOnce) {
  change([](ClientSettings& settings) { settings.connections_max = 1; });
  for (int i = 0; i < 3; ++i) client().send(get("/"));
  run(1s);
  EXPECT_EQ(server_.connectionCount(), 1U);
  change([](ClientSettings& settings) { settings.connections_max = 10; });
  run();
  EXPECT_EQ(server_.connectionCount(), 3U);
}

TEST_F(FrontTest, FailingAcceptIsTriedAgainInMeasure) {
  server_host_.rules().accept_exhausted = true;
  RawClient& c = client();
  c.send(get("/"));
  run(1s);
  EXPECT_GE(stats_.accept_failures.get(), 9U);
  EXPECT_LE(stats_.accept_failures.get(), 11U) << "every tenth of a second, not in every turn";
  EXPECT_TRUE(log_.has("cannot accept connections"));
  server_host_.rules().accept_exhausted = false;
  run(Server::kAcceptRetry + 1ms);
  EXPECT_EQ(c.responses().size(), 1U);
}

TEST_F(FrontTest, HeldListenerLeavesClientsQueued) {
  server_.holdAccepting(true);
  RawClient& c = client();
  c.send(get("/"));
  run(1s);
  EXPECT_TRUE(c.connected());
  EXPECT_EQ(server_.connectionCount(), 0U);
  server_.holdAccepting(false);
  run();
  EXPECT_EQ(c.responses().size(), 1U);
}

TEST_F(FrontTest, ClosedListenerServesWhomTheSystemHadAccepted) {
  server_.holdAccepting(true);
  RawClient& c = client();
  c.send(get("/"));
  run();
  server_.stopListening({server_host_.address(), 80});
  run();
  EXPECT_EQ(c.responses().size(), 1U);
  EXPECT_THAT(server_.listening(), IsEmpty());
  RawClient& late = client();
  run();
  EXPECT_EQ(late.ended(), IoStatus::Refused);
}

TEST_F(FrontTest, AddressOfAnotherMachineCannotBeListenedOn) {
  const auto bound = server_.listen({*IpAddress::parse("10.9.9.9"), 80});
  ASSERT_FALSE(bound.has_value());
  EXPECT_THAT(bound.error().what, testing::HasSubstr("10.9.9.9:80"));
}

struct LimitRow {
  const char* name;
  std::string head;
  int status;
};

TEST_F(FrontTest, HeadsAreTakenAtTheirLimitsAndRefusedAboveThem) {
  change(
      [](ClientSettings& settings) { settings.head = {.bytes_max = 1000, .target_bytes_max = 100, .fields_max = 10}; });
  const auto target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  const auto fields = [](int count) {
    std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 1; i < count; ++i) head += "X: y\r\n";
    return head + "\r\n";
  };
  const auto bytes = [](std::size_t size) {
    const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n";
  };
  const std::vector<LimitRow> rows{
      {"longest target", target(100), 200}, {"longer target", target(101), 414}, {"most fields", fields(10), 200},
      {"one field more", fields(11), 431},  {"largest head", bytes(1000), 200},  {"larger head", bytes(1001), 431},
  };
  for (const LimitRow& row : rows) {
    RawClient& c = client();
    c.send(row.head);
    run();
    ASSERT_EQ(c.responses().size(), 1U) << row.name;
    EXPECT_EQ(c.responses()[0].status(), row.status) << row.name;
  }
}

}  // namespace
}  // namespace lb::front
