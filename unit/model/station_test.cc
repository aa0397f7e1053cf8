// The station alone, without any network, against queueing theory: unit of time is one second, the mean service time.
#include "sim/model/station.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/model/arrivals.h"
#include "sim/net/sim_env.h"

namespace sim::model {
namespace {

using namespace std::chrono_literals;

struct Customer final : Station::Job {
  void onServed() override { served_at = clock->now(); }
  const lb::Clock* clock = nullptr;
  MonoTime served_at{};
};

class StationTest : public testing::Test {
 protected:
  StationTest() { env_.loop.setCallbackCost(1ns); }

  Station& station(StationPlan plan) {
    station_ = std::make_unique<Station>(env_.loop, env_.clock, plan, Prng(5));
    return *station_;
  }
  void offer(Customer& customer) {
    customer.clock = &env_.clock;
    ASSERT_TRUE(station_->offer(customer));
  }
  void runFor(Duration time) { world_.runFor(time); }
  [[nodiscard]] Duration since(MonoTime at) const { return at - begin_; }

  // Poisson customers with the rate; the mean time inside, in units of service, when all have left.
  double meanSojourn(StationPlan plan, double rate, double time, std::uint64_t seed) {
    station(std::move(plan));
    const Arrivals arrivals{.rate = {{0s, rate}},

                            .end = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(time))};
    ArrivalSource source(arrivals);
    Prng chance(seed);
    const MonoTime begin = env_.clock.now();
    std::unique_ptr<lb::Timer> timer;
    Duration next = source.next(chance);
    timer = env_.loop.makeTimer([&] {
      EXPECT_TRUE(station_->offer(anybody_));
      next = source.next(chance);
      if (next != ArrivalSource::kNever) timer->arm(begin + next - env_.clock.now());
    });
    timer->arm(next);
    world_.runUntilIdle();
    const Station::Counters& counters = station_->counters();
    EXPECT_EQ(station_->inside(), 0U);
    EXPECT_EQ(counters.served, counters.arrivals);
    EXPECT_EQ(counters.sojourn_sum_ns, counters.inside_ns);  // Little's law, to the nanosecond
    return static_cast<double>(counters.sojourn_sum_ns) * 1e-9 / static_cast<double>(counters.served);
  }

