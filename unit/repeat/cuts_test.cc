// Split and merge: where reads, writes and segments end is nobody's message. The same scenario without faults, each
// piece of it cut differently, gives every request the same answer, and every backend the same request.
#include <gtest/gtest.h>

#include <array>
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
  std::string routed_to;
  std::uint64_t asked_bytes = 0;
  std::uint64_t tunnel_up = 0;
  std::uint64_t tunnel_down = 0;

  friend bool operator==(const Message&, const Message&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Message& one) {
    return out << one.id << ": " << one.status << (one.good ? " as planned " : " ") << one.reason << " of "
               << one.routed_to << ", " << one.asked_bytes << " B, " << one.tunnel_up << " and " << one.tunnel_down
               << " in a tunnel";
  }
};

struct Outcome {
  std::vector<Message> messages;
  std::uint64_t events = 0;  // a digest of
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
                             .routed_to = entry.routed_to,
                             .asked_bytes = entry.asked_bytes,
                             .tunnel_up = end == plan::Tunnel::End::Client ? entry.tunnel_up : 0,
                             .tunnel_down = end == plan::Tunnel::End::Backend ? entry.tunnel_down : 0});
  }
  made.events = run->world().digest().value();
  return made;
}

// What may come out otherwise when pieces arrive sooner or later: who is there before a connection or a configuration
// goes, and whether an answer came before its request was whole, after which lb closes.
bool goesByTheClock(const plan::Scenario& scenario) {
  return scenario.drain_in_storm || scenario.has("reload") || scenario.has("idle_close") || scenario.has("duplex");
}

TEST(Cuts, OfTheSameMessagesMakeNoDifference) {
  struct Cut {
    std::uint32_t segment_max;
    std::uint32_t window;
    std::uint32_t short_io;
  };
  constexpr std::array kCuts{Cut{16 * 1024, 64 * 1024, 0}, Cut{536, 2000, 80}, Cut{1460, 600, 30}, Cut{97, 20'000, 60}};
  std::size_t requests = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    plan::Scenario scenario = plan::generate(seed);
    if (!scenario.calm_only || goesByTheClock(scenario)) continue;
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
    EXPECT_NE(outcomes.back().events, outcomes.front().events) << "seed " << seed;
    requests += outcomes.front().messages.size();
  }
  EXPECT_GT(requests, 300U);
}

}  // namespace
}  // namespace sim::repeat
