// See bad_requests.h.
#include "sim/actor/bad_requests.h"

#include <array>

namespace sim::actor {
namespace {

#define HEAD_ "Host: $HOST\r\nX-Sim-Id: $ID\r\n"

constexpr std::array kRows{
    BadRequest{"two lengths", "POST / HTTP/1.1\r\n" HEAD_ "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", true},
    BadRequest{"length list", "POST / HTTP/1.1\r\n" HEAD_ "Content-Length: 3, 3\r\n\r\nabc", true},
    BadRequest{"signed length", "POST / HTTP/1.1\r\n" HEAD_ "Content-Length: +3\r\n\r\nabc", true},
    BadRequest{"length and chunked",
               "POST / HTTP/1.1\r\n" HEAD_ "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
    BadRequest{"chunked and length",
               "POST / HTTP/1.1\r\n" HEAD_ "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", true},
    BadRequest{"chunked twice", "POST / HTTP/1.1\r\n" HEAD_ "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
               true},
    BadRequest{"identity", "POST / HTTP/1.1\r\n" HEAD_ "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n", true},
    BadRequest{"xchunked", "POST / HTTP/1.1\r\n" HEAD_ "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", true},
    BadRequest{"space before colon", "POST / HTTP/1.1\r\n" HEAD_ "Content-Length : 3\r\n\r\nabc", true},
    BadRequest{"folded", "POST / HTTP/1.1\r\n" HEAD_ "X: a\r\n b\r\n\r\n", true},
    BadRequest{"bare line feed", "GET / HTTP/1.1\r\n" HEAD_ "X: a\nY: b\r\n\r\n", true},
    BadRequest{"bare carriage return", "GET / HTTP/1.1\r\n" HEAD_ "X: a\rY: b\r\n\r\n", true},
    BadRequest{"chunked in HTTP/1.0", "POST / HTTP/1.0\r\n" HEAD_ "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
    BadRequest{"two hosts", "GET / HTTP/1.1\r\n" HEAD_ "Host: $HOST\r\n\r\n", true},
    BadRequest{"no host", "GET / HTTP/1.1\r\nX-Sim-Id: $ID\r\n\r\n", true},
    BadRequest{"two spaces", "GET  / HTTP/1.1\r\n" HEAD_ "\r\n", true},
    BadRequest{"no colon", "GET / HTTP/1.1\r\n" HEAD_ "nonsense\r\n\r\n", true},
    BadRequest{"HTTP/1.2", "GET / HTTP/1.2\r\n" HEAD_ "\r\n", true},
    BadRequest{"not HTTP", "\x16\x03\x01\x02\r\n\r\n", true},
    BadRequest{"chunk size with 0x",
               "POST / HTTP/1.1\r\n" HEAD_ "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", false},
    BadRequest{"chunk size overflows",
               "POST / HTTP/1.1\r\n" HEAD_ "Transfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n",
               false},
    BadRequest{"negative chunk", "POST / HTTP/1.1\r\n" HEAD_ "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
               false},
    BadRequest{"data longer than its size",
               "POST / HTTP/1.1\r\n" HEAD_ "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", false},
    BadRequest{"other bytes behind the data",
               "POST / HTTP/1.1\r\n" HEAD_ "Transfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n\r\n", false},
    BadRequest{"line feed behind the data",
               "POST / HTTP/1.1\r\n" HEAD_ "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\n0\r\n\r\n", false},
    BadRequest{"carriage return behind the data",
               "POST / HTTP/1.1\r\n" HEAD_ "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\rX0\r\n\r\n", false},
    BadRequest{"line feed after the size",
               "POST / HTTP/1.1\r\n" HEAD_ "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", false},
    BadRequest{"length as a trailer",
               "POST / HTTP/1.1\r\n" HEAD_
               "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n",
               false},
};
#undef HEAD_

void replaceAll(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

}  // namespace

std::span<const BadRequest> badRequests() {
  return kRows;
}

std::string badRequestText(const BadRequest& row, const std::string& host, std::uint64_t id) {
  std::string text = row.text;
  replaceAll(text, "$HOST", host);
  replaceAll(text, "$ID", std::to_string(id));
  return text + "GET /smuggled HTTP/1.1\r\nHost: " + host + "\r\nX-Sim-Id: smuggled\r\n\r\n";
}

}  // namespace sim::actor
