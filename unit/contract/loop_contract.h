// Clock, timers, tasks and the order of a turn.
#pragma once

#include "unit/contract/contract_fixture.h"

namespace lb::contract {

using std::chrono::milliseconds;
using testing::ElementsAre;

template <class Harness>
class LoopContract : public ContractTest<Harness> {};
TYPED_TEST_SUITE_P(LoopContract);

TYPED_TEST_P(LoopContract, TimerNeverFiresEarly) {
  Loop& loop = this->loop();
  for (const int delay_us : {1, 100, 999, 1000, 1500, 4001, 12345}) {
    const MonoTime armed = this->clock().now();
    std::optional<MonoTime> fired;
    const auto timer = loop.makeTimer([&] { fired = this->clock().now(); });
    timer->arm(std::chrono::microseconds(delay_us));
    ASSERT_TRUE(this->env_.runUntil([&] { return fired.has_value(); }));
    EXPECT_GE(*fired - armed, std::chrono::microseconds(delay_us));
  }
}

TYPED_TEST_P(LoopContract, RearmingReplaces) {
  int fired = 0;
  const auto timer = this->loop().makeTimer([&] { ++fired; });
  timer->arm(milliseconds(1));
  timer->arm(std::chrono::seconds(10));
  this->idle(milliseconds(20));
  EXPECT_EQ(fired, 0);
  timer->arm(milliseconds(50));
  timer->arm(milliseconds(1));
  this->idle(milliseconds(70));
  EXPECT_EQ(fired, 1);
}

TYPED_TEST_P(LoopContract, ZeroTimerFiresInLaterTurn) {
  std::vector<std::string> log;
  const auto zero = this->loop().makeTimer([&] { log.emplace_back("zero"); });
  const auto first = this->loop().makeTimer([&] {
    log.emplace_back("first");
    zero->arm(Duration::zero());
    this->loop().post([&] { log.emplace_back("post of the same turn"); });
  });
  first->arm(milliseconds(1));
  ASSERT_TRUE(this->env_.runUntil([&] { return log.size() == 3; }));
  EXPECT_THAT(log, ElementsAre("first", "post of the same turn", "zero"));
}

TYPED_TEST_P(LoopContract, TimerMayBeDisarmedInCallbackOfAnotherThatIsDueToo) {
  for (const bool first_wins : {true, false}) {
    int fired = 0;
    std::unique_ptr<Timer> a;
    std::unique_ptr<Timer> b;
    a = this->loop().makeTimer([&] {
      ++fired;
      b->disarm();
    });
    b = this->loop().makeTimer([&] {
      ++fired;
      a->disarm();
    });
    (first_wins ? a : b)->arm(milliseconds(1));
    (first_wins ? b : a)->arm(milliseconds(1));
    this->env_.work(milliseconds(2));  // so both are due in the same turn
    this->idle(milliseconds(10));
    EXPECT_EQ(fired, 1);
  }
}

TYPED_TEST_P(LoopContract, TimerMayBeDestroyedInCallbackOfAnother) {
  int fired = 0;
  std::unique_ptr<Timer> victim = this->loop().makeTimer([&] { fired += 100; });
  const auto killer = this->loop().makeTimer([&] {
    ++fired;
    victim.reset();
  });
  killer->arm(milliseconds(1));
  victim->arm(milliseconds(2));
  this->env_.work(milliseconds(3));
  this->idle(milliseconds(10));
  EXPECT_EQ(fired, 1);
}

TYPED_TEST_P(LoopContract, ManyTimersFireInOrderOfTheirDeadlines) {
  constexpr int kTimers = 200;
  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<int> fired;
  for (int i = 0; i < kTimers; ++i) {
    const int delay = (i * 73) % kTimers;  // every delay once, in a mixed order
    timers.push_back(this->loop().makeTimer([&fired, delay] { fired.push_back(delay); }));
    timers.back()->arm(milliseconds(1) + std::chrono::microseconds(50 * delay));
  }
  for (int i = 0; i < kTimers; i += 3) timers[static_cast<std::size_t>(i)]->disarm();
  this->idle(milliseconds(30));
  EXPECT_EQ(fired.size(), static_cast<std::size_t>(kTimers - (kTimers + 2) / 3));
  EXPECT_TRUE(std::ranges::is_sorted(fired));
}

TYPED_TEST_P(LoopContract, PostedTasksRunInOrderInLaterTurn) {
  std::vector<int> order;
  bool posting = true;
  this->loop().post([&] {
    EXPECT_FALSE(posting);
    order.push_back(1);
    this->loop().post([&] { order.push_back(3); });
  });
  this->loop().post([&] { order.push_back(2); });
  posting = false;
  EXPECT_TRUE(order.empty());
  ASSERT_TRUE(this->env_.runUntil([&] { return order.size() == 3; }));
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TYPED_TEST_P(LoopContract, TaskPostedWhileTasksRunWaitsForNextTurn) {
  int retired = 0;
  int retired_seen = -1;
  struct Note final : Disposable {
    explicit Note(int& count) : count_(count) {}
    ~Note() override { ++count_; }
    int& count_;
  };
  this->loop().post([&] {
    this->loop().retire(std::make_unique<Note>(retired));
    this->loop().post([&] { retired_seen = retired; });
  });
  ASSERT_TRUE(this->env_.runUntil([&] { return retired_seen >= 0; }));
  EXPECT_EQ(retired_seen, 1);
}

TYPED_TEST_P(LoopContract, TurnOrderIsIoTimersTasksRetired) {
  auto pair = this->connect();
  std::vector<std::string> log;
  struct Note final : Disposable {
    explicit Note(std::vector<std::string>& log) : log_(log) {}
    ~Note() override { log_.emplace_back("retired"); }
    std::vector<std::string>& log_;
  };
  const auto timer = this->loop().makeTimer([&] { log.emplace_back("timer"); });
  const auto start = [&] {  // in one turn everything becomes due for the next
    EXPECT_EQ(writeText(pair.client->stream(), "x").status, IoStatus::Ok);
    this->loop().post([&] {
      log.emplace_back("task");
      this->loop().retire(std::make_unique<Note>(log));
    });
    timer->arm(Duration::zero());
    this->env_.work(milliseconds(5));  // the byte arrives, the timer is due
  };
  pair.server->on_ready = [&](Interest) {
    log.emplace_back("io");
    pair.server->readAvailable();
    pair.server->stream().want(Interest::None);
  };
  pair.server->stream().want(Interest::Read);
  this->loop().post(start);
  ASSERT_TRUE(this->env_.runUntil([&] { return log.size() == 4; }));
  EXPECT_THAT(log, ElementsAre("io", "timer", "task", "retired"));
}

// Two ends that always have something to say must not keep tasks, timers and retired objects waiting.
TYPED_TEST_P(LoopContract, TrafficDoesNotStarveTasks) {
  constexpr int kMessages = 10'000;
  auto [client, server] = this->connect();
  int messages = 0;
  int messages_before_task = -1;
  const auto answer = [&](End& end) {
    return [&](Interest) {
      if (readText(end.stream(), 16).first.bytes > 0 && ++messages < kMessages)
        static_cast<void>(writeText(end.stream(), "x"));
    };
  };
  client->on_ready = answer(*client);
  server->on_ready = answer(*server);
  client->stream().want(Interest::Read);
  server->stream().want(Interest::Read);
  ASSERT_EQ(writeText(client->stream(), "x").bytes, 1U);
  this->loop().post([&] { messages_before_task = messages; });
  ASSERT_TRUE(this->env_.runUntil([&] { return messages_before_task >= 0 && messages >= kMessages; }));
  EXPECT_LT(messages_before_task, 10);
}

TYPED_TEST_P(LoopContract, RetiredObjectsMayRetireOthers) {
  struct Inner final : Disposable {
    explicit Inner(bool& gone) : gone_(gone) {}
    ~Inner() override { gone_ = true; }
    bool& gone_;
  };
  struct Outer final : Disposable {
    Outer(Loop& loop, bool& gone) : loop_(loop), gone_(gone) {}
    ~Outer() override { loop_.retire(std::make_unique<Inner>(gone_)); }
    Loop& loop_;
    bool& gone_;
  };
  bool gone = false;
  this->loop().retire(std::make_unique<Outer>(this->loop(), gone));
  EXPECT_FALSE(gone);
  EXPECT_TRUE(this->env_.runUntil([&] { return gone; }));
}

TYPED_TEST_P(LoopContract, NowStandsStillWithinTurnWhilePreciseMoves) {
  const Clock& clock = this->clock();
  bool done = false;
  this->loop().post([&] {
    const MonoTime now = clock.now();
    const MonoTime precise = clock.precise();
    this->env_.work(milliseconds(2));
    EXPECT_EQ(clock.now(), now);
    EXPECT_GE(clock.precise() - precise, milliseconds(2));
    this->loop().post([&, now] {
      EXPECT_GE(clock.now() - now, milliseconds(2));
      done = true;
    });
  });
  EXPECT_TRUE(this->env_.runUntil([&] { return done; }));
}

TYPED_TEST_P(LoopContract, WallTimeIsAfterTheYear2020) {
  EXPECT_GT(this->clock().wall().since_epoch, std::chrono::hours(24 * 365 * 50));
}

TYPED_TEST_P(LoopContract, RandomWordsDiffer) {
  Random& random = this->env_.random();
  std::vector<std::uint64_t> words(64);
  for (auto& word : words) word = random.next();
  std::ranges::sort(words);
  EXPECT_EQ(std::ranges::adjacent_find(words), words.end());
}

REGISTER_TYPED_TEST_SUITE_P(LoopContract, TimerNeverFiresEarly, RearmingReplaces, ZeroTimerFiresInLaterTurn,
                            TimerMayBeDisarmedInCallbackOfAnotherThatIsDueToo, TimerMayBeDestroyedInCallbackOfAnother,
                            ManyTimersFireInOrderOfTheirDeadlines, PostedTasksRunInOrderInLaterTurn,
                            TaskPostedWhileTasksRunWaitsForNextTurn, TurnOrderIsIoTimersTasksRetired,
                            TrafficDoesNotStarveTasks, RetiredObjectsMayRetireOthers,
                            NowStandsStillWithinTurnWhilePreciseMoves, WallTimeIsAfterTheYear2020, RandomWordsDiffer);

}  // namespace lb::contract
