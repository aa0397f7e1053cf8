// What an answer may say about its connection.
#include "sim/check/client_connection.h"

#include <gmock/gmock.h>

namespace sim::check {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

struct Row {
  const char* name;
  Asked asked;
  Said said;
  const char* complaint;  // empty: none
};

class AnswerTest : public testing::TestWithParam<Row> {};

TEST_P(AnswerTest, IsJudged) {
  ClientConnection connection;
  const std::string complaint = connection.onAnswer(GetParam().asked, GetParam().said, {}, 0, 0s);
  if (*GetParam().complaint == '\0') {
    EXPECT_THAT(complaint, IsEmpty());
  } else {
    EXPECT_THAT(complaint, HasSubstr(GetParam().complaint));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, AnswerTest,
    testing::Values(Row{"plain", {}, {}, ""}, Row{"unasked_close", {}, {.close = true}, ""},
                    Row{"simple", {.simple = true}, {}, ""},
                    Row{"needless_close", {.simple = true}, {.close = true}, "could go on"},
                    Row{"simple_close_agreed", {.close = true, .simple = true}, {.close = true}, ""},
                    Row{"simple_http10_ends", {.http10 = true, .simple = true}, {.close = true}, ""},
                    Row{"http10_ends", {.http10 = true}, {.close = true}, ""},
                    Row{"http10_kept", {.http10 = true}, {.keep_alive = true}, "is to end"},
                    Row{"http10_keeps", {.http10 = true, .keep_alive = true}, {.keep_alive = true}, ""},
                    Row{"both", {.http10 = true, .keep_alive = true}, {.keep_alive = true, .close = true}, "is to end"},
                    Row{"asked_close", {.close = true}, {}, "does not say it"},
                    Row{"close_agreed", {.close = true}, {.close = true}, ""},
                    Row{"switched", {.close = true}, {.switches = true}, ""}),
    [](const auto& row) { return row.param.name; });

TEST(ClientConnectionTest, TheLastAnswerOfALimitSaysSo) {
  ClientConnection connection;
  EXPECT_THAT(connection.onAnswer({}, {}, {}, 2, 0s), IsEmpty());
  EXPECT_THAT(connection.onAnswer({}, {}, {}, 2, 0s), HasSubstr("answer 2 of 2"));
  EXPECT_THAT(connection.onAnswer({}, {}, {}, 2, 0s), HasSubstr("answer 3 on a connection that is for 2"));
}

TEST(ClientConnectionTest, TheLastAnswerOfALimitMayEndIt) {
  ClientConnection connection;
  EXPECT_THAT(connection.onAnswer({.simple = true}, {}, {}, 2, 0s), IsEmpty());
  EXPECT_THAT(connection.onAnswer({.simple = true}, {.close = true}, {}, 2, 0s), IsEmpty());
}

TEST(ClientConnectionTest, AnOldConnectionIsEndedAndAYoungOneIsNot) {
  ClientConnection connection;
  const auto answer = [&](bool close, Age age) {
    return connection.onAnswer({.simple = true}, {.close = close}, age, 0, 10s);
  };
  EXPECT_THAT(answer(false, {.least = 9s, .most = 11s}), IsEmpty());
  EXPECT_THAT(answer(true, {.least = 9s, .most = 11s}), IsEmpty());
  EXPECT_THAT(answer(true, {.least = 8s, .most = 9s}), HasSubstr("could go on"));
  EXPECT_THAT(answer(false, {.least = 10s, .most = 11s}), HasSubstr("10000000µs old at least"));
}

}  // namespace
}  // namespace sim::check
