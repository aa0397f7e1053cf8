// Whatever our codec accepts, llhttp must accept with the same meaning: method, target, status, fields, body and the
// place where the message ends. (llhttp accepts much that we refuse; that is not compared.)
//
// Differences that are meant, with what is done about them here:
// - Methods: llhttp knows a fixed list, RFC 9110 9.1 makes the set open. Messages with other methods are not compared.
// - Targets: llhttp reads absolute forms with its own URL grammar. It refuses some characters of a registered name and
//   percent-escapes in the authority, and knows no IPv6 characters outside brackets. Only origin form and plain
//   absolute forms are compared.
// - Repeated identical Content-Length: merged by us (RFC 9110 8.6), refused by llhttp. Not compared.
// - A tab behind a framing field's value: white space for us (RFC 9110 5.6.3), refused by llhttp. Not compared.
// - Quoted values of chunk extensions: llhttp knows no escapes and fewer characters. Its refusal of one is accepted.
// - Values: llhttp leaves white space at the end of a value in place. It is trimmed before comparing.
// - Status line without a space after the code: both accept.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "lb/http/body_decoder.h"
#include "lb/http/chars.h"
#include "lb/http/framing.h"
#include "lb/http/head_parser.h"
#include "unit/http/llhttp_run.h"
#include "unit/http/splits.h"

namespace lb::http::test {
namespace {

// Our side of the comparison, in the same form.
struct Ours {
  bool complete = false;
  bool until_close = false;
  bool comparable = true;
  LlhttpResult message;
};

void copyFields(const Fields& fields, std::vector<std::pair<std::string, std::string>>& to) {
  for (std::size_t i = 0; i < fields.size(); ++i) to.emplace_back(fields.name(i), fields.value(i));
}

bool tabBehindFraming(const Fields& fields) {
  const std::string_view bytes = fields.bytes();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields.id(i) != FieldId::ContentLength && fields.id(i) != FieldId::TransferEncoding) continue;
    const std::string_view behind = bytes.substr(fields.at(i).value_begin + fields.at(i).value_size);
    if (behind.substr(0, behind.find('\r')).find('\t') != std::string_view::npos) return true;
  }
  return false;
}

void finish(Ours& ours, const Fields& fields, const Framing& framing, buf::BlockPool& pool, buf::Buffer& in,
            std::size_t input_size) {
  buf::Buffer body(pool);
  BodyDecoder decoder;
  decoder.start(framing);
  const ParseStatus status = decoder.decode(in, body, {});
  ours.until_close = framing.kind == BodyKind::UntilClose;
  ours.complete = status == ParseStatus::Done || (status == ParseStatus::NeedMore && ours.until_close);
  ours.comparable = ours.comparable && fields.count(FieldId::ContentLength) < 2 && !tabBehindFraming(fields);
  ours.message.body = body.toString();
  ours.message.bytes = input_size - in.size();
  copyFields(fields, ours.message.fields);
  copyFields(decoder.trailers(), ours.message.trailers);
}

bool plainTarget(const RequestHead& head) {
  const std::string_view target = head.target();
  if (target.front() == '/' || target == "*") return true;
  for (const char c : head.authority) {
    if (!is(kHexDigit, c) && c != '.' && c != ':') return false;
  }
  return target.starts_with("http");
}

Ours readRequest(std::string_view input) {
  Ours ours;
  buf::BlockPool pool;
  buf::Buffer in(pool);
  in.append(input);
  RequestParser parser;
  RequestHead head;
  if (parser.parse(in, {}, head) != ParseStatus::Done) return ours;
  const auto framing = requestFraming(head);
  if (!framing) return ours;
  ours.message.method = head.methodText();
  ours.message.target = head.target();
  ours.comparable = head.method != Method::Other && plainTarget(head);
  finish(ours, head.fields, *framing, pool, in, input.size());
  return ours;
}

Ours readResponse(std::string_view input, Method method) {
  Ours ours;
  buf::BlockPool pool;
  buf::Buffer in(pool);
  in.append(input);
  ResponseParser parser;
  ResponseHead head;
  if (parser.parse(in, {}, head) != ParseStatus::Done) return ours;
  const auto framing = responseFraming(head, method);
  if (!framing) return ours;
  ours.message.status = head.status;
  finish(ours, head.fields, *framing, pool, in, input.size());
  return ours;
}

void trimValues(std::vector<std::pair<std::string, std::string>>& fields) {
  for (auto& [name, value] : fields) value = trim(std::string(value));
}

// Returns whether the input was compared at all.
bool compare(const Ours& ours, LlhttpResult theirs, std::string_view input) {
  if (!ours.complete || !ours.comparable) return false;
  if (theirs.error.find("chunk extensions quoted value") != std::string::npos) return true;
  SCOPED_TRACE(testing::PrintToString(std::string(input)));
  trimValues(theirs.fields);
  trimValues(theirs.trailers);
  EXPECT_TRUE(theirs.complete || ours.until_close) << "refused by llhttp: " << theirs.error;
  EXPECT_EQ(theirs.error, "");
  EXPECT_EQ(ours.message.method, theirs.method);
  EXPECT_EQ(ours.message.target, theirs.target);
  EXPECT_EQ(ours.message.status, theirs.status);
  EXPECT_EQ(ours.message.fields, theirs.fields);
  EXPECT_EQ(ours.message.trailers, theirs.trailers);
  EXPECT_EQ(ours.message.body, theirs.body);
  EXPECT_EQ(ours.message.bytes, theirs.bytes);
  return true;
}

