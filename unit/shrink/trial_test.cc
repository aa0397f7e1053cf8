// A run in a process of its own: told apart are success, a violation and no end, and the run is the same as here.
#include "sim/shrink/trial.h"

#include <gtest/gtest.h>

#include "sim/run/run.h"

namespace sim::shrink {
namespace {

using namespace std::chrono_literals;

TEST(Trial, IsTheRunThatItWouldBeHere) {
  const plan::Scenario scenario = plan::generate(5);
  run::Run run(scenario);
  ASSERT_TRUE(run.go());
  const Verdict verdict = tryOut(scenario, 10s);
  EXPECT_FALSE(verdict.failed()) << verdict.invariant;
  EXPECT_EQ(verdict.hash, run.world().digest().value());
  EXPECT_EQ(verdict.events, run.world().events());
}

// Without the configuration's listener nobody ever accepts: the simplest of all failures. It takes long under
// sanitizers.
TEST(Trial, TellsWhatIsViolated) {
  plan::Scenario scenario = plan::generate(5);
  scenario.config.listen[0].port = 1;
  scenario.calm_only = true;
  const Verdict verdict = tryOut(scenario, 100s);
  EXPECT_TRUE(verdict.failed());
  EXPECT_TRUE(verdict.invariant.starts_with("safety.") || verdict.invariant.starts_with("liveness."))
      << verdict.invariant;
  EXPECT_NE(verdict.what, "");
}

TEST(Trial, KindsAreTheSameInOtherWords) {
  const Verdict large{.invariant = "safety.error_truth", .what = "request 26 got 503 queue_full without a cause"};
  const Verdict small{.invariant = "safety.error_truth", .what = "request 1 got 503 queue_full without a cause"};
  const Verdict other{.invariant = "safety.error_truth", .what = "request 1 got 431 header_too_large without a cause"};
  EXPECT_EQ(large.kind(), small.kind());
  EXPECT_NE(large.kind(), other.kind());
  const Verdict quoted{.invariant = "safety.malformed", .what = "\"a line\" was passed on"};
  const Verdict shorter{.invariant = "safety.malformed", .what = "\"\" was passed on"};
  EXPECT_EQ(quoted.kind(), shorter.kind());
  const Verdict crash{.invariant = "crash.signal_6 x.cc:1", .what = "one"};
  EXPECT_EQ(crash.kind(), (Verdict{.invariant = "crash.signal_6 x.cc:1", .what = "two"}.kind()));
}

TEST(Trial, TellsACrashByItsPlace) {
  plan::Scenario scenario = plan::generate(5);
  scenario.config.threads = 0;  // nobody validated it
  const Verdict verdict = tryOut(scenario, 10s);
  EXPECT_TRUE(verdict.invariant.starts_with("crash.signal_")) << verdict.invariant;
}

TEST(Trial, EndsWhatDoesNotEnd) {
  plan::Scenario scenario = plan::generate(5);
  scenario.network = {};
  scenario.network.segment_max = 1;
  scenario.faults.clear();
  scenario.clients.resize(1);
  scenario.clients[0] = {};
  scenario.clients[0].requests.resize(1);
  scenario.clients[0].requests[0].id = 1;
  scenario.clients[0].requests[0].answer.bytes = 1'000'000;  // an event for each
  EXPECT_EQ(tryOut(scenario, 20ms).invariant, kTimeout);
}

}  // namespace
}  // namespace sim::shrink
