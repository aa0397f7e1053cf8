// Checks that begin, by a start, a reload or a name's new address, and what is known of an address that was away.
#include "unit/health/monitor_fixture.h"

namespace lb::monitor {
namespace {

TEST_F(MonitorTest, ChecksThatAReloadBringsTakeOutWhoFailsAndNobodyElse) {
  sick_checks_[1] = true;
  start();
  static_cast<void>(ask(8));
  shop().health_check.enabled = true;
  shop().health_check.path = "/healthz";
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
  const auto name = [&](std::initializer_list<std::size_t> who) {
    std::vector<IpAddress> addresses;
    for (const std::size_t i : who) addresses.push_back(hosts_[i]->address());
    fabric_.setName("pods", {.addresses = addresses, .ttl = 1s});
  };
  const auto weight = [&] {
    const std::string metrics = proxy_->control().metrics();
    const std::size_t at = metrics.find("lb_backend_weight{");
    return metrics.substr(at, metrics.find('\n', at) - at);
  };
  shop().hosts = {{.address = "pods", .port = 80, .place = {}}};
  shop().health_check.enabled = true;
  shop().health_check.path = "/healthz";
  shop().health_check.interval = 1s;
  shop().health_check.timeout = 500ms;
  name({0, 1, 2});
  start();
  EXPECT_THAT(weight(), testing::EndsWith(" 3"));
  EXPECT_EQ(proxy_->control().order(
                {.kind = admin::BackendOrder::Kind::Drain, .service = "shop", .backend = "10.0.1.3:80", .weight = {}}),
            1U);
  name({0, 1});
  world_.runFor(5s);
  EXPECT_THAT(weight(), testing::EndsWith(" 2"));
  const int before = checks_[2];
  world_.runFor(60s);
  EXPECT_EQ(checks_[2], before) << "nobody asks who is gone";
  name({0, 1, 2});
  world_.runFor(5s);
  EXPECT_EQ(ask(12)[2], 0) << "it is still drained";
  EXPECT_GT(checks_[2], before);
  name({0, 1});
  world_.runFor(2h);
  name({0, 1, 2});
  world_.runFor(5s);
  EXPECT_EQ(ask(12)[2], 4) << "after so long it is another one";
}

TEST_F(MonitorTest, InitialDownWaitsForChecks) {
  shop().health_check.enabled = true;
  shop().health_check.path = "/healthz";
  shop().health_check.initial = config::InitialHealth::Down;
  shop().health_check.down_interval = 1s;
  shop().health_check.rise = 3;
  shop().panic_threshold = 0;
  start();
  static_cast<void>(ask(1));
  EXPECT_EQ(statuses_.back(), 503);
  world_.runFor(3s);
  static_cast<void>(ask(1));
  EXPECT_EQ(statuses_.back(), 200);
}

}  // namespace
}  // namespace lb::monitor