bool compareRequest(std::string_view input) {
  return compare(readRequest(input), runLlhttp(true, false, input, false), input);
}

bool compareResponse(std::string_view input, Method method) {
  return compare(readResponse(input, method), runLlhttp(false, method == Method::Head, input, true), input);
}

const std::string kRequests[] = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /x HTTP/1.0\r\n\r\n",
    "\r\nHEAD /a?b=c&d HTTP/1.1\r\nHost: a.b:80\r\nUser-Agent: x\r\n\r\nGET",
    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /",
    "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
    "chunked\r\n\r\n5\r\nhello\r\n1a;a=b\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\nGET",
    "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\"b\\\"c\";d\r\nx\r\n0;e\r\nA: b\r\nC:d "
    "\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http://ab.cd:80/p?q HTTP/1.1\r\nHost: a\r\nX:\r\nY: \t z \t\r\n\r\n",
    "DELETE /d HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close, x\r\nContent-Length: 0\r\n\r\nPOST",
    "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nxyz",
    "PATCH /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\nX: \xc3\xa4\r\n\r\nabc",
};

const std::string kResponses[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1",
    "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\nX",
    "HTTP/1.0 200 OK\r\nServer: x\r\n\r\nuntil close",
    "HTTP/1.1 204 No Content\r\nA: b\r\n\r\nHTTP",
    "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 5\r\n\r\nHTTP",
    "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\nHTTP",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
    "HTTP/1.1 500 Oh\tno \xe9\r\nSet-Cookie: a=b; c\r\nSet-Cookie: d\r\nContent-Length: 2\r\n\r\nabc",
};

// Small, plausible damage: most mutants stay near the border between valid and invalid.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  template <std::size_t kCount>
  std::string mutate(const std::string (&corpus)[kCount]) {
    std::string text = corpus[below(kCount)];
    for (std::size_t i = 1 + below(3); i > 0; --i) once(text, corpus[below(kCount)]);
    return text;
  }

 private:
  static constexpr auto kPieces = std::to_array<std::string_view>({
      " ",
      "\t",
      "\r",
      "\n",
      "\r\n",
      "\r\n\r\n",
      ":",
      ";",
      ",",
      "=",
      "\"",
      "0",
      "1",
      "7",
      "a",
      "F",
      "x",
      "/",
      "?",
      "*",
      "%41",
      "\\",
      "[",
      "]",
      "@",
      "#",
      "_",
      "-",
      "+",
      "\x7f",
      "\x80",
      "\xff",
      std::string_view("\0", 1),
      "\v",
      "0x",
      "HTTP/1.1",
      "Host: b\r\n",
      "Content-Length: 3\r\n",
      "Transfer-Encoding: chunked\r\n",
      "chunked",
      "gzip, ",
      "Connection: close\r\n",
      "X-A: b\r\n",
      "A:",
      ";a=b",
      ";c=\"d e\"",
      "0\r\n\r\n",
      "200",
      "GET ",
      "Upgrade: h2c\r\n",
  });

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  void once(std::string& text, const std::string& other) {
    const std::size_t at = below(text.size() + 1);
    const std::string_view piece = kPieces[below(kPieces.size())];
    switch (below(6)) {
      case 0: text.insert(at, piece); break;
      case 1: text.erase(at, 1 + below(3)); break;
      case 2: text.replace(at, 1, piece); break;
      case 3: text.insert(at, text.substr(below(text.size() + 1), below(20))); break;
      case 4: text.replace(at, below(8), other.substr(below(other.size()), below(30))); break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(random_());
        break;
    }
  }

  std::mt19937_64 random_;
};

constexpr int kMutants = 100'000;  // of requests, and as many of responses
constexpr int kComparedMin = kMutants / 20;

TEST(Differential, RequestsOfTheCorpus) {
  for (const std::string& input : kRequests) EXPECT_TRUE(compareRequest(input)) << input;
}

TEST(Differential, ResponsesOfTheCorpus) {
  for (const std::string& input : kResponses) {
    EXPECT_TRUE(compareResponse(input, Method::Get)) << input;
    EXPECT_TRUE(compareResponse(input.substr(0, input.find("\r\n\r\n") + 4), Method::Head)) << input;
  }
}

TEST(Differential, MutatedRequests) {
  Mutator mutator(20240607);
  int compared = 0;
  for (int i = 0; i < kMutants && !HasNonfatalFailure(); ++i)
    compared += compareRequest(mutator.mutate(kRequests)) ? 1 : 0;
  EXPECT_GT(compared, kComparedMin);
}

TEST(Differential, MutatedResponses) {
  Mutator mutator(20240608);
  int compared = 0;
  for (int i = 0; i < kMutants && !HasNonfatalFailure(); ++i) {
    const Method method = i % 4 == 0 ? Method::Head : Method::Get;
    compared += compareResponse(mutator.mutate(kResponses), method) ? 1 : 0;
  }
  EXPECT_GT(compared, kComparedMin);
}

}  // namespace
}  // namespace lb::http::test
