// Troubles of the ways and of names: what they do to requests, and which of them the calm still has.
#include <string_view>

#include "sim/check/fault_marks.h"
#include "sim/plan/fields.h"
#include "unit/plan/small_scenario.h"

namespace sim::plan {
namespace {

using check::Mark;
using namespace std::chrono_literals;

// How long each request took, by its number; those of the calm come behind those of the plan.
std::vector<Duration> timesOf(const Scenario& scenario) {
  auto run = std::make_unique<run::Run>(scenario);
  const bool fine = run->go();
  EXPECT_TRUE(fine) << run->ledger().violation().invariant << " " << run->ledger().violation().what;
  std::vector<Duration> times;
  for (const check::Entry& entry : run->ledger().entries()) {
    if (entry.plan == nullptr) continue;
    EXPECT_TRUE(!fine || entry.good) << entry.plan->id;
    times.push_back(entry.ended - entry.started);
  }
  if (!fine) static_cast<void>(run.release());
  return times;
}

TEST(NetworkFaults, AFarBackendStaysFarInTheCalm) {
  Scenario scenario = small({Request{}});
  for (const Duration time : timesOf(scenario)) EXPECT_LT(time, 5ms);
  scenario.families.emplace_back("far");
  scenario.faults = {{.kind = FaultKind::Far, .who = 0, .more = 20ms}};
  const std::vector<Duration> times = timesOf(scenario);
  ASSERT_GT(times.size(), 1U) << "the calm asks too";
  for (const Duration time : times) EXPECT_GE(time, 80ms) << "to connect there and to be answered takes four ways";
}

TEST(NetworkFaults, FarClientsStayFarInTheCalm) {
  Scenario scenario = small({Request{}});
  scenario.families.emplace_back("far");
  scenario.faults = {{.kind = FaultKind::Far, .who = kClientsSide, .more = 20ms}};
  for (const Duration time : timesOf(scenario)) EXPECT_GE(time, 40ms);
}

TEST(NetworkFaults, OnlyThePairIsFar) {
  Scenario scenario = small({Request{}});
  scenario.backends.resize(2);
  scenario.network.latency = 1ms;
  scenario.faults = {{.kind = FaultKind::Far, .who = 1, .more = 20ms}};
  EXPECT_EQ(longestWay(scenario, 0), 1ms);
  EXPECT_EQ(longestWay(scenario, 1), 21ms);
  EXPECT_EQ(longestWay(scenario, kClientsSide), 1ms);
  EXPECT_EQ(longestWay(scenario), 21ms);
}

TEST(NetworkFaults, LossIsDelay) {
  Request large;
  large.answer.bytes = 500'000;
  Scenario scenario = small({large});
  const Duration before = timesOf(scenario).front();
  scenario.families.emplace_back("loss");
  scenario.config.services[0].timeouts.connect = 60s;
  scenario.config.services[0].timeouts.response_idle = 60s;
  scenario.storm = 60s;
  scenario.clients[0].patience = 60s;
  scenario.faults = {{.kind = FaultKind::Loss, .length = 3s, .who = 0}};
  EXPECT_GE(timesOf(scenario).front(), before + 200ms);
}

TEST(NetworkFaults, ASlowLookupDelaysThoseWhoComeFirst) {
  Scenario scenario = small({Request{}});
  scenario.families.insert(scenario.families.end(), {"names", "slow_dns"});
  scenario.config.services[0].hosts[0].address = backendName(0);
  scenario.faults = {{.kind = FaultKind::DnsSlow, .length = 1s, .who = 0, .more = 700ms}};
  auto run = std::make_unique<run::Run>(scenario);
  ASSERT_TRUE(run->go()) << run->ledger().violation().what;
  EXPECT_GE(run->ledger().entries()[1].ended - MonoTime(World::kStart), 700ms);
}

// So that the generator cannot stop drawing one unnoticed.
TEST(NetworkFaults, WhateverAnAnswerDoesWrongLeavesItsMark) {
  for (const auto& [fault, word] : kAnswerFaultWords) {
    const auto mark = check::markOf(fault);
    ASSERT_EQ(mark.has_value(), fault != AnswerFault::None) << word;
    if (!mark) continue;
    Request request;
    request.method = "PUT";
    request.framing = Framing::Length;
    request.bytes = 100'000;
    request.answer.bytes = 5000;
    request.answer.framing = fault == AnswerFault::BadChunk ? Framing::Chunked : Framing::Length;
    request.answer.fault = fault;
    request.answer.fault_at = 500;
    Scenario scenario = small({request});
    scenario.config.services[0].pool.max_idle = 1;  // what is sent on idle connections needs some
    scenario.config.services[0].timeouts.response_header = 1s;
    EXPECT_GT(count(marksOf(scenario), *mark), 0U) << word;
  }
}

TEST(NetworkFaults, AClientThatNeverReadsLeavesItsMark) {
  Scenario scenario = small({Request{}});
  EXPECT_EQ(count(marksOf(scenario), Mark::ClientNeverReads), 0U);
  scenario.clients[0].reading = Reading::Never;
  scenario.clients[0].patience = 1s;
  EXPECT_EQ(count(marksOf(scenario), Mark::ClientNeverReads), 1U);
}

}  // namespace
}  // namespace sim::plan
