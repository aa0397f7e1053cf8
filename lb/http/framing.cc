#include "lb/http/framing.h"

#include <limits>

#include "lb/http/chars.h"

namespace lb::http {
namespace {

constexpr std::uint64_t kLengthMax = std::numeric_limits<std::int64_t>::max();

// What the framing fields say, before method and status are looked at.
struct Declared {
  bool chunked = false;
  bool has_length = false;
  std::uint64_t length = 0;
};

std::optional<std::uint64_t> parseLength(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (!is(kDigit, c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (kLengthMax - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

// Called when the value is anything but exactly "chunked": is that a coding that others may know, or nonsense?
Problem transferCodingProblem(std::string_view list) {
  for (;;) {
    const std::size_t comma = list.find(',');
    const std::string_view item = list.substr(0, comma);
    const std::string_view name = trim(item.substr(0, item.find(';')));
    if (isToken(name) && !equalsIgnoreCase(name, "chunked")) return {501, "unknown transfer coding"};
    if (comma == std::string_view::npos) return {400, "malformed Transfer-Encoding"};
    list.remove_prefix(comma + 1);
  }
}

std::expected<Declared, Problem> declaredFraming(const Fields& fields, Version version) {
  Declared declared;
  if (!fields.hadAny(bitOf(FieldId::TransferEncoding) | bitOf(FieldId::ContentLength))) return declared;
  std::string_view length_text;
  std::string_view coding;
  std::size_t codings = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields.dropped(i)) continue;
    if (fields.id(i) == FieldId::TransferEncoding) {
      coding = fields.value(i);
      ++codings;
    } else if (fields.id(i) == FieldId::ContentLength) {
      if (declared.has_length && fields.value(i) != length_text) {
        return std::unexpected(Problem{400, "differing Content-Length fields"});
      }
      length_text = fields.value(i);
      declared.has_length = true;
    }
  }
  if (declared.has_length) {
    const std::optional<std::uint64_t> length = parseLength(length_text);
    if (!length) return std::unexpected(Problem{400, "malformed Content-Length"});
    declared.length = *length;
  }
  if (codings == 0) return declared;
  if (declared.has_length) return std::unexpected(Problem{400, "Content-Length with Transfer-Encoding"});
  if (version == Version::Http10) return std::unexpected(Problem{400, "Transfer-Encoding in HTTP/1.0"});
  if (codings > 1) return std::unexpected(Problem{400, "repeated Transfer-Encoding"});
  if (!equalsIgnoreCase(coding, "chunked")) return std::unexpected(transferCodingProblem(coding));
  declared.chunked = true;
  return declared;
}

}  // namespace

std::expected<Framing, Problem> requestFraming(const RequestHead& head) {
  const auto declared = declaredFraming(head.fields, head.version);
  if (!declared) return std::unexpected(declared.error());
  if (declared->chunked) return Framing{.kind = BodyKind::Chunked};
  if (declared->has_length) return Framing{.kind = BodyKind::Length, .length = declared->length};
  return Framing{};
}

std::expected<Framing, Problem> responseFraming(const ResponseHead& head, Method request_method) {
  // Judged even where the status rules out a body: what cannot be understood is not passed on.
  const auto declared = declaredFraming(head.fields, head.version);
  if (!declared) return std::unexpected(Problem{502, declared.error().what});
  if (head.status < 200 || head.status == 204) return Framing{};
  if (request_method == Method::Head || head.status == 304) {
    return Framing{.kind = BodyKind::None, .length = declared->length, .declared = declared->has_length};
  }
  if (declared->chunked) return Framing{.kind = BodyKind::Chunked};
  if (declared->has_length) return Framing{.kind = BodyKind::Length, .length = declared->length};
  return Framing{.kind = BodyKind::UntilClose};
}

}  // namespace lb::http
