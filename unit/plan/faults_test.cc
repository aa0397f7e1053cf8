// Faults of a scenario as the proxy meets them: each does what it says, those that wait for something strike then and
// not before, and those that belong together are made together.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "sim/run/run.h"
#include "unit/plan/small_scenario.h"

namespace sim::plan {
namespace {

using check::Mark;
using namespace std::chrono_literals;

struct FaultRow {
  const char* name;
  FaultKind kind;
  int who;
  Mark consequence;
};
constexpr FaultRow kFaultRows[] = {
    {"hang up", FaultKind::HangUp, 0, Mark::BackendClosed},
    {"handshakes are cut", FaultKind::CutHandshake, 0, Mark::BackendClosed},
    {"a backend's queue is full", FaultKind::BacklogFull, 0, Mark::ConnectTimeout},
    {"few ports", FaultKind::FewPorts, kProxySide, Mark::Overloaded},
};

TEST(Faults, DoWhatTheySay) {
  for (const FaultRow& row : kFaultRows) {
    Request post;
    post.method = "POST";  // not sent twice
    post.framing = Framing::Length;
    Scenario scenario = small({post, post, post});
    scenario.clients.push_back(scenario.clients[0]);
    for (Request& request : scenario.clients[1].requests) request.id += 10;
    for (Client& client : scenario.clients) {
      for (Request& request : client.requests) request.answer.delay = 5ms;
    }
    EXPECT_EQ(count(marksOf(scenario), row.consequence), 0U) << row.name;
    scenario.faults = {{.kind = row.kind, .length = 5s, .who = row.who}};
    EXPECT_GT(count(marksOf(scenario), row.consequence), 0U) << row.name;
  }
}

// Attempts to connect that find no room are made again, so that those who wait are let in later.
TEST(Faults, AFullQueueOfTheProxyDelaysItsClients) {
  Scenario scenario = small({Request{}});
  scenario.faults = {{.kind = FaultKind::BacklogFull, .length = 500ms, .who = kProxySide}};
  auto run = std::make_unique<run::Run>(scenario);
  ASSERT_TRUE(run->go()) << run->ledger().violation().what;
  const check::Entry& entry = run->ledger().entries()[1];
  EXPECT_TRUE(entry.good);
  EXPECT_GE(entry.ended - entry.connected, 1s);
}

struct AnswerRow {
  const char* name;
  AnswerFault fault;
  Framing framing;
  bool whole;  // is the answer, for the client
};
constexpr AnswerRow kAnswerRows[] = {
    {"a length too large", AnswerFault::LengthTooLarge, Framing::Length, false},
    {"a length too small", AnswerFault::LengthTooSmall, Framing::Length, true},
    {"a bad chunk", AnswerFault::BadChunk, Framing::Chunked, false},
    {"a close that is only said", AnswerFault::SaysClose, Framing::Length, true},
    {"a reset behind it", AnswerFault::ResetAfter, Framing::Length, true},
};

TEST(Faults, OfAnswersAreSeenOrSurvived) {
  for (const AnswerRow& row : kAnswerRows) {
    Request request;
    request.answer.framing = row.framing;
    request.answer.bytes = 5000;
    request.answer.fault = row.fault;
    const Scenario scenario = small({request});
    auto run = std::make_unique<run::Run>(scenario);
    ASSERT_TRUE(run->go()) << row.name << ": " << run->ledger().violation().what;
    EXPECT_EQ(run->ledger().entries()[1].good, row.whole) << row.name;
  }
}

TEST(Faults, CanShowOnlyWhereThereIsSomethingToBeWrong) {
  Request request;
  request.answer.bytes = 10;
  request.answer.fault = AnswerFault::LengthTooSmall;
  EXPECT_TRUE(canShow(request));
  request.method = "HEAD";
  EXPECT_FALSE(canShow(request));
  request.method = "GET";
  request.answer.status = 204;
  EXPECT_FALSE(canShow(request));
  request.answer.status = 200;
  request.answer.fault = AnswerFault::BadChunk;
  EXPECT_FALSE(canShow(request));
}

struct TriggerRow {
  const char* name;
  Trigger trigger;
  std::uint64_t request;
  std::uint32_t byte;
  bool strikes;
};
constexpr TriggerRow kTriggerRows[] = {
    {"the answer's head", Trigger::Answer, 1, 0, true},
    {"half of the answer", Trigger::Answer, 1, 20'000, true},
    {"more than the answer has", Trigger::Answer, 1, 40'001, false},
    {"the request's head", Trigger::Request, 1, 0, true},
    {"the request's last byte", Trigger::Request, 1, 30'000, true},
    {"more than the request has", Trigger::Request, 1, 30'001, false},
    {"a request that nobody sends", Trigger::Answer, 99, 0, false},
};

TEST(Faults, StrikeWhenWhatTheyAwaitHasHappened) {
  for (const TriggerRow& row : kTriggerRows) {
    Request request;
    request.method = "PUT";
    request.framing = Framing::Length;
    request.bytes = 30'000;
    request.answer.bytes = 40'000;
    Scenario scenario = small({request});
    scenario.faults = {{.kind = FaultKind::Kill,
                        .length = 50ms,
                        .who = 0,
                        .trigger = row.trigger,
                        .request = row.request,
                        .byte = row.byte}};
    const check::Marks marks = marksOf(scenario);
    EXPECT_EQ(count(marks, Mark::FaultTriggered), row.strikes ? 1U : 0U) << row.name;
    EXPECT_EQ(count(marks, Mark::FaultKill), row.strikes ? 1U : 0U) << row.name;
  }
}

TEST(Faults, StrikeWhenSoManyRequestsHaveCome) {
  for (const std::uint64_t wanted : {1U, 3U, 4U}) {
    Scenario scenario = small({Request{}, Request{}, Request{}});
    scenario.faults = {
        {.kind = FaultKind::Slow, .length = 50ms, .who = 0, .trigger = Trigger::Count, .request = wanted}};
    EXPECT_EQ(count(marksOf(scenario), Mark::FaultCounted), wanted <= 3 ? 1U : 0U) << wanted;
  }
}

// Nothing says that the connection is gone: who waits for the answer waits until its time is over.
TEST(Faults, AHostThatDiesSilentlyIsGivenUpInTime) {
  for (const bool silent : {false, true}) {
    Request post;
    post.method = "POST";
    post.answer.delay = 100ms;
    Scenario scenario = small({post});
    scenario.config.services[0].timeouts.response_header = 2s;
    scenario.faults = {{.kind = FaultKind::Kill, .at = 50ms, .length = 1h, .who = 0}};
    if (silent) scenario.faults.insert(scenario.faults.begin(), {.kind = FaultKind::Stall, .at = 49ms, .length = 1h});
    const check::Marks marks = marksOf(scenario);
    EXPECT_EQ(count(marks, Mark::FaultPowerCut), silent ? 1U : 0U);
    EXPECT_EQ(count(marks, silent ? Mark::BackendTimeout : Mark::BackendClosed), 1U) << silent;
  }
}

// Of three workers the one that a connection belongs to stands still, and the others do not.
TEST(Faults, AnyWorkerMayStandStill) {
  std::array<int, 3> late{};
  for (std::uint32_t worker = 0; worker < late.size(); ++worker) {
    Scenario scenario = small({Request{}});
    scenario.config.threads = 3;
    scenario.faults = {{.kind = FaultKind::Pause, .length = 900ms, .who = kProxySide, .worker = worker}};
    scenario.clients[0].start = 10ms;
    scenario.clients.resize(12, scenario.clients[0]);
    for (std::size_t i = 0; i < scenario.clients.size(); ++i) scenario.clients[i].requests[0].id = i + 1;
    auto run = std::make_unique<run::Run>(scenario);
    ASSERT_TRUE(run->go()) << run->ledger().violation().what;
    EXPECT_EQ(count(run->ledger().marks(), Mark::FaultOtherWorker), worker > 0 ? 1U : 0U);
    for (std::size_t id = 1; id <= scenario.clients.size(); ++id) {
      const check::Entry& entry = run->ledger().entries()[id];
      late[worker] += entry.ended - entry.started > 500ms ? 1 : 0;
    }
  }
  for (const int clients : late) EXPECT_GT(clients, 0);
  EXPECT_EQ(late[0] + late[1] + late[2], 12) << "each client is one worker's";
}

// The first scenario with the family, whose other faults of the same kind are told apart by their number.
Scenario firstWith(const char* family) {
  for (std::uint64_t seed = 1;; ++seed) {
    Scenario scenario = generate(seed);
    if (scenario.has(family) && !scenario.has("stall")) return scenario;
  }
}

std::vector<Fault> stallsOf(const Scenario& scenario) {
  std::vector<Fault> stalls;
  std::ranges::copy_if(scenario.faults, std::back_inserter(stalls), [](const Fault& fault) {
    return fault.kind == FaultKind::Stall && fault.trigger == Trigger::None;
  });
  return stalls;
}

TEST(Faults, OfASwizzleOverlap) {
  const std::vector<Fault> stalls = stallsOf(firstWith("swizzle"));
  ASSERT_GE(stalls.size(), 2U);
  Duration last_begin{};
  Duration first_end = Duration::max();
  const std::size_t count = std::min<std::size_t>(stalls.size(), 2);
  for (std::size_t i = 0; i < count; ++i) {
    last_begin = std::max(last_begin, stalls[i].at);
    first_end = std::min(first_end, stalls[i].at + stalls[i].length);
  }
  EXPECT_LT(last_begin, first_end);
}

TEST(Faults, AwaitARequestThatThereIs) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Scenario scenario = generate(seed);
    for (const Fault& fault : scenario.faults) {
      if (fault.trigger == Trigger::None || fault.trigger == Trigger::Count) continue;
      EXPECT_TRUE(std::ranges::any_of(scenario.clients, [&](const Client& client) {
        return std::ranges::find(client.requests, fault.request, &Request::id) != client.requests.end();
      })) << seed;
    }
  }
}

}  // namespace
}  // namespace sim::plan
