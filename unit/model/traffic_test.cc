// Open-loop traffic straight to queue backends, without a proxy in between.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/actor/raw_backend.h"
#include "sim/actor/raw_client.h"
#include "sim/model/open_loop.h"
#include "sim/model/queue_backend.h"

namespace sim::model {
namespace {

using namespace std::chrono_literals;
using Mode = QueueBackend::Mode;
using Result = Outcome::Result;

class TrafficTest : public testing::Test, public TrafficObserver {
 protected:
  void onDone(const Outcome& outcome) override { outcomes_.push_back(outcome); }

  QueueBackend& backend(BackendPlan plan) {
    backend_ = std::make_unique<QueueBackend>(fabric_, server_host_, client_host_, std::move(plan));
    return *backend_;
  }
  static TrafficPlan regular(double rate, Duration time) {
    return {.arrivals = {.kind = Arrivals::Kind::Regular, .rate = {{0s, rate}}, .end = time},
            .mix = {{.host = "shop.test"}}};
  }
  OpenLoop& traffic(TrafficPlan plan) {
    traffic_ = std::make_unique<OpenLoop>(client_.env(), lb::Address{server_host_.address(), 80}, std::move(plan),
                                          Prng(11), *this);
    return *traffic_;
  }
  bool finish(Duration limit = 1000s) {
    return world_.runUntil([&] { return traffic_->finished(); }, limit);
  }
  [[nodiscard]] std::ptrdiff_t count(Result result) const {
    return std::ranges::count(outcomes_, result, &Outcome::result);
  }

