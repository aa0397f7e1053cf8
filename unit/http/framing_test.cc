// How a body is delimited, for every combination of fields that matters.
#include "lb/http/framing.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "unit/http/splits.h"

namespace lb::http::test {
namespace {

using FieldList = std::vector<std::pair<const char*, const char*>>;

std::string show(const std::expected<Framing, Problem>& framing) {
  if (!framing) return std::to_string(framing.error().status) + " " + framing.error().what;
  switch (framing->kind) {
    case BodyKind::None: return framing->declared ? "none, declared " + std::to_string(framing->length) : "none";
    case BodyKind::Length: return "length " + std::to_string(framing->length);
    case BodyKind::Chunked: return "chunked";
    case BodyKind::UntilClose: return "until close";
  }
  return "";
}

struct RequestRow {
  Version version;
  FieldList fields;
  const char* expected;
};

constexpr Version k10 = Version::Http10;
constexpr Version k11 = Version::Http11;

const RequestRow kRequests[] = {
    {k11, {}, "none"},
    {k10, {}, "none"},
    {k11, {{"Content-Length", "0"}}, "length 0"},
    {k11, {{"content-length", "5"}}, "length 5"},
    {k10, {{"Content-Length", "5"}}, "length 5"},
    {k11, {{"Content-Length", "007"}}, "length 7"},
    {k11, {{"Content-Length", "9223372036854775807"}}, "length 9223372036854775807"},
    {k11, {{"Content-Length", "9223372036854775808"}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", "18446744073709551616"}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", "18446744073709551621"}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", ""}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", "+5"}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", "-5"}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", "0x5"}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", "5a"}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", "5 5"}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", "5.0"}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", "1e3"}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", "\"5\""}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", "5, 5"}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", "5, 6"}}, "400 malformed Content-Length"},
    {k11, {{"Content-Length", "5"}, {"A", "b"}, {"CONTENT-LENGTH", "5"}}, "length 5"},
    {k11, {{"Content-Length", "5"}, {"Content-Length", "6"}}, "400 differing Content-Length fields"},
    {k11, {{"Content-Length", "5"}, {"Content-Length", "05"}}, "400 differing Content-Length fields"},
    {k11, {{"Content-Length", "5"}, {"Content-Length", ""}}, "400 differing Content-Length fields"},
    {k11, {{"Content-Length", ""}, {"Content-Length", ""}}, "400 malformed Content-Length"},
    {k11, {{"Content_Length", "5"}}, "none"},

    {k11, {{"Transfer-Encoding", "chunked"}}, "chunked"},
    {k11, {{"transfer-encoding", "Chunked"}}, "chunked"},
    {k10, {{"Transfer-Encoding", "chunked"}}, "400 Transfer-Encoding in HTTP/1.0"},
    {k11, {{"Transfer-Encoding", "chunked"}, {"Content-Length", "5"}}, "400 Content-Length with Transfer-Encoding"},
    {k11, {{"Content-Length", "0"}, {"Transfer-Encoding", "gzip"}}, "400 Content-Length with Transfer-Encoding"},
    {k11, {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}, "400 repeated Transfer-Encoding"},
    {k11, {{"Transfer-Encoding", "gzip"}, {"Transfer-Encoding", "chunked"}}, "400 repeated Transfer-Encoding"},
    {k11, {{"Transfer-Encoding", ""}}, "400 malformed Transfer-Encoding"},
    {k11, {{"Transfer-Encoding", "chunked, chunked"}}, "400 malformed Transfer-Encoding"},
    {k11, {{"Transfer-Encoding", "chunked,"}}, "400 malformed Transfer-Encoding"},
    {k11, {{"Transfer-Encoding", ",chunked"}}, "400 malformed Transfer-Encoding"},
    {k11, {{"Transfer-Encoding", "chunked;a=b"}}, "400 malformed Transfer-Encoding"},
    {k11, {{"Transfer-Encoding", "\"chunked\""}}, "400 malformed Transfer-Encoding"},
    {k11, {{"Transfer-Encoding", "chunked foo"}}, "400 malformed Transfer-Encoding"},
    {k11, {{"Transfer-Encoding", "gzip"}}, "501 unknown transfer coding"},
    {k11, {{"Transfer-Encoding", "gzip, chunked"}}, "501 unknown transfer coding"},
    {k11, {{"Transfer-Encoding", "chunked, gzip"}}, "501 unknown transfer coding"},
    {k11, {{"Transfer-Encoding", "identity"}}, "501 unknown transfer coding"},
    {k11, {{"Transfer-Encoding", "xchunked"}}, "501 unknown transfer coding"},
    {k11, {{"Transfer-Encoding", "foo;q=\"chunked\""}}, "501 unknown transfer coding"},
};