  World world_{1};
  net::Fabric fabric_{world_};
  net::Host& host_ = fabric_.addHost("b", "10.0.0.1");
  net::SimEnv env_{fabric_, host_, "b"};
  MonoTime begin_ = env_.clock.now();
  struct : Station::Job {
    void onServed() override {}
  } anybody_;
  std::unique_ptr<Station> station_;
};

TEST_F(StationTest, ServesInTurn) {
  station({.service = Distribution::constant(1s)});
  Customer a, b, c;
  offer(a);
  offer(b);
  runFor(500ms);
  offer(c);
  EXPECT_EQ(station_->inService(), 1U);
  EXPECT_EQ(station_->queueLength(), 2U);
  runFor(10s);
  EXPECT_NEAR(std::chrono::duration<double>(since(a.served_at)).count(), 1, 1e-6);
  EXPECT_NEAR(std::chrono::duration<double>(since(b.served_at)).count(), 2, 1e-6);
  EXPECT_NEAR(std::chrono::duration<double>(since(c.served_at)).count(), 3, 1e-6);
}

TEST_F(StationTest, SharesItsSlotsEqually) {
  station({.slots = 2, .discipline = Discipline::Sharing, .service = Distribution::constant(1s)});
  Customer a, b, c, d;
  offer(a);
  runFor(500ms);
  for (Customer* one : {&b, &c, &d}) offer(*one);  // four on two slots: half speed
  runFor(10s);
  EXPECT_NEAR(std::chrono::duration<double>(since(a.served_at)).count(), 1.5, 1e-6);
  // At 1.5 s the others have half of theirs left; three on two slots need 0.75 s for that.
  EXPECT_NEAR(std::chrono::duration<double>(since(b.served_at)).count(), 2.25, 1e-6);
  EXPECT_EQ(b.served_at, d.served_at);
}

TEST_F(StationTest, ChangesItsSpeedUnderTheWork) {
  station({.service = Distribution::constant(1s)});
  Customer a, b;
  offer(a);
  runFor(500ms);
  station_->setSlowdown(4);  // the other half takes 2 s
  runFor(1s);
  station_->pause(true);
  runFor(10s);
  station_->pause(false);
  runFor(500ms);
  station_->setSlowdown(0.5);  // a quarter is left
  offer(b);
  runFor(10s);
  EXPECT_NEAR(std::chrono::duration<double>(since(a.served_at)).count(), 12.0625, 1e-6);
  EXPECT_NEAR(std::chrono::duration<double>(since(b.served_at)).count(), 12.5625, 1e-6);
}

TEST_F(StationTest, RefusesBeyondItsQueue) {
  station({.slots = 2, .queue_max = 3, .service = Distribution::constant(1s)});
  Customer some[5];
  for (Customer& one : some) offer(one);
  EXPECT_FALSE(station_->offer(anybody_));
  EXPECT_EQ(station_->counters().refused, 1U);
  runFor(1100ms);
  EXPECT_TRUE(station_->offer(anybody_));
  runFor(10s);
}

TEST_F(StationTest, LosesWhoLeaves) {
  station({.service = Distribution::constant(1s)});
  Customer a, b, c;
  offer(a);
  offer(b);
  offer(c);
  runFor(500ms);
  station_->withdraw(a);
  station_->forget(b);
  runFor(10s);
  EXPECT_EQ(a.served_at, MonoTime{});
  EXPECT_EQ(b.served_at, MonoTime{});
  EXPECT_NEAR(std::chrono::duration<double>(since(c.served_at)).count(), 2.5, 1e-6);
  EXPECT_EQ(station_->counters().withdrawn, 1U);
  EXPECT_EQ(station_->counters().sojourn_sum_ns, station_->counters().inside_ns);
}

// The standard errors are those of the guide's formula for M/M/1, sqrt(2 (1 + r) / (r (1 - r)^2 T)); the gates four of
// them.
TEST_F(StationTest, IsMM1) {
  EXPECT_NEAR(meanSojourn({.service = Distribution::exponential(1s)}, 0.5, 200'000, 2) / 2, 1, 4 * 0.011);
  EXPECT_NEAR(meanSojourn({.service = Distribution::exponential(1s)}, 0.8, 400'000, 3) / 5, 1, 4 * 0.0168);
}

// M/M/4 at 0.9: a wait of 1.969.
TEST_F(StationTest, IsMMc) {
  EXPECT_NEAR(meanSojourn({.slots = 4, .service = Distribution::exponential(1s)}, 3.6, 200'000, 4), 2.969, 0.25);
}

// M/G/1: 1 + r (1 + cv2) / (2 (1 - r)).
TEST_F(StationTest, InTurnDependsOnTheLaw) {
  EXPECT_NEAR(meanSojourn({.service = Distribution::constant(1s)}, 0.5, 100'000, 5), 1.5, 0.02);
  EXPECT_NEAR(meanSojourn({.service = Distribution::bimodal(1s, 16)}, 0.5, 400'000, 6), 9.5, 0.7);
}

// M/G/1-PS: 1 / (1 - r), whatever the law.
TEST_F(StationTest, SharingDoesNotDependOnTheLaw) {
  for (const Distribution& law :
       {Distribution::constant(1s), Distribution::exponential(1s), Distribution::bimodal(1s, 16)}) {
    EXPECT_NEAR(meanSojourn({.discipline = Discipline::Sharing, .service = law}, 0.5, 300'000, 7), 2, 0.06);
  }
}

}  // namespace
}  // namespace sim::model
