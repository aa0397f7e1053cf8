// The limit that a backend's latency leads to, for a backend of known capacity.
#include "lb/back/gradient_limit.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lb::back {
namespace {

using namespace std::chrono_literals;

struct NoRandom final : Random {
  std::uint64_t next() override { return 1; }
};

// Of so many servers with a constant service of 10 ms: what is beyond them waits, and who offers more than enough keeps
// the limit full. The latency of a window follows from the limit in it.
struct Station {
  double servers;
  GradientLimit limit;
  NoRandom random;
  config::AdaptiveLimit settings{.enabled = true, .min = 3, .max = 1000};
  MonoTime now{1s};

  // `body`: what came behind the head of the answer took so long.
  void sample(Duration latency, Duration body = 0s) {
    limit.sample({now.since_start - body - latency}, latency, settings, now, random);
  }

  void window() {
    const double inside = limit.limit(settings);
    const auto latency = std::chrono::duration_cast<Duration>(10ms * std::max(1.0, inside / servers));
    now = now + 10 * GradientLimit::kWindow;
    for (int i = 0; i < 60; ++i) sample(latency);
  }
};

// L - sqrt(L) = 1.25 c.
TEST(GradientLimit, FindsItsFixedPoint) {
  Station station{.servers = 100, .limit = {}, .random = {}};
  for (int i = 0; i < 200; ++i) station.window();
  EXPECT_NEAR(station.limit.limit(station.settings), 136.7, 13.7);
}

TEST(GradientLimit, SaysNothingOfRequestsThatBeganBeforeItsLastChange) {
  Station station{.servers = 100, .limit = {}, .random = {}};
  for (int i = 0; i < 100; ++i) station.window();
  const std::uint32_t before = station.limit.limit(station.settings);
  for (int i = 0; i < 1000; ++i) station.sample(30s);
  EXPECT_EQ(station.limit.limit(station.settings), before);
}

TEST(GradientLimit, LongBodyDoesNotMakeARequestYounger) {
  Station station{.servers = 100, .limit = {}, .random = {}};
  for (int i = 0; i < 100; ++i) station.window();
  const std::uint32_t before = station.limit.limit(station.settings);
  station.now = station.now + 1s;
  for (int i = 0; i < 1000; ++i) station.sample(100ms, 2s);  // sent a second before the last change
  EXPECT_EQ(station.limit.limit(station.settings), before);
  for (int i = 0; i < 1000; ++i) station.sample(100ms, 500ms);  // and half a second after it
  EXPECT_LT(station.limit.limit(station.settings), before);
}

// It has seen that the window is over, and comes to end it when another one has.
TEST(GradientLimit, WorkerThatComesTooLateEndsNothing) {
  Station station{.servers = 100, .limit = {}, .random = {}};
  const auto comesTooLate = [&] { station.limit.endWindow(station.settings, station.now, station.random); };
  comesTooLate();
  for (int i = 0; i < 30; ++i) station.window();
  const std::uint32_t before = station.limit.limit(station.settings);
  EXPECT_GT(before, 50U) << "no samples were not taken for the latency of an idle backend";
  comesTooLate();
  station.now = station.now + 1s;
  comesTooLate();
  EXPECT_EQ(station.limit.limit(station.settings), before);
}

TEST(GradientLimit, BeginsAnewWithAnotherBackend) {
  Station station{.servers = 100, .limit = {}, .random = {}};
  for (int i = 0; i < 30; ++i) station.window();
  station.now = station.now + 1s;
  station.limit.forget(station.now);
  EXPECT_EQ(station.limit.limit(station.settings), station.settings.min);
  for (int i = 0; i < 60; ++i) station.sample(500ms);  // sent to the one before
  station.servers = 20;
  for (int i = 0; i < 30; ++i) station.window();
  EXPECT_NEAR(station.limit.limit(station.settings), 31, 5);
}

TEST(GradientLimit, BeginsSmallAndGrowsByTheSquareRoot) {
  Station station{.servers = 1000, .limit = {}, .random = {}};
  EXPECT_EQ(station.limit.limit(station.settings), 3U);
  station.window();
  const std::uint32_t first = station.limit.limit(station.settings);
  EXPECT_LE(first, 6U);
  for (int i = 0; i < 20; ++i) station.window();
  EXPECT_GT(station.limit.limit(station.settings), 100U);
}

TEST(GradientLimit, CutsWhenTheBackendBecomesSlow) {
  Station station{.servers = 100, .limit = {}, .random = {}};
  for (int i = 0; i < 100; ++i) station.window();
  station.servers = 25;
  for (int i = 0; i < 100; ++i) station.window();
  EXPECT_NEAR(station.limit.limit(station.settings), 37, 6);
}

TEST(GradientLimit, StaysWithinItsBounds) {
  Station station{.servers = 100, .limit = {}, .random = {}};
  station.settings.max = 20;
  for (int i = 0; i < 100; ++i) station.window();
  EXPECT_EQ(station.limit.limit(station.settings), 20U);
  station.settings.min = 50;
  station.settings.max = 60;
  station.servers = 1;
  for (int i = 0; i < 15; ++i) station.window();  // less than until it measures again, with 50 at a time
  EXPECT_EQ(station.limit.limit(station.settings), 50U);
}

TEST(GradientLimit, MeasuresTheIdleBackendAgain) {
  Station station{.servers = 100, .limit = {}, .random = {}};
  for (int i = 0; i < 100; ++i) station.window();
  const std::uint32_t before = station.limit.limit(station.settings);
  station.now = station.now + GradientLimit::kRemeasure * 11 / 10;
  const auto latency = 10ms;
  for (int i = 0; i < 12; ++i) station.sample(latency);
  EXPECT_EQ(station.limit.limit(station.settings), station.settings.min) << "few at a time meanwhile";
  station.window();
  EXPECT_NEAR(station.limit.limit(station.settings), before, before / 4.0);
}

}  // namespace
}  // namespace lb::back