  World world_{1};
  net::Fabric fabric_{world_};
  net::Host& client_host_ = fabric_.addHost("client", "10.0.0.1");
  net::Host& server_host_ = fabric_.addHost("server", "10.0.0.2");
  net::SimEnv client_{fabric_, client_host_, "client"};
  net::SimEnv server_{fabric_, server_host_, "server"};  // for those who are no queue backend
  std::unique_ptr<QueueBackend> backend_;
  std::unique_ptr<OpenLoop> traffic_;
  std::vector<Outcome> outcomes_;
};

TEST_F(TrafficTest, AsksAndIsAnsweredOnOneConnection) {
  backend({.number = 3, .station = {.service = Distribution::constant(1ms)}, .answer = Distribution::constantBytes(5)});
  traffic(regular(100, 1s));
  ASSERT_TRUE(finish());
  ASSERT_EQ(outcomes_.size(), 99U);
  for (const Outcome& one : outcomes_) {
    EXPECT_EQ(one.result, Result::Answered);
    EXPECT_EQ(one.status, 200);
    EXPECT_EQ(one.backend, 3);
    EXPECT_EQ(one.received_bytes, 5U);
    EXPECT_NEAR(std::chrono::duration<double>(one.latency()).count(), 0.0011, 0.0002);
  }
  EXPECT_EQ(traffic_->counters().connections_opened, 1U);
  EXPECT_EQ(traffic_->counters().latency_sum_ns, traffic_->counters().inflight_ns);
  EXPECT_EQ(backend_->counters().answered, 99U);
  EXPECT_EQ(backend_->violation(), "");
}

// Large bodies in both directions, through tiny windows and calls that do less than they could.
TEST_F(TrafficTest, CarriesBodiesOfEverySize) {
  for (net::Host* host : {&client_host_, &server_host_}) {
    host->rules().receive_window = host->rules().send_buffer = 3000;
    host->rules().short_read = host->rules().short_write = {50, 100};
  }
  const Distribution sizes{.kind = Distribution::Kind::Uniform, .low = 0, .high = 100'000};
  backend({.station = {.slots = 8, .service = Distribution::constant(1ms)}, .answer = sizes});
  TrafficPlan plan = regular(10, 10s);
  plan.mix = {{.method = "POST", .host = "a", .body = sizes}, {.method = "HEAD", .host = "a"}};
  traffic(plan);
  ASSERT_TRUE(finish());
  EXPECT_EQ(count(Result::Answered), 99);
  EXPECT_GT(std::ranges::count(outcomes_, 1U, &Outcome::ask), 20);
  EXPECT_GT(std::ranges::count(outcomes_, 0U, &Outcome::ask), 20);
  EXPECT_EQ(traffic_->violation(), "");
  EXPECT_EQ(backend_->violation(), "");
}

TEST_F(TrafficTest, SendsAtItsTimesHoweverLongAnswersTake) {
  backend({.station = {.service = Distribution::constant(1s)}});
  traffic(regular(10, 1s));
  world_.runFor(1s);
  EXPECT_EQ(traffic_->inflight(), 9U);
  ASSERT_TRUE(finish());
  EXPECT_EQ(traffic_->counters().connections_opened, 9U);
  EXPECT_NEAR(std::chrono::duration<double>(outcomes_.back().latency()).count(), 8.2, 0.01);
  EXPECT_EQ(traffic_->counters().latency_sum_ns, traffic_->counters().inflight_ns);
}

// A client that was late itself is no excuse: what its users would have waited counts.
TEST_F(TrafficTest, CountsFromTheIntendedTime) {
  backend({.station = {.slots = 100, .service = Distribution::constant(1ms)}});
  traffic(regular(10, 2s));
  world_.runFor(550ms);
  client_.loop.pauseFor(1s);
  ASSERT_TRUE(finish());
  ASSERT_EQ(outcomes_.size(), 19U);
  Duration longest{};
  for (const Outcome& one : outcomes_) longest = std::max(longest, one.latency());
  EXPECT_NEAR(std::chrono::duration<double>(longest).count(), 0.95, 0.01);  // of the one meant for 0.6 s
  EXPECT_EQ(traffic_->counters().latency_sum_ns, traffic_->counters().inflight_ns);
}

TEST_F(TrafficTest, LosesPatience) {
  backend({.station = {.service = Distribution::constant(1s)}, .drops_abandoned = true});
  TrafficPlan plan = regular(10, 1s);
  plan.patience = 1500ms;
  traffic(plan);
  ASSERT_TRUE(finish());
  EXPECT_EQ(count(Result::TimedOut), 8);
  for (const Outcome& one : outcomes_) {
    if (one.result != Result::TimedOut) continue;
    EXPECT_NEAR(std::chrono::duration<double>(one.latency()).count(), 1.5, 0.001);
  }
  world_.runFor(1s);
  EXPECT_EQ(backend_->station().inside(), 0U);
}

TEST_F(TrafficTest, HasNoMoreConnectionsThanItMay) {
  backend({.station = {.service = Distribution::constant(1s)}});
  TrafficPlan plan = regular(10, 1s);
  plan.connections_max = 3;
  traffic(plan);
  ASSERT_TRUE(finish());
  EXPECT_EQ(count(Result::Answered), 3);
  EXPECT_EQ(count(Result::Exhausted), 6);
}

TEST_F(TrafficTest, MixesByWeight) {
  backend({.station = {.slots = 100, .service = Distribution::constant(1ms)}});
  TrafficPlan plan = regular(1000, 4s + 1us);
  plan.mix = {{.host = "a", .weight = 3}, {.host = "b", .weight = 1}};
  traffic(plan);
  ASSERT_TRUE(finish());
  EXPECT_NEAR(static_cast<double>(std::ranges::count(outcomes_, 0U, &Outcome::ask)), 3000, 4 * std::sqrt(750));
}

TEST_F(TrafficTest, SeesABackendFail) {
  backend({.station = {.slots = 1, .queue_max = 0, .service = Distribution::constant(150ms)}});
  traffic(regular(10, 10s + 1ms));
  ASSERT_TRUE(finish());
  EXPECT_EQ(std::ranges::count(outcomes_, 503, &Outcome::status), 50);
  outcomes_.clear();
  backend_->setErrors({1, 1}, 502);
  traffic(regular(5, 2s));
  ASSERT_TRUE(finish());
  EXPECT_EQ(std::ranges::count(outcomes_, 502, &Outcome::status), 9);
}

struct DownRow {
  const char* name;
  Mode mode;
  Result expected;
};
constexpr DownRow kDownRows[] = {
    {"refuse", Mode::Refuse, Result::Refused},
    {"reset", Mode::Reset, Result::Cut},
    {"hang", Mode::Hang, Result::TimedOut},
    {"black hole", Mode::BlackHole, Result::TimedOut},
};

TEST_F(TrafficTest, SeesABackendGoDownAndComeBack) {
  for (const DownRow& row : kDownRows) {
    outcomes_.clear();
    traffic_.reset();
    backend({.station = {.slots = 10, .service = Distribution::constant(1ms)}});
    TrafficPlan plan = regular(10, 9s + 1ms);
    plan.patience = 500ms;
    traffic(plan);
    world_.runFor(3s);
    EXPECT_EQ(count(Result::Answered), 29) << row.name;
    backend_->setMode(row.mode);
    world_.runFor(3s);
    EXPECT_NEAR(static_cast<double>(count(row.expected)), 29, 6) << row.name;
    EXPECT_EQ(count(Result::Answered), 29) << row.name;
    backend_->setMode(Mode::Up);
    world_.runFor(1s);
    outcomes_.clear();
    world_.runFor(1s);
    EXPECT_EQ(count(Result::Answered), 10) << row.name;
    ASSERT_TRUE(finish());
    EXPECT_EQ(backend_->violation(), "") << row.name;
  }
}

struct LieRow {
  const char* name;
  const char* answer;
};
constexpr LieRow kLieRows[] = {
    {"a wrong byte", "HTTP/1.1 200 OK\r\nX-Afe-Sim-Backend: 1\r\nX-Afe-Sim-Id: 1\r\nContent-Length: 3\r\n\r\n12x"},
    {"another request's answer",
     "HTTP/1.1 200 OK\r\nX-Afe-Sim-Backend: 1\r\nX-Afe-Sim-Id: 2\r\nContent-Length: 3\r\n\r\n123"},
    {"a byte too many", "HTTP/1.1 200 OK\r\nX-Afe-Sim-Backend: 1\r\nX-Afe-Sim-Id: 1\r\nContent-Length: 3\r\n\r\n1234"},
    {"nobody's success", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
    {"no head", "SSH-2.0\r\n\r\n"},
};

TEST_F(TrafficTest, NoticesEveryLie) {
  for (const LieRow& row : kLieRows) {
    actor::RawBackend liar(server_.env(), {server_host_.address(), 80}, actor::RawBackend::answering(row.answer));
    outcomes_.clear();
    traffic(regular(10, 150ms));
    ASSERT_TRUE(finish());
    EXPECT_EQ(count(Result::Garbage), 1) << row.name;
    EXPECT_NE(traffic_->violation(), "") << row.name;
  }
}

TEST_F(TrafficTest, BackendsNoticeWrongRequests) {
  for (const char* request :
       {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nX-Afe-Sim-Id: 1\r\nContent-Length: 2\r\n\r\n1x",
        "GET / HTTP/1.1\r\nX-Afe-Sim-Id: 1\r\n\r\nGET"}) {
    backend({.station = {.service = Distribution::constant(1s)}});
    actor::RawClient client(client_.env(), {server_host_.address(), 80});
    client.send(request);
    world_.runFor(1s);
    EXPECT_NE(backend_->violation(), "") << request;
  }
}

}  // namespace
}  // namespace sim::model
