// What an answer may say about its connection.
#include "sim/check/client_connection.h"

#include <gmock/gmock.h>

namespace sim::check {
namespace {

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
  const std::string complaint = connection.onAnswer(GetParam().asked, GetParam().said, 0);
  if (*GetParam().complaint == '\0') {
    EXPECT_THAT(complaint, IsEmpty());
  } else {
    EXPECT_THAT(complaint, HasSubstr(GetParam().complaint));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, AnswerTest,
    testing::Values(Row{"plain", {}, {}, ""}, Row{"unasked_close", {}, {.close = true}, ""},
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
  EXPECT_THAT(connection.onAnswer({}, {}, 2), IsEmpty());
  EXPECT_THAT(connection.onAnswer({}, {}, 2), HasSubstr("answer 2 of 2"));
  EXPECT_THAT(connection.onAnswer({}, {}, 2), HasSubstr("answer 3 on a connection that is for 2"));
}

}  // namespace
}  // namespace sim::check
