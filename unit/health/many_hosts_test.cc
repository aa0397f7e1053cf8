// What the control side costs where a service has a thousand hosts: counts, not times.
#include <gtest/gtest.h>

#include <vector>

#include "lb/buf/block_pool.h"
#include "lb/config/defaults.h"
#include "lb/monitor/health_monitor.h"
#include "sim/net/sim_env.h"
#include "unit/observe/allocations.h"
#include "unit/util/story_seed.h"

namespace lb::monitor {
namespace {

struct SilentLog : Logger {
  [[nodiscard]] bool enabled(LogLevel) const override { return false; }
  void write(LogLevel, std::string_view) override {}
};

class ManyHostsTest : public testing::Test {
 protected:
  static constexpr int kHosts = 1000;

  ManyHostsTest() {
    config::Service shop;
    shop.name = "shop";
    shop.domains = {"shop.test"};
    for (int i = 0; i < kHosts; ++i)
      shop.hosts.push_back({.address = "backend-number-" + std::to_string(i), .port = 80, .place = {}});
    config_.services = {shop};
    monitor_.apply(config_);
    for (int i = 0; i < kHosts; ++i) {
      const auto ip =
          IpAddress::fromV4({10, 1, static_cast<std::uint8_t>(i / 250), static_cast<std::uint8_t>(i % 250)});
      backends_.push_back(registry_.join("shop", shop.hosts[static_cast<std::size_t>(i)].label(), {ip, 80}, {}, true));
    }
  }
  [[nodiscard]] std::uint64_t changes() const { return shared_->version; }

  sim::World world_{testutil::storySeed()};
  sim::net::Fabric fabric_{world_};
  sim::net::SimEnv env_{fabric_, fabric_.addHost("proxy", "10.0.0.2"), "proxy"};
  config::Config config_ = config::defaultConfig();
  back::Registry registry_;
  std::shared_ptr<back::SharedService> shared_ = registry_.service("shop");
  buf::BlockPool blocks_;
  SilentLog log_;
  HealthMonitor monitor_{env_.env(), registry_, blocks_, log_};
  std::vector<std::shared_ptr<back::SharedBackend>> backends_;
};

TEST_F(ManyHostsTest, WhoComeTogetherAreOneChange) {
  const std::uint64_t before = changes();
  monitor_.look();
  EXPECT_EQ(changes(), before + 1) << "each worker looks through all of them at every change";
  EXPECT_EQ(shared_->healthy, kHosts);
  monitor_.look();
  EXPECT_EQ(changes(), before + 1) << "and nothing was new";
  for (int i = 0; i < kHosts / 2; ++i) backends_[static_cast<std::size_t>(i)]->members = 0;
  monitor_.look();
  EXPECT_EQ(changes(), before + 2);
  EXPECT_EQ(shared_->healthy, kHosts / 2);
}

TEST_F(ManyHostsTest, OneThatChangesIsNotPaidForByAll) {
  monitor_.look();
  const std::size_t before = observe::allocationCount();
  EXPECT_EQ(monitor_.drain("shop", backends_[7]->label()), 1U);
  EXPECT_EQ(monitor_.enable("shop", backends_[7]->label()), 1U);
  EXPECT_LT(observe::allocationCount() - before, 100U);
}

TEST_F(ManyHostsTest, AReloadThatTakesHostsAwayIsSeen) {
  monitor_.look();
  config_.services[0].hosts.resize(10);
  monitor_.apply(config_);
  EXPECT_EQ(shared_->healthy, 10U) << "the others finish what they have";
}

}  // namespace
}  // namespace lb::monitor
