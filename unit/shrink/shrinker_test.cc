// Shrinking over made-up reasons to fail: what is found is the reason itself.
#include "sim/shrink/shrinker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/plan/json.h"
#include "sim/plan/validate.h"

namespace sim::shrink {
namespace {

using plan::Scenario;
using namespace std::chrono_literals;

// The first seed from this one on that fails for the reason.
Scenario failing(std::uint64_t seed, const std::function<bool(const Scenario&)>& fails) {
  while (!fails(plan::generate(seed))) ++seed;
  return plan::generate(seed);
}

Scenario shrunk(const Scenario& scenario, const std::function<bool(const Scenario&)>& fails) {
  Shrinker shrinker(scenario, {.fails = fails, .enough = [] { return false; }, .onProgress = [](const Scenario&) {}});
  EXPECT_TRUE(shrinker.go());
  EXPECT_TRUE(fails(shrinker.best()));
  return shrinker.best();
}

bool anyRequest(const Scenario& scenario, const std::function<bool(const plan::Request&)>& is) {
  return std::ranges::any_of(scenario.clients,
                             [&](const plan::Client& client) { return std::ranges::any_of(client.requests, is); });
}

TEST(Shrinker, LeavesNothingOfWhatDoesNotMatter) {
  const Scenario start = plan::generate(3);
  const Scenario end = shrunk(start, [](const Scenario&) { return true; });
  EXPECT_TRUE(end.clients.empty());
  EXPECT_TRUE(end.faults.empty());
  EXPECT_TRUE(end.reloads.empty());
  EXPECT_EQ(end.backends.size(), 1U);
  EXPECT_EQ(end.config.services.size(), 1U);
  EXPECT_EQ(end.families, start.families);
  EXPECT_EQ(end.seed, start.seed);
}

TEST(Shrinker, FindsARequestAFaultAndALineOfTheConfiguration) {
  const auto fails = [](const Scenario& scenario) {
    const bool post = anyRequest(scenario, [](const plan::Request& request) {
      return request.method == "POST" && request.bytes >= 700 && request.answer.delay >= 3ms;
    });
    const bool killed = std::ranges::any_of(
        scenario.faults, [](const plan::Fault& fault) { return fault.kind == plan::FaultKind::Kill && fault.at > 1s; });
    return post && killed && scenario.config.limits.buffer_bytes < 10'000;
  };
  const Scenario end = shrunk(failing(1, fails), fails);
  const Size size(end);
  EXPECT_EQ(size.requests, 1U);
  EXPECT_EQ(size.faults, 1U);
  EXPECT_EQ(size.clients, 1U);
  const plan::Request& request = end.clients.at(0).requests.at(0);
  EXPECT_EQ(request.bytes, 700U);
  EXPECT_EQ(request.framing, plan::Framing::None);
  EXPECT_GE(request.answer.delay, 3ms);
  EXPECT_LE(request.answer.delay, 4ms);
  EXPECT_EQ(request.answer.bytes, 0U);
  EXPECT_EQ(end.faults.at(0).length, 0s);
  EXPECT_EQ(end.faults.at(0).at, 2s);  // a round number
  EXPECT_EQ(end.network.window, plan::Network{}.window);
  EXPECT_EQ(end.config.timeouts, lb::config::ClientTimeouts{});
  EXPECT_EQ(end.config.threads, 1U);
  EXPECT_THAT(plan::toJson(end), testing::HasSubstr("buffer_bytes"));
}

// A limit of four needs five requests to be reached; one of one needs two.
TEST(Shrinker, LowersLimitsSoThatFewerRequestsReachThem) {
  const auto fails = [](const Scenario& scenario) {
    const std::uint32_t limit = scenario.config.limits.max_requests;
    return limit > 0 && std::ranges::any_of(scenario.clients,
                                            [&](const plan::Client& client) { return client.requests.size() > limit; });
  };
  Scenario start = failing(1, fails);
  start.config.limits.max_requests = 4;
  while (!fails(start)) {
    plan::Request more;
    more.id = 900'000 + Size(start).requests;
    start.clients.at(0).requests.push_back(more);
  }
  const Scenario end = shrunk(start, fails);
  EXPECT_EQ(end.config.limits.max_requests, 1U);
  EXPECT_EQ(Size(end).requests, 2U);
}

// Pieces of one byte are no simplification of pieces of a hundred, although zero, which is none, is one of both.
TEST(Shrinker, DoesNotMakeMorePieces) {
  const auto fails = [](const Scenario& scenario) {
    return std::ranges::any_of(scenario.clients, [](const plan::Client& client) { return client.piece > 0; });
  };
  const Scenario start = failing(1, fails);
  const Scenario end = shrunk(start, fails);
  ASSERT_EQ(end.clients.size(), 1U);
  EXPECT_TRUE(std::ranges::any_of(start.clients,
                                  [&](const plan::Client& client) { return client.piece == end.clients[0].piece; }));
}

TEST(Shrinker, FindsRequestsOfSeveralClients) {
  const auto fails = [](const Scenario& scenario) {
    return anyRequest(scenario, [](const plan::Request& request) { return request.method == "PUT"; }) &&
           anyRequest(scenario, [](const plan::Request& request) { return request.method == "DELETE"; }) &&
           scenario.clients.size() >= 2;
  };
  const Size size(shrunk(failing(10, fails), fails));
  EXPECT_EQ(size.requests, 2U);
  EXPECT_EQ(size.clients, 2U);
}

TEST(Shrinker, TriesNothingThatCannotBeRun) {
  std::uint64_t tried = 0;
  const auto fails = [&](const Scenario& scenario) {
    ++tried;
    EXPECT_EQ(plan::validate(scenario), "");
    return anyRequest(scenario, [](const plan::Request& request) {
      return request.answer.framing == plan::Framing::UntilClose && request.answer.bytes > 0;
    });
  };
  static_cast<void>(shrunk(failing(1, fails), fails));
  EXPECT_GT(tried, 20U);
}

TEST(Shrinker, EndsInTimeWithTheBestSoFar) {
  int trials = 0;
  const auto fails = [&](const Scenario& scenario) {
    ++trials;
    return Size(scenario).requests >= 2;
  };
  const Scenario start = failing(1, fails);
  trials = 0;
  Shrinker shrinker(start,
                    {.fails = fails, .enough = [&] { return trials >= 5; }, .onProgress = [](const Scenario&) {}});
  EXPECT_FALSE(shrinker.go());
  EXPECT_EQ(trials, 5);
  EXPECT_LT(Size(shrinker.best()).requests, Size(start).requests);
  EXPECT_GE(Size(shrinker.best()).requests, 2U);
}

// What needs five requests with one seed and two with the next.
TEST(Shrinker, TriesOtherSeedsWhenItIsStuck) {
  const Scenario start = plan::generate(7);
  ASSERT_GE(Size(start).requests, 5U);
  const auto fails = [&](const Scenario& scenario) {
    return Size(scenario).requests >= (scenario.seed == start.seed ? 5U : 2U);
  };
  EXPECT_EQ(Size(shrunk(start, fails)).requests, 2U);
}

}  // namespace
}  // namespace sim::shrink
