// A whole log: order, times, what is counted, and what stands in for what nobody knows.
#include "sim/replay/log.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <limits>
#include <sstream>

#include "sim/replay/names.h"
#include "unit/replay/support.h"

namespace sim::replay {
namespace {

using lb::observe::Reason;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

struct Read {
  std::expected<Log, std::vector<std::string>> log;
};

Read readText(const std::string& text, const LogOptions& options = {}, std::string_view yaml = kConfig) {
  std::istringstream in(text);
  return {readLog(in, "access.jsonl", configOf(yaml), options)};
}

std::string logOf(const std::vector<lb::observe::Record>& records) {
  std::string text;
  for (const auto& record : records) text += textOf(record) + "\n";
  return text;
}

std::vector<std::string> labelsOf(const Log& log) {
  std::vector<std::string> labels;
  for (const rehearse::Site& site : log.layout.sites) labels.push_back(site.label);
  return labels;
}

std::vector<lb::Duration> timesOf(const Log& log) {
  std::vector<lb::Duration> times;
  for (const auto& request : log.recording.script.requests) times.push_back(request.at);
  return times;
}

TEST(ReplayLog, SortsByArrivalSinceTheFirst) {
  lb::observe::Record slow = goodRecord(10ms);  // it ends last, so its line is the last one
  slow.time = lb::WallTime{kBegin + 10s};
  slow.phases.total = 9990ms;
  const Read read = readText(logOf({goodRecord(40ms), goodRecord(48h), goodRecord(25ms), slow}));
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(timesOf(*read.log), ElementsAre(0ms, 15ms, 30ms, 48h - 10ms)) << "a log of several days";
  EXPECT_EQ(read.log->duration, 48h - 10ms);
  EXPECT_EQ(read.log->recorded.outcomes.size(), 4U);
}

TEST(ReplayLog, SpeedIsOfArrivalsAndNotOfBackends) {
  const Read read = readText(logOf({goodRecord(), goodRecord(100ms)}), {.speed = 4});
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(timesOf(*read.log), ElementsAre(0ms, 25ms));
  EXPECT_EQ(read.log->recording.script.requests[0].answer.wait, 20ms);
  EXPECT_EQ(read.log->recorded.outcomes[1].began, 25ms);
  EXPECT_EQ(read.log->recorded.outcomes[1].took, 26ms);
}

TEST(ReplayLog, HostsGoToTheServicesOfTheNewConfiguration) {
  lb::observe::Record elsewhere = goodRecord(1ms);
  elsewhere.host = "x.api.example.com";  // was of the service shop, says the log
  lb::observe::Record nowhere = goodRecord(2ms);
  nowhere.host = "old.example.com";
  const Read read = readText(logOf({goodRecord(), elsewhere, nowhere}));
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(read.log->layout.services, ElementsAre("shop", "api", "_none"));
  const auto& asks = read.log->recording.asks;
  ASSERT_EQ(asks.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(asks[i].service, i);
}

TEST(ReplayLog, ARouteLeadsWhereTheLogSaysIfItLeadsThereAtAll) {
  lb::observe::Record old = goodRecord(2ms);
  old.service = "gone";
  const Read read = readText(logOf({goodRecord(), routed(goodRecord(1ms)), old}), {}, kRouted);
  ASSERT_TRUE(read.log.has_value());
  std::vector<int> services;
  for (const auto& outcome : read.log->recorded.outcomes) services.push_back(outcome.service);
  EXPECT_THAT(services, ElementsAre(0, 1, 0));
  EXPECT_THAT(read.log->layout.services, ElementsAre("shop", "api"));
}

TEST(ReplayLog, EveryAddressOfANameIsABackend) {
  lb::observe::Record tunnel = from("2001:db8::7", goodRecord(2ms));  // left out, and an address all the same
  tunnel.code = 101;
  const Read read = readText(logOf({from("10.0.1.2", goodRecord()), from("10.0.1.1", goodRecord(1ms)), tunnel,
                                    from("10.0.1.2", goodRecord(3ms)), goodRecord(4ms)}),  // the last one has no name
                             {}, kNamed);
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(labelsOf(*read.log), UnorderedElementsAre("pool.internal:80/10.0.1.1", "pool.internal:80/10.0.1.2",
                                                        "pool.internal:80/2001:db8::7", "quiet.internal:80"));
  const auto& names = read.log->layout.names;
  EXPECT_EQ(names.at("pool.internal").addresses.size(), 3U);
  ASSERT_EQ(names.at("quiet.internal").addresses.size(), 1U);
  EXPECT_THAT(names.at("quiet.internal").addresses.front().toString(), StartsWith("198.18.")) << "made up";
}

TEST(ReplayLog, ANameWithOneAddressIsCalledByItsName) {
  const Read read = readText(logOf({from("10.0.1.2", goodRecord())}), {}, kNamed);
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(labelsOf(*read.log), ElementsAre("pool.internal:80", "quiet.internal:80"));
  EXPECT_EQ(read.log->layout.sites.front().address.toString(), "10.0.1.2:80");
}

TEST(ReplayLog, AnAddressOfANameMayBeThatOfAnotherHost) {
  constexpr std::string_view kTwice = R"(
proxy: {services: [{name: shop, domain: shop.example.com,
  hosts: [{address: 10.0.1.1, port: 80}, {address: pool.internal, port: 80}]}]}
)";
  const Read read = readText(logOf({from("10.0.1.1", goodRecord()), from("10.0.1.2", goodRecord(1ms))}), {}, kTwice);
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(labelsOf(*read.log), ElementsAre("10.0.1.1:80", "pool.internal:80/10.0.1.2"));
}

TEST(ReplayLog, ANameHasSoManyAddressesAtMost) {
  std::vector<lb::observe::Record> records;
  for (std::size_t i = kAddressesMax + 1; i > 0; --i)
    records.push_back(from(fmt::format("10.1.{}.{}", i / 250, i % 250), goodRecord()));
  const auto cropped = Contains("pool.internal had more than 256 addresses: the highest are left out");
  const Read beyond = readText(logOf(records), {}, kNamed);
  ASSERT_TRUE(beyond.log.has_value());
  EXPECT_THAT(beyond.log->notes, cropped);
  const auto& kept = beyond.log->layout.names.at("pool.internal").addresses;
  EXPECT_EQ(kept.size(), kAddressesMax);
  records.erase(records.begin());  // the highest one
  const Read full = readText(logOf(records), {}, kNamed);
  ASSERT_TRUE(full.log.has_value());
  EXPECT_THAT(full.log->notes, Not(cropped));
  EXPECT_EQ(full.log->layout.names.at("pool.internal").addresses, kept) << "whichever line comes first";
}

TEST(ReplayLog, ABackendMayNotLiveWhereClientsAndLbDo) {
  const std::string text = logOf({from("198.19.0.1", goodRecord()), from("10.0.1.1", goodRecord())});
  EXPECT_THAT(
      readText(text, {}, kNamed).log.error(),
      ElementsAre(StartsWith("access.jsonl: the backend pool.internal:80/198.19.0.1 has an address of 198.19.0.0/16")));
  EXPECT_TRUE(readText(text).log.has_value()) << "a name that the configuration does not have";
}

TEST(ReplayLog, LosesNoLineWithoutAWord) {
  lb::observe::Record tunnel = goodRecord();
  tunnel.code = 101;
  const Read read = readText(logOf(
      {goodRecord(), tunnel, tunnel, ownAnswer(Reason::BadRequest, 400), ownAnswer(Reason::NoHealthyBackend, 503)}));
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(read.log->notes, Contains("5 lines, 2 of them replayed"));
  EXPECT_THAT(read.log->notes, Contains(HasSubstr("2 left out: tunnels (101)")));
  EXPECT_THAT(read.log->notes, Contains(HasSubstr("1 left out: clients' mistakes (bad_request)")));
  EXPECT_THAT(read.log->notes, Contains(HasSubstr("1 had no answer of a backend (no_healthy_backend 1)")));
}

TEST(ReplayLog, TheAnswerBeforeStandsInWithinTheService) {
  lb::observe::Record other = goodRecord(1ms);
  other.host = "x.api.example.com";
  other.phases.wait = 70ms;
  const auto lost = [](lb::Duration at) { return ownAnswer(Reason::NoHealthyBackend, 503, at); };
  lb::observe::Record late = goodRecord(3ms);
  late.phases.wait = 30ms;
  const Read read = readText(logOf({lost(0ms), goodRecord(500us), other, lost(2ms), late, lost(4ms)}));
  ASSERT_TRUE(read.log.has_value());
  std::vector<lb::Duration> waits;
  for (const auto& request : read.log->recording.script.requests) waits.push_back(request.answer.wait);
  EXPECT_THAT(waits, ElementsAre(20ms, 20ms, 70ms, 20ms, 30ms, 30ms));
}

TEST(ReplayLog, WithNothingToStandInTheAnswerIsEmptyAndAtOnce) {
  const Read read = readText(logOf({ownAnswer(Reason::NoRoute, 404)}));
  ASSERT_TRUE(read.log.has_value());
  const auto& answer = read.log->recording.script.requests.front().answer;
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.bytes, 0U);
  EXPECT_EQ(answer.wait, 0ms);
}

TEST(ReplayLog, ABackendIsDownFromItsFirstFailureToItsNextAnswer) {
  const Read read = readText(
      logOf({goodRecord(), ownAnswer(Reason::ConnectFailed, 502, 1s), ownAnswer(Reason::ConnectFailed, 502, 2s),
             goodRecord(3s), ownAnswer(Reason::ConnectTimeout, 504, 4s)}));
  ASSERT_TRUE(read.log.has_value());
  const auto& outages = read.log->outages;
  ASSERT_EQ(outages.size(), 2U);
  EXPECT_EQ(outages[0].kind, rehearse::FaultKind::Outage);
  EXPECT_EQ(outages[0].at, 1s);
  EXPECT_EQ(outages[0].length, 2s);
  EXPECT_THAT(outages[0].backends, ElementsAre(0U));
  EXPECT_EQ(outages[1].kind, rehearse::FaultKind::BlackHole);
  EXPECT_EQ(outages[1].at, 4s);
  EXPECT_EQ(outages[1].length, 0s) << "until the end";
  EXPECT_THAT(read.log->notes, Contains("from 1.000s to 3.000s: stop 10.0.0.1:80"));
}

TEST(ReplayLog, AnOutageIsOfTheAddressAndNotOfItsName) {
  const Read read =
      readText(logOf({from("10.0.1.1", goodRecord()), from("10.0.1.2", ownAnswer(Reason::ConnectFailed, 502, 1s)),
                      from("10.0.1.1", goodRecord(2s)), from("10.0.1.2", goodRecord(3s))}),
               {}, kNamed);
  ASSERT_TRUE(read.log.has_value());
  ASSERT_EQ(read.log->outages.size(), 1U);
  const rehearse::Fault& outage = read.log->outages.front();
  EXPECT_EQ(outage.length, 2s) << "until that one answers";
  ASSERT_EQ(outage.backends.size(), 1U);
  EXPECT_EQ(labelsOf(*read.log)[outage.backends.front()], "pool.internal:80/10.0.1.2");
  EXPECT_THAT(read.log->notes, Contains("from 1.000s to 3.000s: stop pool.internal:80/10.0.1.2"));
}

TEST(ReplayLog, AnAddressThatItsNameHasLostIsNotDownForEver) {
  const Read read =
      readText(logOf({from("10.0.1.1", goodRecord()), from("10.0.1.2", ownAnswer(Reason::ConnectFailed, 502, 1s)),
                      from("10.0.1.2", ownAnswer(Reason::ConnectFailed, 502, 2s)), from("10.0.1.1", goodRecord(9s))}),
               {}, kNamed);
  ASSERT_TRUE(read.log.has_value());
  ASSERT_EQ(read.log->outages.size(), 1U);
  EXPECT_EQ(read.log->outages.front().length, 1s);
}

TEST(ReplayLog, AnOutageOfWhatHadANameIsThatOfItsAddress) {
  const Read read = readText(logOf({goodRecord(), from("10.0.0.1", ownAnswer(Reason::ConnectFailed, 502, 1s))}));
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(read.log->notes, Contains("from 1.000s on: stop 10.0.0.1:80"));
}

TEST(ReplayLog, OutagesDoNotDependOnTheOrderOfLines) {
  const std::vector<lb::observe::Record> lines{
      goodRecord(),   ownAnswer(Reason::ConnectFailed, 502, 1s), goodRecord(2s),
      goodRecord(3s), ownAnswer(Reason::ConnectFailed, 502, 4s), goodRecord(5s)};
  for (const auto& order : {lines, {lines.rbegin(), lines.rend()}}) {
    const Read read = readText(logOf(order));
    ASSERT_TRUE(read.log.has_value());
    ASSERT_EQ(read.log->outages.size(), 2U);
    EXPECT_EQ(read.log->outages[0].at, 1s);
    EXPECT_EQ(read.log->outages[0].length, 1s);
    EXPECT_EQ(read.log->outages[1].at, 4s);
    EXPECT_EQ(read.log->outages[1].length, 1s);
  }
}

TEST(ReplayLog, ASpanThatNobodyCanWaitForIsAMistake) {
  const Read read = readText(logOf({goodRecord(), goodRecord(24h * 365)}));
  ASSERT_FALSE(read.log.has_value());
  EXPECT_THAT(read.log.error().front(), HasSubstr("from the first request to the last there are 365 days"));
  EXPECT_TRUE(readText(logOf({goodRecord(), goodRecord(24h * 365)}), {.speed = 20}).log.has_value());
}

TEST(ReplayLog, ASpanThatNoClockCanTellIsAMistakeToo) {
  const Read read = readText(logOf({goodRecord(), goodRecord(24h * 36'500)}), {.speed = 0.001});
  ASSERT_FALSE(read.log.has_value());
  EXPECT_THAT(read.log.error().front(), HasSubstr("there are 36500000 days"));
}

TEST(ReplayLog, AnOutageOfLinesThatAreLeftOutMayBeAgesAway) {
  lb::observe::Record early = ownAnswer(Reason::ConnectFailed, 502);
  early.host = "";  // left out
  lb::observe::Record late = ownAnswer(Reason::ConnectFailed, 502, 24h * 60'000);
  late.host = "";
  const Read read = readText(logOf({early, goodRecord(24h * 30'000), late}), {.speed = 0.001});
  ASSERT_TRUE(read.log.has_value());
  ASSERT_EQ(read.log->outages.size(), 2U);
  EXPECT_EQ(read.log->outages[0].at, 0s);
  EXPECT_EQ(read.log->outages[1].at, 24h * 36'525) << "long after the last request, and not before it";
}

TEST(ReplayLog, ASpeedIsANumberAboveZero) {
  const std::string text = logOf({goodRecord()});
  for (const double speed : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 0.0}) {
    const Read read = readText(text, {.speed = speed});
    ASSERT_FALSE(read.log.has_value()) << speed;
    EXPECT_EQ(read.log.error(), std::vector{fmt::format("--speed: {} is no number above 0", speed)});
  }
}

TEST(ReplayLog, BadLinesAreMistakesWithTheirPlaces) {
  const std::string good = textOf(goodRecord());
  const std::string text = good + "\n" + good.substr(0, 50) + "\n" + good + "\nhello\n";
  const Read read = readText(text);
  ASSERT_FALSE(read.log.has_value());
  EXPECT_THAT(read.log.error(), ElementsAre("access.jsonl:2: the line is cut off, or is not JSON",
                                            "access.jsonl:4: not JSON: not a line of lb's access log",
                                            "--skip-bad-lines leaves such lines out"));
  const Read skipping = readText(text, {.skip_bad_lines = true});
  ASSERT_TRUE(skipping.log.has_value());
  EXPECT_THAT(skipping.log->notes, ElementsAre("4 lines, 2 of them replayed", "2 left out: unreadable lines"));
}

TEST(ReplayLog, ALineWithoutEndIsAMistakeOfThatLineOnly) {
  const Read read = readText(std::string(3'000'000, 'x') + "\n" + textOf(goodRecord()), {});
  ASSERT_FALSE(read.log.has_value());
  EXPECT_THAT(read.log.error(), ElementsAre("access.jsonl:1: longer than a megabyte: not a line of lb's access log",
                                            "--skip-bad-lines leaves such lines out"));
}

TEST(ReplayLog, TellsOnlySomeOfManyMistakes) {
  std::string text;
  for (int i = 0; i < 25; ++i) text += "hello\n";
  const Read read = readText(text);
  ASSERT_FALSE(read.log.has_value());
  EXPECT_EQ(read.log.error().size(), kMistakesMax + 2);
  EXPECT_THAT(read.log.error(), Contains("... and 15 lines more"));
}

TEST(ReplayLog, ReadsNoMoreLinesThanTheLimit) {
  const Read read = readText(logOf({goodRecord(), goodRecord(1ms)}) + "hello\n", {.limit = 2});
  ASSERT_TRUE(read.log.has_value());
  EXPECT_THAT(read.log->notes, Contains("2 lines, 2 of them replayed"));
}

TEST(ReplayLog, NothingToReplayIsAMistakeThatSaysWhy) {
  EXPECT_THAT(readText("").log.error(), ElementsAre("access.jsonl: there is no request to replay"));
  EXPECT_THAT(readText(logOf({ownAnswer(Reason::BadRequest, 400)})).log.error(),
              Contains(HasSubstr("clients' mistakes (bad_request)")));
}

}  // namespace
}  // namespace sim::replay
