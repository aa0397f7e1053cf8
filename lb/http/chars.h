// Character classes of the message syntax (RFC 9110 5.6.2, RFC 9112 3.2) as tables, and a fast scan over field values.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace lb::http {

enum CharClass : std::uint8_t {
  kTokenChar = 1,    // tchar
  kTargetChar = 2,   // any visible ASCII but '#': no request target has a fragment
  kRegNameChar = 4,  // unreserved or sub-delims; '%' is judged apart
  kFieldChar = 8,    // VCHAR, SP, HTAB, obs-text
  kDigit = 16,
  kHexDigit = 32,
};

namespace detail {

constexpr std::array<std::uint8_t, 256> makeCharTable() {
  std::array<std::uint8_t, 256> table{};
  const auto mark = [&table](std::string_view chars, std::uint8_t what) {
    for (const char c : chars) table[static_cast<unsigned char>(c)] |= what;
  };
  constexpr std::string_view kAlnum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  mark(kAlnum, kTokenChar | kRegNameChar);
  mark("!#$%&'*+-.^_`|~", kTokenChar);
  mark("-._~!$&'()*+,;=", kRegNameChar);
  mark("0123456789", kDigit | kHexDigit);
  mark("abcdefABCDEF", kHexDigit);
  for (unsigned c = 0x21; c < 0x7f; ++c) {
    if (c != '#') table[c] |= kTargetChar;
  }
  for (unsigned c = 0x20; c < 0x100; ++c) {
    if (c != 0x7f) table[c] |= kFieldChar;
  }
  table['\t'] |= kFieldChar;
  return table;
}

inline constexpr std::array<std::uint8_t, 256> kCharTable = makeCharTable();

}  // namespace detail

constexpr bool is(CharClass what, char c) {
  return (detail::kCharTable[static_cast<unsigned char>(c)] & what) != 0;
}
constexpr bool isWhite(char c) {
  return c == ' ' || c == '\t';
}
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

constexpr bool allAre(CharClass what, std::string_view text) {
  for (const char c : text) {
    if (!is(what, c)) return false;
  }
  return true;
}
constexpr bool isToken(std::string_view text) {
  return !text.empty() && allAre(kTokenChar, text);
}

constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && isWhite(text.front())) text.remove_prefix(1);
  while (!text.empty() && isWhite(text.back())) text.remove_suffix(1);
  return text;
}

// REQUIRES: a hexadecimal digit.
constexpr unsigned hexValue(char c) {
  return static_cast<unsigned>(is(kDigit, c) ? c - '0' : lower(c) - 'a' + 10);
}

// The first byte in [p, end) that may not stand in a field value. Eight bytes at a time: values are most of a head.
inline const char* skipFieldChars(const char* p, const char* end) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  while (end - p >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, sizeof word);
    const std::uint64_t low = (word - kOnes * 0x20) & ~word;  // a high bit where a byte is below 0x20
    const std::uint64_t del = word ^ (kOnes * 0x7f);          // a zero byte where one is DEL
    if (((low | ((del - kOnes) & ~del)) & kHighs) != 0) {     // exact for "is there any"
      const char* stop = p + 8;
      while (p != stop && is(kFieldChar, *p)) ++p;
      if (p != stop) return p;
      continue;  // it was a tab
    }
    p += 8;
  }
  while (p != end && is(kFieldChar, *p)) ++p;
  return p;
}

template <CharClass kWhat>
inline const char* skip(const char* p, const char* end) {
  while (p != end && is(kWhat, *p)) ++p;
  return p;
}

}  // namespace lb::http
