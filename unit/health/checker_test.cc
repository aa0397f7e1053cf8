// Active checks in a simulated world: what passes, what fails, and when a target goes up and down.
#include "lb/health/checker.h"

#include <fmt/format.h>

#include "sim/net/sim_env.h"
#include "unit/sim/net_fixture.h"

namespace lb::health {
namespace {

using namespace std::chrono_literals;
using sim::actor::RawBackend;

constexpr const char* kFine = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";

class CheckerTest : public sim::NetTest, protected CheckerEvents {
 protected:
  CheckerTest() {
    settings_.enabled = true;
    settings_.interval = 1s;
    settings_.down_interval = 100ms;
    settings_.timeout = 500ms;
  }
  void onChecked(Verdict verdict, const std::string& why) override {
    verdicts_.push_back(verdict);
    times_.push_back(world_.now());
    why_ = why;
  }
  void onChange(bool up, const std::string&) override { changes_.push_back(up); }

  // What the very first check says of a target with this script.
  Verdict verdictOf(RawBackend::Script script) {
    backend_.reset();
    backend_ = std::make_unique<RawBackend>(server_.env(), at(80), std::move(script));
    verdicts_.clear();
    start();
    run(900ms);
    checker_.reset();
    EXPECT_FALSE(verdicts_.empty());
    return verdicts_.empty() ? Verdict::Inconclusive : verdicts_.front();
  }
  Verdict verdictOf(std::string answer) { return verdictOf(RawBackend::answering(std::move(answer))); }
  void start() {
    CheckerEvents& self = *this;
    checker_ =
        std::make_unique<Checker>(client_.loop, client_.network, client_.random, blocks_, at(80), settings_, self);
    checker_->start();
  }
  void TearDown() override {
    checker_.reset();
    backend_.reset();
    EXPECT_EQ(blocks_.blocksInUse(), 0U);
    sim::NetTest::TearDown();
  }

