// Heads that are understood or refused, and bodies whose every byte is known.
#include "sim/model/fast_http.h"

#include <gtest/gtest.h>

namespace sim::model {
namespace {

struct Row {
  const char* name;
  HeadKind kind;
  const char* text;
  HeadStatus expected;
};

constexpr Row kRows[] = {
    {"request", HeadKind::Request, "GET / HTTP/1.1\r\nHost: a\r\nX-Afe-Sim-Id: 7\r\n\r\n", HeadStatus::Complete},
    {"cut", HeadKind::Request, "GET / HTTP/1.1\r\nHost: a\r\n", HeadStatus::Partial},
    {"other version", HeadKind::Request, "GET / HTTP/1.0\r\n\r\n", HeadStatus::Bad},
    {"number that is none", HeadKind::Request, "GET / HTTP/1.1\r\nX-Afe-Sim-Id: 7a\r\n\r\n", HeadStatus::Bad},
    {"two numbers", HeadKind::Request, "GET / HTTP/1.1\r\nX-Afe-Sim-Id: 7\r\nX-Afe-Sim-Id: 7\r\n\r\n", HeadStatus::Bad},
    {"others' fields", HeadKind::Request, "GET / HTTP/1.1\r\nX-Id: a\r\nX-Backend: b\r\nX-Answer: c\r\n\r\n",
     HeadStatus::Complete},
    {"chunked", HeadKind::Request, "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", HeadStatus::Bad},
    {"field without colon", HeadKind::Request, "GET / HTTP/1.1\r\nHost\r\n\r\n", HeadStatus::Bad},
    {"response", HeadKind::Response, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", HeadStatus::Complete},
    {"response of unknown length", HeadKind::Response, "HTTP/1.1 200 OK\r\n\r\n", HeadStatus::Bad},
    {"interim response", HeadKind::Response, "HTTP/1.1 100 Continue\r\n\r\n", HeadStatus::Bad},
    {"no response", HeadKind::Response, "HTTP/1.1 2x0 OK\r\ncontent-length: 5\r\n\r\n", HeadStatus::Bad},
};

TEST(FastHttp, UnderstandsOrRefuses) {
  for (const Row& row : kRows) {
    FastHead head;
    EXPECT_EQ(parseHead(row.kind, row.text, head), row.expected) << row.name;
  }
}

TEST(FastHttp, ReadsTheFieldsThatMatter) {
  FastHead head;
  const std::string text =
      "HTTP/1.1 503 No\r\nX-AFE-SIM-BACKEND: 12\r\nx-afe-sim-id: 99\r\nConnection: Close\r\nContent-Length: 4\r\n\r\n"
      "body";
  ASSERT_EQ(parseHead(HeadKind::Response, text, head), HeadStatus::Complete);
  EXPECT_EQ(head.status, 503);
  EXPECT_EQ(head.backend, 12U);
  EXPECT_EQ(head.id, 99U);
  EXPECT_TRUE(head.close);
  EXPECT_EQ(head.body_bytes, 4U);
  EXPECT_EQ(text.substr(head.bytes), "body");
}

TEST(FastHttp, ReadsWhyTheProxyAnswersAndHowMuchIsWanted) {
  FastHead head;
  const std::string answer =
      "HTTP/1.1 502 Bad Gateway\r\nProxy-Status: lb; error=connect_failed; details=x\r\nContent-Length: 0\r\n\r\n";
  ASSERT_EQ(parseHead(HeadKind::Response, answer, head), HeadStatus::Complete);
  EXPECT_EQ(head.proxy_error, "connect_failed");
  ASSERT_EQ(parseHead(HeadKind::Request, "GET / HTTP/1.1\r\nX-Afe-Sim-Answer: 70\r\n\r\n", head), HeadStatus::Complete);
  EXPECT_EQ(head.answer, 70U);
  EXPECT_EQ(head.proxy_error, "");
}

TEST(FastHttp, KnowsEveryByteOfABody) {
  std::string body;
  appendBody(body, 1234, 0, 20'000);
  ASSERT_EQ(body.size(), 20'000U);
  EXPECT_TRUE(isBody(body, 1234, 0));
  EXPECT_TRUE(isBody(std::string_view(body).substr(5000), 1234, 5000));
  EXPECT_FALSE(isBody(body, 1235, 0));
  EXPECT_FALSE(isBody(std::string_view(body).substr(4096), 1234, 0));
  for (const std::size_t at : {std::size_t{0}, std::size_t{9999}, body.size() - 1}) {
    std::string wrong = body;
    wrong[at] ^= 1;
    EXPECT_FALSE(isBody(wrong, 1234, 0)) << at;
  }
}

}  // namespace
}  // namespace sim::model
