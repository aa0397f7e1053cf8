// What is still known of an address when it comes back.
#include "lb/back/registry.h"

#include <gtest/gtest.h>

namespace lb::back {
namespace {

using namespace std::chrono_literals;

struct NoRandom final : Random {
  std::uint64_t next() override { return 1; }
};

class RegistryTest : public testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<SharedBackend> join(Duration came) {
    return registry_.join("shop", "shop.test:80", {IpAddress::fromV4({10, 0, 0, 1}), 80}, {came}, false);
  }
  // Enough for a latency, and for a limit above the least.
  void learn(SharedBackend& backend) {
    backend.latency.observe(5s, {2s});
    for (const Duration now : {Duration(1s), Duration(2s)}) {
      for (int i = 0; i < 60; ++i) backend.gradient.sample({now - 10ms}, 10ms, adaptive_, {now}, random_);
    }
  }

  Registry registry_;
  NoRandom random_;
  config::AdaptiveLimit adaptive_{.enabled = true, .min = 3, .max = 1000};
};

TEST_F(RegistryTest, WhoComesBackIsNew) {
  const auto backend = join(500ms);
  learn(*backend);
  ASSERT_TRUE(backend->latency.known());
  ASSERT_GT(backend->gradient.limit(adaptive_), adaptive_.min);
  backend->leave();  // and has a request to finish
  ASSERT_EQ(join(3s).get(), backend.get());
  EXPECT_FALSE(backend->latency.known());
  EXPECT_EQ(backend->gradient.limit(adaptive_), adaptive_.min);
  EXPECT_EQ(Duration(backend->since.load()), 3s);
}

TEST_F(RegistryTest, AnotherWorkerFindsWhatIsKnown) {
  const auto backend = join(500ms);
  learn(*backend);
  const std::uint32_t limit = backend->gradient.limit(adaptive_);
  ASSERT_EQ(join(3s).get(), backend.get());
  EXPECT_TRUE(backend->latency.known());
  EXPECT_EQ(backend->gradient.limit(adaptive_), limit);
  EXPECT_EQ(Duration(backend->since.load()), 500ms);
}

}  // namespace
}  // namespace lb::back
