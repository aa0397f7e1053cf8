// Checks that begin, by a start, a reload or a name's new address, and what is known of an address that was away.
#include "unit/health/monitor_fixture.h"

namespace lb::monitor {
namespace {

TEST_F(MonitorTest, ChecksThatAReloadBringsTakeOutWhoFailsAndNobodyElse) {
  sick_checks_[1] = true;
  start();
  static_cast<void>(ask(8));
  check();
  shop().health_check.initial = config::InitialHealth::Down;
  proxy_->reload(config_);
  statuses_.clear();
  static_cast<void>(ask(12));
  EXPECT_THAT(statuses_, testing::Each(200)) << "who serves is not taken out before he is asked";
  world_.runFor(1s);
  EXPECT_EQ(state(1), "down") << "the first check decides";
  EXPECT_EQ(ask(12)[1], 0);
  sick_checks_[1] = false;
  world_.runFor(10s);
  EXPECT_EQ(ask(12)[1], 3);
  EXPECT_FALSE(logged("stays up"));
}

// Of a name: one of its addresses is drained and leaves it, as a pod that is replaced.
TEST_F(MonitorTest, AddressThatLeavesItsNameIsNotAskedAndHasNoWeight) {
  check();
  shop().health_check.interval = 1s;
  shop().health_check.timeout = 500ms;
  pods({0, 1, 2});
  start();
  EXPECT_THAT(metric("lb_backend_weight"), testing::EndsWith(" 3"));
  EXPECT_EQ(proxy_->control().order(
                {.kind = admin::BackendOrder::Kind::Drain, .service = "shop", .backend = "10.0.1.3:80", .weight = {}}),
            1U);
  pods({0, 1});
  world_.runFor(5s);
  EXPECT_THAT(metric("lb_backend_weight"), testing::EndsWith(" 2"));
  const int before = checks_[2];
  world_.runFor(60s);
  EXPECT_EQ(checks_[2], before) << "nobody asks who is gone";
  pods({0, 1, 2});
  world_.runFor(5s);
  EXPECT_EQ(ask(12)[2], 0) << "it is still drained";
  EXPECT_GT(checks_[2], before);
  pods({0, 1});
  world_.runFor(2h);
  pods({0, 1, 2});
  world_.runFor(5s);
  EXPECT_EQ(ask(12)[2], 4) << "after so long it is another one";
}

// Names that lead to one address are one backend: for the workers, for the metrics and for panic, which is told of all.
TEST_F(MonitorTest, AddressOfTwoNamesIsOneBackend) {
  fabric_.setName("a", {.addresses = {hosts_[0]->address()}, .ttl = 1s});
  fabric_.setName("b", {.addresses = {hosts_[0]->address()}, .ttl = 1s});
  fabric_.setName("c", {.addresses = {hosts_[1]->address()}, .ttl = 1s});
  shop().hosts = {{.address = "a", .port = 80, .place = {}},
                  {.address = "b", .port = 80, .weight = 5, .place = {}},
                  {.address = "c", .port = 80, .place = {}}};
  check();
  shop().health_check.interval = 200ms;
  start();
  EXPECT_NEAR(ask(40)[0], 20, 1) << "with the weight of the first";
  sick_checks_[0] = true;
  world_.runFor(2s);
  EXPECT_EQ(ask(10)[0], 0) << "one of two can be used, which is no panic at less than half";
  EXPECT_THAT(metric("lb_service_panic"), testing::EndsWith(" 0"));
  EXPECT_THAT(metric("lb_service_healthy_backends"), testing::EndsWith(" 1"));
}

// Its weight by hand is kept for an hour, but whoever was away is asked first and starts slowly, and does not count
// meanwhile.
TEST_F(MonitorTest, AddressThatComesBackIsNewButForItsOrders) {
  shop().slow_start = {.window = 100s, .min_weight_percent = 10};
  check();
  shop().health_check.initial = config::InitialHealth::Down;
  shop().health_check.down_interval = 5s;
  shop().health_check.rise = 3;
  pods({0, 1, 2});
  start();
  world_.runFor(200s);
  ASSERT_EQ(proxy_->control().order(
                {.kind = admin::BackendOrder::Kind::Weight, .service = "shop", .backend = "10.0.1.3:80", .weight = 2}),
            1U);
  EXPECT_NEAR(ask(40)[2], 20, 1);
  pods({0, 1});
  world_.runFor(5s);
  EXPECT_THAT(metric("lb_service_healthy_backends"), testing::EndsWith(" 2"));
  pods({0, 1, 2});
  world_.runFor(3s);
  EXPECT_EQ(ask(40)[2], 0) << "not before it has passed its checks";
  world_.runFor(12s);
  const int warming = ask(40)[2];
  EXPECT_GT(warming, 0);
  EXPECT_LT(warming, 10) << "slowly";
  world_.runFor(100s);
  EXPECT_NEAR(ask(40)[2], 20, 1);
}

// Also where a request that it has not finished yet has kept what was known of it.
TEST_F(MonitorTest, AddressThatComesBackToItsRequestIsNew) {
  shop().slow_start = {.window = 100s, .min_weight_percent = 10};
  shop().timeouts.response_header = 500s;
  pods({0, 1});
  silent_[1] = true;
  start();
  const auto waiting = eightWhoWait();
  world_.runFor(150s);
  silent_[1] = false;
  EXPECT_EQ(ask(20)[1], 10);
  pods({0});
  world_.runFor(5s);
  pods({0, 1});
  world_.runFor(5s);
  const int warming = ask(20)[1];
  EXPECT_GT(warming, 0);
  EXPECT_LT(warming, 5);
}

TEST_F(MonitorTest, InitialDownWaitsForChecks) {
  check();
  shop().health_check.initial = config::InitialHealth::Down;
  shop().health_check.down_interval = 1s;
  shop().health_check.rise = 3;
  start();
  static_cast<void>(ask(1));
  EXPECT_EQ(statuses_.back(), 503) << "not even in a panic";
  world_.runFor(3s);
  static_cast<void>(ask(1));
  EXPECT_EQ(statuses_.back(), 200);
}

}  // namespace
}  // namespace lb::monitor
