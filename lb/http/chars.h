// Character classes of the message syntax (RFC 9110 5.6.2, RFC 9112 3.2) as tables.
#pragma once

#include <array>
#include <cstddef>
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

// lower() of eight bytes at once; all that is not A to Z stays as it is.
constexpr std::uint64_t lowerWord(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  const std::uint64_t low_bits = word & ~kHighs;
  const std::uint64_t from_a = low_bits + kOnes * (0x80 - 'A');        // a high bit where the byte is at least 'A'
  const std::uint64_t beyond_z = low_bits + kOnes * (0x80 - 'Z' - 1);  // and where it is beyond 'Z'
  return word | ((from_a & ~beyond_z & ~word & kHighs) >> 2);
}

namespace detail {

template <class Word>
inline Word wordAt(const char* text) {
  Word word = 0;
  std::memcpy(&word, text, sizeof word);
  return word;
}

}  // namespace detail

// Is `text`, which has the size of `known`, that name in any case? `known` is in lower case. A few comparisons of
// words, the last of which may overlap the one before.
template <std::size_t kSize>
inline bool isName(const char* text, const char (&known)[kSize]) {
  constexpr std::size_t kBytes = kSize - 1;
  if constexpr (kBytes >= 8) {
    const auto same = [&](std::size_t at) {
      return lowerWord(detail::wordAt<std::uint64_t>(text + at)) == detail::wordAt<std::uint64_t>(known + at);
    };
    for (std::size_t at = 0; at + 8 < kBytes; at += 8) {
      if (!same(at)) return false;
    }
    return same(kBytes - 8);
  } else if constexpr (kBytes >= 4) {
    const auto pair = [](const char* from) {
      return std::uint64_t{detail::wordAt<std::uint32_t>(from)} << 32 |
             detail::wordAt<std::uint32_t>(from + kBytes - 4);
    };
    return lowerWord(pair(text)) == pair(known);
  } else {
    for (std::size_t i = 0; i < kBytes; ++i) {
      if (lower(text[i]) != known[i]) return false;
    }
    return true;
  }
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

}  // namespace lb::http