TEST(Framing, OfRequests) {
  for (const RequestRow& row : kRequests) {
    RequestHead head;
    head.version = row.version;
    for (const auto& [name, value] : row.fields) head.fields.add(name, value);
    EXPECT_EQ(show(requestFraming(head)), row.expected) << dump(head.fields);
  }
}

struct ResponseRow {
  std::uint16_t status;
  Method method;
  FieldList fields;
  const char* expected;
  Version version = k11;
};

const ResponseRow kResponses[] = {
    {200, Method::Get, {}, "until close"},
    {200, Method::Get, {}, "until close", k10},
    {200, Method::Get, {{"Content-Length", "5"}}, "length 5"},
    {200, Method::Get, {{"Transfer-Encoding", "chunked"}}, "chunked"},
    {200, Method::Head, {}, "none"},
    {200, Method::Head, {{"Content-Length", "5"}}, "none, declared 5"},
    {200, Method::Head, {{"Transfer-Encoding", "chunked"}}, "none"},
    {304, Method::Get, {{"Content-Length", "5"}}, "none, declared 5"},
    {304, Method::Get, {}, "none"},
    {204, Method::Get, {{"Content-Length", "5"}}, "none"},
    {204, Method::Get, {{"Transfer-Encoding", "chunked"}}, "none"},
    {100, Method::Get, {{"Content-Length", "5"}}, "none"},
    {103, Method::Head, {}, "none"},
    {101, Method::Get, {}, "none"},
    {205, Method::Get, {{"Content-Length", "0"}}, "length 0"},
    {404, Method::Post, {{"Content-Length", "1"}, {"Content-Length", "1"}}, "length 1"},
    {200, Method::Get, {{"Content-Length", "1"}, {"Content-Length", "2"}}, "502 differing Content-Length fields"},
    {200, Method::Get, {{"Content-Length", "x"}}, "502 malformed Content-Length"},
    {304, Method::Get, {{"Content-Length", "x"}}, "502 malformed Content-Length"},
    {200, Method::Head, {{"Content-Length", "-1"}}, "502 malformed Content-Length"},
    {200,
     Method::Get,
     {{"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}},
     "502 Content-Length with Transfer-Encoding"},
    {200, Method::Get, {{"Transfer-Encoding", "chunked"}}, "502 Transfer-Encoding in HTTP/1.0", k10},
    {200, Method::Get, {{"Transfer-Encoding", "gzip"}}, "502 unknown transfer coding"},
    {200, Method::Get, {{"Transfer-Encoding", "gzip, chunked"}}, "502 unknown transfer coding"},
    {200,
     Method::Get,
     {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
     "502 repeated Transfer-Encoding"},
};

TEST(Framing, OfResponses) {
  for (const ResponseRow& row : kResponses) {
    ResponseHead head;
    head.status = row.status;
    head.version = row.version;
    for (const auto& [name, value] : row.fields) head.fields.add(name, value);
    EXPECT_EQ(show(responseFraming(head, row.method)), row.expected)
        << row.status << ' ' << toString(row.method) << ' ' << dump(head.fields);
  }
}

}  // namespace
}  // namespace lb::http::test
