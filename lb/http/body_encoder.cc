// The chunked coding, written (RFC 9112 7.1).
#include <array>
#include <charconv>

#include "lb/http/body_decoder.h"

namespace lb::http {

void encodeChunk(buf::Buffer& body, buf::Buffer& out) {
  if (body.empty()) return;  // a chunk of size 0 would end the body
  std::array<char, 16 + 2> line{};
  char* end = std::to_chars(line.data(), line.data() + 16, body.size(), 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(std::string_view(line.data(), static_cast<std::size_t>(end - line.data())));
  body.moveTo(out);
  out.append("\r\n");
}

void encodeLastChunk(const Fields* trailers, buf::Buffer& out) {
  out.append("0\r\n");
  for (std::size_t i = 0; trailers != nullptr && i < trailers->size(); ++i) {
    if (trailers->dropped(i)) continue;
    out.append(trailers->name(i));
    out.append(": ");
    out.append(trailers->value(i));
    out.append("\r\n");
  }
  out.append("\r\n");
}

}  // namespace lb::http
