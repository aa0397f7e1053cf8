// One line of the log: what lb writes is read back, and anything else is named for what it is.
#include "sim/replay/line.h"

#include <gmock/gmock.h>

#include "unit/replay/support.h"

namespace sim::replay {
namespace {

using ::testing::HasSubstr;

TEST(ReplayLine, HasWhatLbHasWritten) {
  lb::observe::Record record = goodRecord(1500us);
  record.user_agent = "curl/8";
  record.aborted = lb::observe::AbortPhase::Response;
  record.reason = lb::observe::Reason::BackendClosed;
  const auto line = parseLine(textOf(record));
  ASSERT_TRUE(line.has_value()) << line.error().what;
  EXPECT_EQ(line->time, kBegin + 27500us);
  EXPECT_EQ(line->method, "GET");
  EXPECT_EQ(line->host, "shop.example.com");
  EXPECT_EQ(line->path, "/cart");
  EXPECT_EQ(line->service, "shop");
  EXPECT_EQ(line->backend, "10.0.0.1:80");
  EXPECT_EQ(line->address, record.backend_address);
  EXPECT_EQ(line->reason, "backend_closed");
  EXPECT_EQ(line->aborted, "response");
  EXPECT_TRUE(line->by_backend);
  EXPECT_EQ(line->code, 200U);
  EXPECT_EQ(line->bytes_in, 200U);
  EXPECT_EQ(line->bytes_out, 5150U);
  EXPECT_EQ(line->agent_bytes, 6U);
  EXPECT_EQ(line->total, 26ms);
  EXPECT_EQ(line->receive, 0ms);
  EXPECT_EQ(line->wait, 20ms);
  EXPECT_EQ(line->backend_receive, 5ms);
}

TEST(ReplayLine, TellsWhatDidNotHappenFromZero) {
  lb::observe::Record record = ownAnswer(lb::observe::Reason::NoRoute, 404);
  record.backend = "";
  const auto line = parseLine(textOf(record));
  ASSERT_TRUE(line.has_value()) << line.error().what;
  EXPECT_FALSE(line->by_backend);
  EXPECT_EQ(line->backend, "");
  EXPECT_FALSE(line->address.has_value());
  EXPECT_FALSE(line->wait.has_value());
  EXPECT_FALSE(line->backend_receive.has_value());
}

TEST(ReplayLine, OlderLinesHaveNoAddress) {
  std::string text = textOf(goodRecord());
  const std::string field = "\"backend_address\":\"10.0.0.1:80\",";
  ASSERT_NE(text.find(field), std::string::npos);
  text.erase(text.find(field), field.size());
  const auto line = parseLine(text);
  ASSERT_TRUE(line.has_value()) << line.error().what;
  EXPECT_FALSE(line->address.has_value());
}

TEST(ReplayLine, AddressesOfBothFamiliesAreReadBack) {
  for (const char* ip : {"192.0.2.1", "2001:db8::1"}) {
    const lb::observe::Record record = from(ip, goodRecord());
    const auto line = parseLine(textOf(record));
    ASSERT_TRUE(line.has_value()) << line.error().what;
    EXPECT_EQ(line->address, record.backend_address) << ip;
  }
}

TEST(ReplayLine, SaysWhatIsWrongWithOthers) {
  std::string text_format;
  lb::observe::formatText(goodRecord(), text_format);
  const std::string good = textOf(goodRecord());
  const auto with = [&](std::string_view what, std::string_view by) {
    std::string text = good;
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
  };
  constexpr const char* kAddress = "\"backend_address\":\"10.0.0.1:80\"";
  constexpr const char* kNoAddress = "\"backend_address\" is no address with a port";
  const struct {
    const char* name;
    std::string text;
    const char* problem;
  } kRows[] = {
      {"cut off", good.substr(0, good.size() / 2), "cut off"},
      {"without its beginning", good.substr(100), "not JSON"},
      {"empty", "", "not JSON"},
      {"text format", text_format, "format: json"},
      {"of another program", R"({"level":"info","msg":"hello"})", "there is no \"time\""},
      {"another time", with("2026-01-02T", "02/Jan/2026 "), "\"time\" is not as lb writes it"},
      {"no day", with("2026-01-02T", "2026-02-30T"), "\"time\" is not as lb writes it"},
      {"no hour", with("T00:00:00", "T24:00:00"), "\"time\" is not as lb writes it"},
      {"no year of a clock", with("2026-01-02T", "9999-01-02T"), "\"time\" is not as lb writes it"},
      {"more bytes than there are", with("\"bytes_out\":5150", "\"bytes_out\":9223372036854775813"), "no number"},
      {"a code in words", with("\"code\":200", "\"code\":\"200\""), "\"code\" is no number"},
      {"a code below zero", with("\"code\":200", "\"code\":-1"), "\"code\" is no number"},
      {"a negative time", with("\"t_total\":0.026000", "\"t_total\":-1"), "\"t_total\" is no time"},
      {"an endless time", with("\"t_total\":0.026000", "\"t_total\":1e300"), "\"t_total\" is no time"},
      {"a time beyond all numbers", with("\"t_total\":0.026000", "\"t_total\":1e999"), "not JSON"},
      {"a name for an address", with(kAddress, "\"backend_address\":\"pool.internal:80\""), kNoAddress},
      {"an address alone", with(kAddress, "\"backend_address\":\"10.0.0.1\""), kNoAddress},
      {"no port", with(kAddress, "\"backend_address\":\"10.0.0.1:\""), kNoAddress},
      {"no such port", with(kAddress, "\"backend_address\":\"10.0.0.1:65536\""), kNoAddress},
      {"an address that has no bracket", with(kAddress, "\"backend_address\":\"2001:db8::1:80\""), kNoAddress},
      {"an address that needs no bracket", with(kAddress, "\"backend_address\":\"[10.0.0.1]:80\""), kNoAddress},
      {"somebody else's answer", with("\"origin\":\"backend\"", "\"origin\":\"cdn\""), "neither backend nor proxy"},
      {"a list for a text", with("\"method\":\"GET\"", "\"method\":[]"), "\"method\" is no text"},
  };
  for (const auto& row : kRows) {
    const auto line = parseLine(row.text);
    ASSERT_FALSE(line.has_value()) << row.name;
    EXPECT_THAT(line.error().what, HasSubstr(row.problem)) << row.name;
  }
}

}  // namespace
}  // namespace sim::replay
