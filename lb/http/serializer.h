// Heads to bytes, HTTP/1.1. Fields that are not dropped keep their order, case and values; framing and connection
// fields are generated here and nowhere else. Call dropHopByHop first: what remains is written as it is.
#pragma once

#include <string_view>

#include "lb/buf/buffer.h"
#include "lb/http/message.h"

namespace lb::http {

struct RequestLineage {
  bool close = false;        // write "Connection: close"
  std::string_view upgrade;  // not empty: "Connection: upgrade" and "Upgrade: <this>"
};
// "METHOD path HTTP/1.1", Host (the head's authority) first, then the fields, then framing and Connection.
// Length writes Content-Length, Chunked writes Transfer-Encoding, None neither.
void writeRequestHead(const RequestHead& head, const Framing& framing, const RequestLineage& lineage, buf::Buffer& out);

struct ResponseLineage {
  Version client_version = Version::Http11;  // 1.0: needs an explicit keep-alive, knows no chunked
  bool close = false;
  std::string_view upgrade;
};
// Always "HTTP/1.1 status reason" (RFC 9112 2.3: our own version). 1xx other than 101 and 204 never get framing.
// UntilClose needs close. REQUIRES: not Chunked for an HTTP/1.0 client. Adds no Date.
void writeResponseHead(const ResponseHead& head, const Framing& framing, const ResponseLineage& lineage,
                       buf::Buffer& out);

}  // namespace lb::http
