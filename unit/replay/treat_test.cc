// The table of decisions: what becomes of each kind of line.
#include "sim/replay/treat.h"

#include <gmock/gmock.h>

#include "unit/replay/support.h"

namespace sim::replay {
namespace {

using lb::observe::AbortPhase;
using lb::observe::kUnknown;
using lb::observe::Reason;
using model::Ending;
using ::testing::StartsWith;

Treatment treated(const lb::observe::Record& record) {
  const auto line = parseLine(textOf(record));
  EXPECT_TRUE(line.has_value()) << (line ? "" : line.error().what);
  return line ? treat(*line) : Treatment{};
}

std::string cause(const lb::observe::Record& record) {
  return causeOf(*parseLine(textOf(record)));
}

TEST(ReplayTreat, AGoodAnswerComesAsItCame) {
  const Treatment treatment = treated(goodRecord());
  EXPECT_EQ(treatment.left_out, "");
  EXPECT_EQ(treatment.stand_in_for, "");
  EXPECT_EQ(treatment.patience, 0ms);
  EXPECT_EQ(treatment.body, 0U);
  EXPECT_EQ(treatment.answer.ending, Ending::Whole);
  EXPECT_TRUE(treatment.answer.head);
  EXPECT_EQ(treatment.answer.status, 200);
  EXPECT_EQ(treatment.answer.wait, 20ms);
  EXPECT_EQ(treatment.answer.receive, 5ms);
  EXPECT_NEAR(static_cast<double>(treatment.answer.bytes), 5000, 100);
  EXPECT_EQ(cause(goodRecord()), "");
}

TEST(ReplayTreat, SomeLinesAreLeftOut) {
  const auto of = [](auto change) {
    lb::observe::Record record = goodRecord();
    change(record);
    return record;
  };
  const struct {
    lb::observe::Record record;
    const char* why;
  } kRows[] = {
      {of([](auto& one) { one.code = 101; }), "tunnels (101)"},
      {ownAnswer(Reason::BadRequest, 400), "clients' mistakes (bad_request)"},
      {ownAnswer(Reason::UriTooLong, 414), "clients' mistakes (uri_too_long)"},
      {ownAnswer(Reason::HeaderTooLarge, 431), "clients' mistakes (header_too_large)"},
      {ownAnswer(Reason::RequestTimeout, 408), "clients' mistakes (request_timeout)"},
      {of([](auto& one) { one.aborted = AbortPhase::Request; }), "clients that went away within their request"},
      {of([](auto& one) { one.aborted = AbortPhase::Wait, one.phases.total = kUnknown; }),
       "clients that went away before any answer"},
      {of([](auto& one) { one.phases.total = kUnknown; }), "requests without t_total"},
      {of([](auto& one) { one.host = ""; }), "requests without a method or host"},
      {of([](auto& one) { one.host = "a\r\nX: y"; }), "requests without a method or host"},
      {of([](auto& one) { one.method_text = "G T"; }), "requests without a method or host"},
      {of([](auto& one) { one.code = 799; }), "answers with status 799"},
  };
  for (const auto& row : kRows) EXPECT_THAT(treated(row.record).left_out, StartsWith(row.why));
}

TEST(ReplayTreat, ABackendThatFailedFailsAgain) {
  const struct {
    Reason reason;
    std::uint16_t code;
    Ending ending;
  } kRows[] = {{Reason::BackendTimeout, 504, Ending::Silent},
               {Reason::BackendClosed, 502, Ending::Cut},
               {Reason::BadBackendResponse, 502, Ending::Garbage}};
  for (const auto& row : kRows) {
    const lb::observe::Record record = ownAnswer(row.reason, row.code);
    const Treatment treatment = treated(record);
    EXPECT_EQ(treatment.left_out, "");
    EXPECT_EQ(treatment.stand_in_for, "");
    EXPECT_FALSE(treatment.answer.head);
    EXPECT_EQ(treatment.answer.ending, row.ending);
    EXPECT_EQ(treatment.answer.wait, 26ms) << "that is how long it took";
    EXPECT_EQ(cause(record), toString(row.reason));
  }
}

TEST(ReplayTreat, WhereNoBackendAnsweredAnotherAnswerStandsIn) {
  for (const auto& [reason, code] :
       {std::pair(Reason::NoRoute, 404), std::pair(Reason::ConnectFailed, 502), std::pair(Reason::ConnectTimeout, 504),
        std::pair(Reason::NoHealthyBackend, 503), std::pair(Reason::Overloaded, 503),
        std::pair(Reason::BodyTooLarge, 413), std::pair(Reason::Draining, 503)}) {
    const lb::observe::Record record = ownAnswer(reason, static_cast<std::uint16_t>(code));
    EXPECT_EQ(treated(record).left_out, "");
    EXPECT_EQ(treated(record).stand_in_for, toString(reason));
    EXPECT_EQ(cause(record), toString(reason));
  }
}

TEST(ReplayTreat, AnAnswerThatWasCutIsCut) {
  lb::observe::Record record = goodRecord();
  record.reason = Reason::BackendClosed;
  EXPECT_EQ(treated(record).answer.ending, Ending::Cut);
  EXPECT_TRUE(treated(record).answer.head);
  EXPECT_EQ(cause(record), "connection_lost");
  record.reason = Reason::BackendTimeout;
  EXPECT_EQ(treated(record).answer.ending, Ending::Silent);
}

TEST(ReplayTreat, AnAnswerThatWasCutTookUntilItWasCut) {
  lb::observe::Record record = goodRecord();
  record.phases.backend_receive = kUnknown;
  record.phases.receive = 1ms;
  record.reason = Reason::BackendClosed;
  EXPECT_EQ(treated(record).answer.receive, 5ms);
  record.reason = Reason::Draining;
  EXPECT_EQ(treated(record).answer.receive, 5ms);
  EXPECT_EQ(treated(record).answer.ending, Ending::Whole) << "the backend has not cut it";
  record.phases.queue = 2ms;
  record.phases.connect = 1ms;
  EXPECT_EQ(treated(record).answer.receive, 2ms);
  record.phases.wait = 30ms;
  EXPECT_EQ(treated(record).answer.receive, 0ms);
  record.reason = Reason::BackendTimeout;
  record.phases.wait = 2ms;
  EXPECT_EQ(treated(record).answer.receive, 0ms) << "the end of it was silence";
}

TEST(ReplayTreat, AClientThatLeftWithinItsAnswerLeavesAgain) {
  lb::observe::Record record = goodRecord();
  record.aborted = AbortPhase::Response;
  const Treatment treatment = treated(record);
  EXPECT_EQ(treatment.left_out, "");
  EXPECT_EQ(treatment.patience, 26ms);
  EXPECT_EQ(treatment.answer.ending, Ending::Silent) << "it has not seen the end";
  EXPECT_EQ(cause(record), "client_gave_up");
}

TEST(ReplayTreat, AClientThatLeftBeforeAnyAnswerLeavesAgain) {
  lb::observe::Record record = goodRecord();
  record.aborted = AbortPhase::Wait;
  record.code = lb::observe::kClientGone;
  record.origin = lb::observe::Origin::Proxy;
  record.phases.wait = record.phases.backend_receive = kUnknown;
  for (const char* backend : {"10.0.0.1:80", ""}) {  // with one that has not answered, and waiting for one
    record.backend = backend;
    const Treatment treatment = treated(record);
    EXPECT_EQ(treatment.left_out, "");
    EXPECT_EQ(treatment.stand_in_for, "");
    EXPECT_EQ(treatment.patience, 26ms);
    EXPECT_EQ(treatment.answer.ending, Ending::Silent);
    EXPECT_FALSE(treatment.answer.head);
    EXPECT_EQ(treatment.answer.bytes, 0U) << "an interim answer is none";
    EXPECT_EQ(cause(record), "client_gave_up");
  }
  record.phases.total = 0ms;
  EXPECT_GT(treated(record).patience, 0ms) << "zero would be for ever";
}

TEST(ReplayTreat, ABackendMaySay499) {
  lb::observe::Record record = goodRecord();
  record.code = lb::observe::kClientGone;
  EXPECT_TRUE(treated(record).answer.head);
  EXPECT_EQ(treated(record).answer.status, 499);
  EXPECT_EQ(treated(record).answer.ending, Ending::Whole);
  EXPECT_EQ(cause(record), "");
}

TEST(ReplayTreat, OnlyBodiesCountAndHeadHasNone) {
  lb::observe::Record record = goodRecord();
  record.method_text = "POST";
  record.bytes_in = 10'000;
  EXPECT_NEAR(static_cast<double>(treated(record).body), 9'900, 100);
  record.bytes_in = 10;
  EXPECT_EQ(treated(record).body, 0U);
  record.method_text = "HEAD";
  EXPECT_EQ(treated(record).answer.bytes, 0U);
  record.bytes_out = 0;
  record.method_text = "GET";
  EXPECT_EQ(treated(record).answer.bytes, 0U);
}

TEST(ReplayTreat, ErrorsOfBackendsAreErrors) {
  lb::observe::Record record = goodRecord();
  record.code = 503;
  EXPECT_EQ(cause(record), "backend_503");
  EXPECT_EQ(treated(record).answer.status, 503);
  record.code = 404;
  EXPECT_EQ(cause(record), "");
}

}  // namespace
}  // namespace sim::replay