  buf::BlockPool blocks_;
  CheckSettings settings_;
  std::unique_ptr<RawBackend> backend_;
  std::unique_ptr<Checker> checker_;
  std::vector<Verdict> verdicts_;
  std::vector<sim::MonoTime> times_;
  std::vector<bool> changes_;
  std::string why_;
};

TEST_F(CheckerTest, AsksAsItWasTold) {
  settings_.path = "/up?full=1";
  settings_.host = "shop.test";
  EXPECT_EQ(verdictOf(kFine), Verdict::Passed);
  EXPECT_TRUE(backend_->everything().starts_with("GET /up?full=1 HTTP/1.1\r\nHost: shop.test\r\n"))
      << backend_->everything();
}

TEST_F(CheckerTest, SaysWhereItAsks) {
  backend_ = std::make_unique<RawBackend>(server_.env(), at(81), RawBackend::answering(kFine));
  settings_.port = 81;  // of the target at(80)
  start();
  run(900ms);
  checker_.reset();
  ASSERT_FALSE(verdicts_.empty());
  EXPECT_EQ(verdicts_.front(), Verdict::Passed);
  EXPECT_NE(backend_->everything().find(fmt::format("\r\nHost: {}\r\n", at(81).toString())), std::string::npos)
      << backend_->everything();
}

TEST_F(CheckerTest, StatusesAreExpectedOrNot) {
  settings_.expect = {{.first = 200, .last = 299}, {.first = 404, .last = 404}};
  EXPECT_EQ(verdictOf("HTTP/1.1 204 No Content\r\n\r\n"), Verdict::Passed);
  EXPECT_EQ(verdictOf("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), Verdict::Passed);
  EXPECT_EQ(verdictOf("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), Verdict::Failed);
  EXPECT_EQ(why_, "status 500");
  EXPECT_EQ(verdictOf("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), Verdict::Passed);
}

TEST_F(CheckerTest, TheBodyHasToHaveTheText) {
  settings_.body = "ine";
  EXPECT_EQ(verdictOf(kFine), Verdict::Passed);
  EXPECT_EQ(verdictOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nfi\r\n2\r\nne\r\n0\r\n\r\n"),
            Verdict::Passed);
  EXPECT_EQ(verdictOf("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfile"), Verdict::Failed);
}

TEST_F(CheckerTest, WhatIsNoWholeAnswerFails) {
  EXPECT_EQ(verdictOf("SSH-2.0-x\r\n"), Verdict::Failed);
  const auto cut = [](RawBackend::Conn& conn) {
    if (conn.takeRequests().empty()) return;
    conn.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    conn.close();
  };
  EXPECT_EQ(verdictOf(cut), Verdict::Failed);
  EXPECT_EQ(why_, "closed before a whole answer");
  EXPECT_EQ(verdictOf([](auto&) {}), Verdict::Failed);
  EXPECT_EQ(why_, "no whole answer in time");
}

TEST_F(CheckerTest, AnAnswerThatTricklesIsNone) {
  backend_ = std::make_unique<RawBackend>(server_.env(), at(80), [](RawBackend::Conn& conn) {
    if (!conn.takeRequests().empty()) conn.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  });
  start();
  for (int i = 0; i < 20; ++i) {
    run(50ms);
    if (!backend_->connections().empty() && !backend_->last().gone()) backend_->last().send("x");
  }
  ASSERT_FALSE(verdicts_.empty());
  EXPECT_EQ(verdicts_.front(), Verdict::Failed);
}

TEST_F(CheckerTest, NobodyThereFails) {
  start();
  run(900ms);
  EXPECT_EQ(verdicts_.front(), Verdict::Failed);
  EXPECT_EQ(changes_, std::vector<bool>{false}) << "the first check decides alone";
}

TEST_F(CheckerTest, TcpNeedsAConnectionThatStays) {
  settings_.kind = CheckKind::Tcp;
  EXPECT_EQ(verdictOf([](auto&) {}), Verdict::Passed);
  backend_.reset();
  verdicts_.clear();
  start();
  run(10ms);
  EXPECT_EQ(verdicts_.front(), Verdict::Failed);
}

TEST_F(CheckerTest, WhatCannotBeAskedSaysNothing) {
  client_host_.rules().connect_exhausted = true;
  start();
  run(30s);
  EXPECT_GT(verdicts_.size(), 20U);
  EXPECT_EQ(verdicts_.back(), Verdict::Inconclusive);
  EXPECT_TRUE(changes_.empty());
  EXPECT_TRUE(checker_->up());
}

TEST_F(CheckerTest, MayBeDestroyedInTheMiddleOfACheckAndTellsNothingMore) {
  backend_ = std::make_unique<RawBackend>(server_.env(), at(80), [](RawBackend::Conn&) {});  // never answers
  start();
  run(100ms);
  EXPECT_EQ(backend_->openConnections(), 1U);
  checker_.reset();
  run(2s);
  EXPECT_TRUE(verdicts_.empty());
  EXPECT_TRUE(changes_.empty());
  EXPECT_EQ(backend_->openConnections(), 0U);
}

TEST_F(CheckerTest, NewSettingsHoldFromTheNextCheckOn) {
  backend_ = std::make_unique<RawBackend>(server_.env(), at(80), RawBackend::answering(kFine));
  start();
  run(1ms);
  settings_.expect = {{.first = 204, .last = 204}};
  settings_.fall = 1;
  checker_->change(settings_);
  EXPECT_TRUE(world_.runUntil([&] { return !changes_.empty(); }, 5s));
  EXPECT_EQ(verdicts_, (std::vector{Verdict::Passed, Verdict::Failed}));
  EXPECT_EQ(why_, "status 200");
}

// An hour's interval that becomes a second is not waited for; other settings do not bring a check forward.
TEST_F(CheckerTest, AnotherIntervalHoldsAtOnce) {
  backend_ = std::make_unique<RawBackend>(server_.env(), at(80), RawBackend::answering(kFine));
  settings_.interval = 1h;
  start();
  run(1ms);
  settings_.fall = 7;
  checker_->change(settings_);
  run(10s);
  EXPECT_EQ(verdicts_.size(), 1U);
  settings_.interval = 1s;
  checker_->change(settings_);
  run(2s);
  EXPECT_GE(verdicts_.size(), 2U);
}

TEST_F(CheckerTest, FallAndRiseCountInARow) {
  settings_.initial = InitialHealth::Up;
  bool well = true;
  backend_ = std::make_unique<RawBackend>(server_.env(), at(80), [&](RawBackend::Conn& conn) {
    for (const auto& one : conn.takeRequests()) {
      static_cast<void>(one);
      conn.send(well ? kFine : "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
    }
  });
  start();
  const auto checks = [&](std::size_t more, bool good) {
    well = good;
    const std::size_t wanted = verdicts_.size() + more;
    EXPECT_TRUE(world_.runUntil([&] { return verdicts_.size() == wanted; }, 10s));
  };
  checks(2, false);
  checks(1, true);
  checks(2, false);
  EXPECT_TRUE(changes_.empty()) << "never three in a row";
  checks(1, false);
  EXPECT_EQ(changes_, std::vector<bool>{false});
  checks(1, true);
  checks(1, false);
  checks(1, true);
  EXPECT_FALSE(checker_->up());
  checks(1, true);
  EXPECT_EQ(changes_, (std::vector<bool>{false, true}));
}

TEST_F(CheckerTest, ComesInItsIntervalWithJitterAndFasterWhileDown) {
  settings_.jitter_percent = 20;
  backend_ = std::make_unique<RawBackend>(server_.env(), at(80), RawBackend::answering(kFine));
  start();
  run(60s);
  std::vector<Duration> gaps;
  for (std::size_t i = 2; i < times_.size(); ++i) gaps.push_back(times_[i] - times_[i - 1]);
  ASSERT_GT(gaps.size(), 40U);
  const auto [least, most] = std::ranges::minmax(gaps);
  EXPECT_GE(least, 800ms);
  EXPECT_LE(most, 1210ms);
  EXPECT_GT(most - least, 100ms);
  backend_.reset();
  run(3s);
  times_.clear();
  run(10s);
  EXPECT_GT(times_.size(), 70U);
}

}  // namespace
}  // namespace lb::health
