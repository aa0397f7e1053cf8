// Split and merge: where reads, writes and segments end is nobody's message. The same scenario without faults, each
// piece of it cut differently, gives every request the same answer, and every backend the same request.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "sim/core/digest.h"
#include "sim/plan/scenario.h"
#include "sim/run/run.h"

namespace sim::repeat {
namespace {

// What its client got and its backend read of one request; bodies are compared with the plan while they arrive.
struct Message {
  std::uint64_t id = 0;
  int status = 0;
  std::uint32_t answers = 0;
  bool good = false;
  bool from_backend = false;
  std::string reason;
  bool heard = false;  // to its end, by a backend
  std::uint64_t tunnel_up = 0;
  std::uint64_t tunnel_down = 0;

  friend bool operator==(const Message&, const Message&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Message& one) {
    return out << one.id << ": " << one.status << (one.good ? " as planned " : " ") << one.reason << ", " << one.answers
               << " answers, " << (one.from_backend ? "a backend's, " : "") << (one.heard ? "heard, " : "")
               << one.tunnel_up << " and " << one.tunnel_down << " in a tunnel";
  }
};

struct Outcome {
  std::vector<Message> messages;
  std::uint64_t digest = 0;  // of all that happened
};

Outcome outcomeOf(const plan::Scenario& scenario) {
  auto run = std::make_unique<run::Run>(scenario);
  Outcome made;
  if (!run->go()) {
    ADD_FAILURE() << "seed " << scenario.seed << ": " << run->ledger().violation().what;
    static_cast<void>(run.release());
    return made;
  }
  for (const check::Entry& entry : run->ledger().entries()) {
    if (entry.plan == nullptr || entry.calm) continue;
    // Who closes a tunnel has said everything; what the other side still says may not be read any more.
    const plan::Tunnel::End end = entry.plan->tunnel.end;
    made.messages.push_back({.id = entry.plan->id,
                             .status = entry.status,
                             .answers = entry.answers,
                             .good = entry.good,
                             .from_backend = entry.from_backend,
                             .reason = entry.reason,
                             .heard = !entry.attempts.empty() && entry.attempts.back().complete != check::kNever,
                             .tunnel_up = end == plan::Tunnel::End::Client ? entry.tunnel_up : 0,
                             .tunnel_down = end == plan::Tunnel::End::Backend ? entry.tunnel_down : 0});
  }
  made.digest = run->world().digest().value();
  return made;
}

// Without what comes out otherwise when pieces arrive sooner or later: connections and configurations that go, short
// times for each attempt, and answers that come before their request is whole, after which lb closes.
plan::Scenario withoutAClock(plan::Scenario scenario) {
  scenario.drain_in_storm = false;
  scenario.storm = plan::Scenario{}.storm;
  scenario.reloads.clear();
  scenario.config.limits.max_connection_age = Duration::zero();
  for (lb::config::Service& service : scenario.config.services) service.retry.per_try_timeout = Duration::zero();
  for (plan::Backend& backend : scenario.backends) backend.idle_close = Duration::zero();
  for (plan::Client& client : scenario.clients) {
    for (plan::Request& request : client.requests) request.answer.duplex = false;
  }
  return scenario;
}

TEST(Cuts, OfTheSameMessagesMakeNoDifference) {
  struct Cut {
    std::uint32_t segment_max;
    std::uint32_t window;
    std::uint32_t short_io;
  };
  constexpr std::array kCuts{Cut{16 * 1024, 64 * 1024, 0}, Cut{536, 2000, 80}, Cut{1460, 600, 30}, Cut{97, 20'000, 60}};
  std::size_t requests = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    plan::Scenario scenario = withoutAClock(plan::generate(seed));
    if (!scenario.calm_only) continue;
    std::vector<Outcome> outcomes;
    for (const Cut& cut : kCuts) {
      scenario.network.segment_max = cut.segment_max;
      scenario.network.window = cut.window;
      scenario.network.short_io = cut.short_io;
      outcomes.push_back(outcomeOf(scenario));
      const std::vector<Message>& first = outcomes.front().messages;
      const std::vector<Message>& now = outcomes.back().messages;
      ASSERT_EQ(now.size(), first.size()) << "seed " << seed;
      for (std::size_t i = 0; i < now.size(); ++i) EXPECT_EQ(now[i], first[i]) << "seed " << seed;
    }
    EXPECT_NE(outcomes.back().digest, outcomes.front().digest) << "seed " << seed;
    requests += outcomes.front().messages.size();
  }
  EXPECT_GT(requests, 300U);
}

}  // namespace
}  // namespace sim::repeat
