// The backend's judgement on reuse: what it must see, and what it must not cry about.
#include "sim/check/pooled_connection.h"

#include <gmock/gmock.h>

namespace sim::check {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

MonoTime at(Duration time) {
  return MonoTime{1s + time};
}

class PooledConnectionTest : public testing::Test {
 protected:
  PooledConnectionTest() {
    pool_.max_idle = 2;
    pool_.idle_timeout = 100ms;
  }
  // The first request and its answer, at once.
  void serveOne(Duration time) {
    EXPECT_THAT(connection_.onRequest(pool_, at(time), kDelivery), IsEmpty());
    connection_.onAnswered(at(time));
  }

  static constexpr Duration kDelivery = 10ms;
  lb::config::Pool pool_;
  PooledConnection connection_{at(0ms)};
};

TEST_F(PooledConnectionTest, ReuseWithinTheIdleTimeIsLegal) {
  serveOne(0ms);
  EXPECT_THAT(connection_.onRequest(pool_, at(110ms), kDelivery), IsEmpty());
}

TEST_F(PooledConnectionTest, ReuseBehindTheIdleTimeIsNot) {
  serveOne(0ms);
  EXPECT_THAT(connection_.onRequest(pool_, at(111ms), kDelivery), HasSubstr("was idle for 111 ms"));
}

TEST_F(PooledConnectionTest, NobodyKnowsHowLongItWasIdleOnABrokenNetwork) {
  serveOne(0ms);
  connection_.onSpoilt(at(1ms), "a FIN");
  EXPECT_THAT(connection_.onRequest(pool_, at(10s), Duration::max()), IsEmpty());
}

TEST_F(PooledConnectionTest, WithoutAPoolNothingIsUsedTwice) {
  pool_.max_idle = 0;
  serveOne(0ms);
  EXPECT_THAT(connection_.onRequest(pool_, at(1ms), kDelivery), HasSubstr("nothing may be pooled"));
}

TEST_F(PooledConnectionTest, WhatARequestSaidCloseOfIsNotUsedTwice) {
  serveOne(0ms);
  connection_.onSaidClose();
  EXPECT_THAT(connection_.onRequest(pool_, at(1ms), Duration::max()), HasSubstr("said close"));
}

TEST_F(PooledConnectionTest, TheLimitOfRequestsIsExact) {
  pool_.max_requests = 2;
  serveOne(0ms);
  serveOne(1ms);
  EXPECT_THAT(connection_.onRequest(pool_, at(2ms), kDelivery), HasSubstr("request 3 on a connection that is for 2"));
}

TEST_F(PooledConnectionTest, AgeIsJudgedWhereTheLastAnswerEnded) {
  pool_.max_age = 50ms;
  serveOne(49ms);
  EXPECT_THAT(connection_.onRequest(pool_, at(59ms), kDelivery), IsEmpty());
  connection_.onAnswered(at(59ms));
  EXPECT_THAT(connection_.onRequest(pool_, at(59ms), kDelivery), HasSubstr("a connection of 59 ms was pooled"));
}

TEST_F(PooledConnectionTest, NobodyGetsTooOldInThePool) {
  pool_.max_age = 50ms;
  serveOne(49ms);
  EXPECT_THAT(connection_.onRequest(pool_, at(60ms), Duration::max()), IsEmpty());
  EXPECT_THAT(connection_.onRequest(pool_, at(60ms), kDelivery), HasSubstr("a request on a connection of 60 ms"));
}

TEST_F(PooledConnectionTest, WhatWasSpoiltMayBeUsedUntilThatCanHaveBeenNoticed) {
  serveOne(0ms);
  connection_.onSpoilt(at(5ms), "unasked bytes");
  connection_.onSpoilt(at(14ms), "a FIN");
  EXPECT_THAT(connection_.onRequest(pool_, at(15ms), kDelivery), IsEmpty());
  connection_.onAnswered(at(15ms));
  EXPECT_THAT(connection_.onRequest(pool_, at(16ms), kDelivery), HasSubstr("11 ms after unasked bytes"));
}

}  // namespace
}  // namespace sim::check
