// Field lines up to the empty line that ends them (RFC 9112 5), shared by heads and trailer sections. Internal to
// lb/http.
//
// The scan is resumable at every byte, and each verdict belongs to one byte: that is why it cannot depend on how the
// bytes were cut into reads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lb/buf/buffer.h"
#include "lb/http/message.h"

namespace lb::http {

class FieldSection {
 public:
  void start(std::uint32_t begin) { *this = FieldSection(begin); }
  FieldSection() = default;

  // Scans fields.bytes() up to `end` and adds each complete field. Done: position() is behind the empty line.
  // Bad: position() is at the byte that was refused.
  [[nodiscard]] ParseStatus scan(Fields& fields, std::uint32_t end, std::size_t fields_max, Problem& problem);
  [[nodiscard]] std::uint32_t position() const { return position_; }

 private:
  enum class State : std::uint8_t { LineStart, Name, ValueStart, Value, LineEnd, SectionEnd };
  explicit FieldSection(std::uint32_t begin) : position_(begin) {}
  static const char* takeWholeLines(Fields& fields, const char* p, const char* stop, std::size_t fields_max);
  static void addField(Fields& fields, std::uint32_t name_begin, std::uint32_t name_end, std::uint32_t value_begin,
                       std::uint32_t value_end);

  State state_ = State::LineStart;
  std::uint32_t position_ = 0;
  std::uint32_t name_begin_ = 0;
  std::uint32_t name_end_ = 0;
  std::uint32_t value_begin_ = 0;
  std::uint32_t value_end_ = 0;
};

// Feeds `in` to scan(end), which looks at `bytes` up to `end` and leaves *position where it stopped, in steps that are
// large enough for most heads and small enough not to copy much of a body behind one. `bytes_max` limits what scan may
// see; one more byte without Done is `too_large`. It may be less than was scanned already, where a reload has lowered
// it. Consumes exactly what was scanned.
template <class Scan>
ParseStatus feed(buf::Buffer& in, std::string& bytes, std::size_t bytes_max, const std::uint32_t& position, Scan scan) {
  constexpr std::size_t kStep = 2048;
  while (!in.empty()) {
    const std::string_view piece = in.front().substr(0, kStep);
    const std::size_t before = bytes.size();
    bytes.append(piece);
    const std::size_t end = std::min(bytes.size(), std::max(bytes_max, before));
    const ParseStatus status = scan(static_cast<std::uint32_t>(end), end < bytes.size());
    if (status == ParseStatus::NeedMore) {
      in.consume(piece.size());
      continue;
    }
    bytes.resize(position);
    in.consume(position - before);
    return status;
  }
  return ParseStatus::NeedMore;
}

}  // namespace lb::http
