// Golden lines in both formats, read back by a parser that is not ours, and hostile input.
#include "lb/observe/access_log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "unit/observe/allocations.h"
#include "unit/observe/fixtures.h"

namespace lb::observe {
namespace {

std::string textOf(const Record& record) {
  std::string out;
  formatText(record, out);
  return out;
}

std::string jsonOf(const Record& record) {
  std::string out;
  formatJson(record, out);
  return out;
}

TEST(AccessLogText, SaysBackendAndTimesOfAForwardedRequest) {
  EXPECT_EQ(textOf(answeredRecord()),
            "2026-01-02T03:04:05.678901Z 192.0.2.1 \"GET my-service.my-company.com/path\" -> my-service 127.0.0.1:9090 "
            "200 1234B connect 0.3ms forward 0.08ms wait 1.91ms receive 0.03ms total 2.2ms overhead 0.05ms "
            "id=4bf92f3577b34da6");
}

TEST(AccessLogText, SaysWhichOneANameStoodFor) {
  Record record = answeredRecord();
  record.backend = "pods.shop:9090";
  EXPECT_NE(textOf(record).find("-> my-service pods.shop:9090 at 127.0.0.1:9090 200 "), std::string::npos)
      << textOf(record);
}

TEST(AccessLogText, SaysWhyTheProxyAnsweredByItself) {
  EXPECT_EQ(textOf(unroutedRecord()),
            "2026-01-02T03:04:05.678901Z 192.0.2.1 \"GET nope.example/path\" -> _none - 404 1234B reason=no_route "
            "(no service has the domain nope.example) total 0.1ms id=4bf92f3577b34da6");
}

TEST(AccessLogText, SaysWhatWasOutOfTheOrdinary) {
  Record record = answeredRecord();
  record.phases = {};
  record.code = 499;
  record.aborted = AbortPhase::Response;
  record.backend_broke = true;
  record.attempts = 2;
  record.retry_reason = RetryReason::Reset;
  record.retry_denied = RetryDenial::Budget;
  record.request_id = {};
  record.method_text = {};
  EXPECT_EQ(textOf(record),
            "2026-01-02T03:04:05.678901Z 192.0.2.1 \"- my-service.my-company.com/path\" -> my-service 127.0.0.1:9090 "
            "499 1234B client_gone=response backend_broke attempts=2 "
            "retry_reason=reset retry_denied=budget id=-");
}

TEST(AccessLogJson, HasEveryFieldInItsPlace) {
  EXPECT_EQ(
      jsonOf(answeredRecord()),
      R"({"time":"2026-01-02T03:04:05.678901Z","request_id":"4bf92f3577b34da6","client_ip":"192.0.2.1",)"
      R"("peer":"198.51.100.200:54321","listener":"[2001:db8:1:2:3:4:5:6]:8080","proto":"HTTP/1.1","method":"GET",)"
      R"("host":"my-service.my-company.com","path":"/path","service":"my-service","backend":"127.0.0.1:9090",)"
      R"("backend_address":"127.0.0.1:9090","attempts":1,"retry_reason":null,"retry_denied":null,"code":200,)"
      R"("origin":"backend","reason":null,"bytes_in":100,"bytes_out":1234,)"
      R"("t_total":0.002200,"t_receive":0.000010,"t_queue":null,"t_connect":0.000300,"t_send":0.000080,"t_wait":0.001910,)"
      R"("t_backend_receive":0.000030,"t_response":0.000040,"t_overhead":0.000050,"conn_reused":false,)"
      R"("user_agent":"curl/7.88.1","aborted":null})");
}

TEST(AccessLogJson, MarksWhatIsUnknownWithNull) {
  Record record = unroutedRecord();
  record.version = http::Version::Http10;
  record.conn_reused = true;
  record.aborted = AbortPhase::Request;
  EXPECT_EQ(
      jsonOf(record),
      R"({"time":"2026-01-02T03:04:05.678901Z","request_id":"4bf92f3577b34da6","client_ip":"192.0.2.1",)"
      R"("peer":"198.51.100.200:54321","listener":"[2001:db8:1:2:3:4:5:6]:8080","proto":"HTTP/1.0",)"
      R"("method":"GET","host":"nope.example","path":"/path","service":"_none","backend":null,)"
      R"("backend_address":null,"attempts":0,"retry_reason":null,"retry_denied":null,)"
      R"("code":404,"origin":"proxy","reason":"no_route","bytes_in":100,"bytes_out":1234,"t_total":0.000100,)"
      R"("t_receive":0.000010,"t_queue":null,"t_connect":null,"t_send":null,"t_wait":null,"t_backend_receive":null,)"
      R"("t_response":0.000005,"t_overhead":null,"conn_reused":true,"user_agent":"curl/7.88.1",)"
      R"("aborted":"request"})");
}

TEST(AccessLogJson, ReadsBackAsWhatItWas) {
  Record record = answeredRecord();
  record.user_agent = "a\"b\\c\n\xc3\xbc\xff";
  const nlohmann::json read = nlohmann::json::parse(jsonOf(record));
  EXPECT_EQ(read.size(), 32U);
  EXPECT_EQ(read["user_agent"], "a\"b\\c\n\xc3\xbc\xef\xbf\xbd");
  EXPECT_EQ(read["bytes_out"], 1234);
  EXPECT_DOUBLE_EQ(read["t_wait"].get<double>(), 0.00191);
  EXPECT_TRUE(read["reason"].is_null());
}

// Whatever a client sends: one line, valid JSON, printable text.
TEST(AccessLog, SurvivesAnyBytes) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string noise[5];
    for (std::string& one : noise) {
      one.resize(random() % 40);
      for (char& c : one) c = static_cast<char>(random() % 256);
    }
    Record record = answeredRecord();
    record.method_text = noise[0];
    record.host = noise[1];
    record.path = noise[2];
    record.user_agent = noise[3];
    record.request_id = noise[4];
    record.detail = noise[0];
    record.reason = Reason::BadRequest;
    const std::string json = jsonOf(record);
    EXPECT_TRUE(nlohmann::json::accept(json)) << json;
    for (const std::string& line : {json, textOf(record)}) {
      for (const char c : line) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << line;
    }
  }
}

TEST(AccessLog, NeverWritesAQuery) {
  Record record = answeredRecord();
  record.path = "/login?token=secret";
  EXPECT_EQ(jsonOf(record).find("secret"), std::string::npos);
  EXPECT_EQ(textOf(record).find("secret"), std::string::npos);
  EXPECT_NE(jsonOf(record).find("\"path\":\"/login\""), std::string::npos);
}

TEST(AccessLog, AppendsToWhatIsThere) {
  std::string out = "before ";
  formatText(answeredRecord(), out);
  EXPECT_TRUE(out.starts_with("before 2026-")) << out;
}

TEST(AccessLog, AllocatesNothingOnAStringThatHasGrown) {
  Record record = answeredRecord();
  record.user_agent = "quote \" and a long tail that no small string holds, with \xff in it";
  record.reason = Reason::BackendClosed;
  record.detail = "the backend closed the connection before it had answered";
  record.aborted = AbortPhase::Response;
  for (auto* format : {&formatText, &formatJson}) {
    std::string out;
    format(record, out);
    const std::size_t before = allocationCount();
    for (int i = 0; i < 100; ++i) {
      out.clear();
      format(record, out);
    }
    EXPECT_EQ(allocationCount(), before);
  }
  const std::size_t before = allocationCount();
  std::string(100, 'x').clear();
  EXPECT_GT(allocationCount(), before) << "the count itself must work";
}

}  // namespace
}  // namespace lb::observe
