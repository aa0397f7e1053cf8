#include "lb/observe/escape.h"

#include <array>
#include <cstddef>

namespace lb::observe {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

unsigned byteAt(std::string_view raw, std::size_t index) {
  return static_cast<unsigned char>(raw[index]);
}

// The size of the well-formed UTF-8 sequence at the start (table 3-7 of the Unicode standard), or 0. Overlong forms,
// surrogates and what lies beyond U+10FFFF are refused by the bounds of the second byte.
std::size_t sequenceSize(std::string_view raw) {
  const unsigned lead = byteAt(raw, 0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (raw.size() < size) return 0;
  const unsigned second_min = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned second_max = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byteAt(raw, 1) < second_min || byteAt(raw, 1) > second_max) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if (byteAt(raw, i) < 0x80 || byteAt(raw, i) > 0xbf) return 0;
  }
  return size;
}

void appendHexByte(unsigned byte, std::string& out) {
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 0xfU];
}

bool isControl(unsigned byte) {
  return byte < 0x20 || byte == 0x7f;
}

// U+0080 to U+009F: some terminals obey them as they obey ESC.
bool isC1Control(std::string_view sequence) {
  return sequence.size() == 2 && byteAt(sequence, 0) == 0xc2 && byteAt(sequence, 1) < 0xa0;
}

// By byte: plain ASCII that both formats take as it is.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = ' '; byte < 0x7f; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();

// How many bytes at the start are plain: nearly always all.
std::size_t plainSize(std::string_view raw) {
  std::size_t size = 0;
  while (size < raw.size() && kPlain[byteAt(raw, size)]) ++size;
  return size;
}

}  // namespace

void appendJsonString(std::string_view raw, std::string& out) {
  out += '"';
  while (!raw.empty()) {
    if (const std::size_t plain = plainSize(raw); plain > 0) {
      out += raw.substr(0, plain);
      raw.remove_prefix(plain);
      continue;
    }
    const std::size_t size = sequenceSize(raw);
    const unsigned byte = byteAt(raw, 0);
    if (size == 0) {
      out += "\\ufffd";
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += raw[0];
    } else if (isControl(byte)) {
      out += "\\u00";
      appendHexByte(byte, out);
    } else {
      out += raw.substr(0, size);
    }
    raw.remove_prefix(size == 0 ? 1 : size);
  }
  out += '"';
}

void appendJsonKey(std::string_view name, std::string& out) {
  out += out.back() == '{' ? "\"" : ",\"";
  out += name;
  out += "\":";
}

void appendTextEscaped(std::string_view raw, std::string& out) {
  while (!raw.empty()) {
    if (const std::size_t plain = plainSize(raw); plain > 0) {
      out += raw.substr(0, plain);
      raw.remove_prefix(plain);
      continue;
    }
    const std::size_t size = sequenceSize(raw);
    const std::size_t taken = size == 0 ? 1 : size;
    if (size > 1 && !isC1Control(raw.substr(0, size))) {
      out += raw.substr(0, taken);
    } else {
      for (std::size_t i = 0; i < taken; ++i) {
        out += "\\x";
        appendHexByte(byteAt(raw, i), out);
      }
    }
    raw.remove_prefix(taken);
  }
}

}  // namespace lb::observe
