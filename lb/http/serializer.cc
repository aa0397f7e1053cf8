#include "lb/http/serializer.h"

#include <array>
#include <charconv>
#include <cstring>

#include "lb/base/check.h"

// Each head is described once, as a sequence of pieces given to a sink. Nearly always there is room for it in one piece
// of the buffer, and they are copied there; else they are appended one by one.

namespace lb::http {
namespace {

struct MemorySink {
  char* at;
  void put(std::string_view piece) {
    std::memcpy(at, piece.data(), piece.size());
    at += piece.size();
  }
};

struct BufferSink {
  buf::Buffer& buffer;
  void put(std::string_view piece) { buffer.append(piece); }
};

class Decimal {
 public:
  explicit Decimal(std::uint64_t value) {
    end_ = std::to_chars(digits_.data(), digits_.data() + digits_.size(), value).ptr;
  }
  [[nodiscard]] std::string_view text() const {
    return {digits_.data(), static_cast<std::size_t>(end_ - digits_.data())};
  }

 private:
  std::array<char, 20> digits_;
  char* end_;
};

// Framing and connection fields are written from Framing and lineage, whatever is left of them in the list.
bool isGenerated(FieldId id) {
  return id == FieldId::ContentLength || id == FieldId::TransferEncoding || id == FieldId::Connection;
}

// Does the field stand in its bytes as "name: value" CRLF? Then neighbours that do can be copied in one piece.
bool isCanonical(std::string_view bytes, const Fields::Field& field) {
  const std::size_t value_end = std::size_t{field.value_begin} + field.value_size;
  return field.value_begin == field.name_begin + field.name_size + 2 && bytes[field.value_begin - 1] == ' ' &&
         value_end + 2 <= bytes.size() && bytes[value_end] == '\r' && bytes[value_end + 1] == '\n';
}

template <class Sink>
void putFields(Sink& sink, const Fields& fields, bool drop_host) {
  const std::string_view bytes = fields.bytes();
  std::size_t run_begin = 0;
  std::size_t run_end = 0;
  const auto flush = [&] { sink.put(bytes.substr(run_begin, run_end - run_begin)); };
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Fields::Field& field = fields.at(i);
    if (field.dropped || isGenerated(field.id) || (drop_host && field.id == FieldId::Host)) continue;
    if (isCanonical(bytes, field)) {
      if (field.name_begin != run_end) {
        flush();
        run_begin = field.name_begin;
      }
      run_end = std::size_t{field.value_begin} + field.value_size + 2;
      continue;
    }
    flush();
    run_begin = run_end = 0;
    sink.put(fields.name(i));
    sink.put(": ");
    sink.put(fields.value(i));
    sink.put("\r\n");
  }
  flush();
}

template <class Sink>
void putLength(Sink& sink, const Decimal& length) {
  sink.put("Content-Length: ");
  sink.put(length.text());
  sink.put("\r\n");
}

template <class Sink>
void putConnection(Sink& sink, bool close, std::string_view upgrade) {
  if (!upgrade.empty()) {
    sink.put(close ? "Connection: close, upgrade\r\nUpgrade: " : "Connection: upgrade\r\nUpgrade: ");
    sink.put(upgrade);
    sink.put("\r\n");
  } else if (close) {
    sink.put("Connection: close\r\n");
  }
}

// What the pieces of a head can come to: its bytes hold start line and fields, written with at most `name: value CRLF`
// instead of `name:value CRLF`; `extra` is what stands elsewhere; all the rest is constant text and two numbers.
std::size_t bytesMax(const Fields& fields, std::size_t extra) {
  constexpr std::size_t kConstantMax = 256;
  return fields.bytes().size() + fields.size() + extra + kConstantMax;
}

template <class Put>
void write(buf::Buffer& out, std::size_t bytes_max, const Put& put) {
  buf::Buffer::SpaceArray storage;
  const auto spaces = out.reserve(bytes_max, storage);
  if (spaces.front().size() >= bytes_max) {
    char* const begin = reinterpret_cast<char*>(spaces.front().data());
    MemorySink memory{begin};
    put(memory);
    const auto written = static_cast<std::size_t>(memory.at - begin);
    LB_CHECK(written <= bytes_max);
    out.commit(written);
    return;
  }
  out.commit(0);
  BufferSink pieces{out};
  put(pieces);
}

}  // namespace

void writeRequestHead(const RequestHead& head, const Framing& framing, const RequestLineage& lineage,
                      buf::Buffer& out) {
  const Decimal length(framing.length);
  write(out, bytesMax(head.fields, head.authority.size() + lineage.upgrade.size()), [&](auto& sink) {
    sink.put(head.methodText());
    sink.put(" ");
    sink.put(head.path());
    sink.put(" HTTP/1.1\r\nHost: ");
    sink.put(head.authority);
    sink.put("\r\n");
    putFields(sink, head.fields, true);
    if (framing.kind == BodyKind::Length) putLength(sink, length);
    if (framing.kind == BodyKind::Chunked) sink.put("Transfer-Encoding: chunked\r\n");
    putConnection(sink, lineage.close, lineage.upgrade);
    sink.put("\r\n");
  });
}

void writeResponseHead(const ResponseHead& head, const Framing& framing, const ResponseLineage& lineage,
                       buf::Buffer& out) {
  const bool http10 = lineage.client_version == Version::Http10;
  const bool framed = head.status >= 200 && head.status != 204;
  LB_CHECK(!framed || framing.kind != BodyKind::UntilClose || lineage.close);
  LB_CHECK(!framed || framing.kind != BodyKind::Chunked || !http10);
  const Decimal status(head.status);
  const Decimal length(framing.length);
  write(out, bytesMax(head.fields, lineage.upgrade.size()), [&](auto& sink) {
    sink.put("HTTP/1.1 ");
    sink.put(status.text());
    sink.put(" ");
    sink.put(head.reason());
    sink.put("\r\n");
    putFields(sink, head.fields, false);
    if (framed) {
      const bool described = framing.kind == BodyKind::None && framing.declared;
      if (framing.kind == BodyKind::Length || described) putLength(sink, length);
      if (framing.kind == BodyKind::Chunked) sink.put("Transfer-Encoding: chunked\r\n");
    }
    putConnection(sink, lineage.close, lineage.upgrade);
    if (http10 && !lineage.close && lineage.upgrade.empty() && head.status >= 200)
      sink.put("Connection: keep-alive\r\n");
    sink.put("\r\n");
  });
}

}  // namespace lb::http
