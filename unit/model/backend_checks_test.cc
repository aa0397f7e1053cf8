// What a queue backend does with active checks, which come without a number.
#include <gmock/gmock.h>

#include "sim/actor/raw_client.h"
#include "sim/model/queue_backend.h"

namespace sim::model {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view kCheck = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nX-Afe-Sim-Id: 7\r\nX-Afe-Sim-Answer: 0\r\n\r\n";

class BackendChecksTest : public testing::Test {
 protected:
  std::unique_ptr<actor::RawClient> ask(std::string_view text, std::uint16_t port = 80) {
    auto client = std::make_unique<actor::RawClient>(client_.env(), lb::Address{server_host_.address(), port});
    client->send(text);
    return client;
  }
  // Whether it is answered within the time.
  bool answered(std::string_view text, Duration within) {
    const auto client = ask(text);
    world_.runFor(within);
    return !client->received().empty();
  }

  World world_{1};
  net::Fabric fabric_{world_};
  net::Host& client_host_ = fabric_.addHost("client", "10.0.0.1");
  net::Host& server_host_ = fabric_.addHost("server", "10.0.0.2");
  net::SimEnv client_{fabric_, client_host_, "client"};
  QueueBackend backend_{fabric_,
                        server_host_,
                        client_host_,
                        {.station = {.slots = 1, .queue_max = 1, .service = Distribution::constant(100ms)},
                         .checks = {{"/healthz", 203, "all is well"}},
                         .check_ports = {9000}}};
};

TEST_F(BackendChecksTest, AnswersAsTheCheckWantsOnAllItsPorts) {
  const auto first = ask(kCheck);
  world_.runFor(150ms);
  const auto second = ask(kCheck, 9000);
  world_.runFor(150ms);
  for (const auto& client : {&first, &second}) {
    ASSERT_THAT((*client)->responses(), SizeIs(1));
    EXPECT_THAT((*client)->received(), StartsWith("HTTP/1.1 203 "));
    EXPECT_THAT((*client)->received(), HasSubstr("\r\n\r\nall is well"));
  }
  EXPECT_EQ(backend_.counters().checks, 2U);
  EXPECT_EQ(backend_.counters().requests, 0U) << "checks are no traffic";
  EXPECT_EQ(backend_.counters().answered, 0U);
  EXPECT_EQ(backend_.violation(), "");
}

TEST_F(BackendChecksTest, KnowsNoOtherRequestWithoutANumber) {
  for (const char* request : {"GET /health HTTP/1.1\r\n\r\n", "POST /healthz HTTP/1.1\r\n\r\n"}) {
    EXPECT_FALSE(answered(request, 1s));
    EXPECT_THAT(backend_.violation(), HasSubstr("it has no number")) << request;
  }
}

TEST_F(BackendChecksTest, MakesThemWaitAndTurnsThemAwayAsAllOthers) {
  const auto request = ask(kRequest);
  world_.runFor(1ms);
  const auto waits = ask(kCheck);
  world_.runFor(1ms);
  const auto too_much = ask(kCheck);
  world_.runFor(150ms);
  EXPECT_THAT(too_much->received(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(waits->received(), "");
  world_.runFor(100ms);
  EXPECT_THAT(waits->received(), StartsWith("HTTP/1.1 203 "));
  EXPECT_EQ(backend_.counters().overloaded, 0U) << "of traffic nothing was turned away";
}

TEST_F(BackendChecksTest, FailsThemByTheirOwnShare) {
  backend_.setErrors({1, 1}, 500);
  const auto fine = ask(kCheck);
  world_.runFor(150ms);
  EXPECT_THAT(fine->received(), StartsWith("HTTP/1.1 203 "));
  backend_.setCheckErrors({1, 1}, 502);
  const auto bad = ask(kCheck);
  world_.runFor(150ms);
  EXPECT_THAT(bad->received(), StartsWith("HTTP/1.1 502 "));
}

TEST_F(BackendChecksTest, ServesThemApartIfAskedTo) {
  backend_.setChecksApart(true);
  backend_.station().pause(true);
  EXPECT_TRUE(answered(kCheck, 150ms));
  EXPECT_FALSE(answered(kRequest, 150ms));
  backend_.station().pause(false);
  backend_.checkStation().setSlowdown(10);
  EXPECT_FALSE(answered(kCheck, 900ms));
  EXPECT_TRUE(answered(kRequest, 150ms));
}

TEST_F(BackendChecksTest, OneThatIsUnderWayGoesAlong) {
  const auto check = ask(kCheck);
  world_.runFor(50ms);
  backend_.setChecksApart(true);
  backend_.station().pause(true);
  world_.runFor(150ms);
  EXPECT_THAT(check->received(), StartsWith("HTTP/1.1 203 "));
}

}  // namespace
}  // namespace sim::model
