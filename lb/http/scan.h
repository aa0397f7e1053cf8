// Scans over runs of characters, the hottest loops of parsing a head: sixteen bytes at a time where the processor can,
// with a plain loop as their definition. Each returns the first byte in [p, end) that does not belong to the run.
#pragma once

#include "lb/http/chars.h"

#if defined(__SSE2__)
#include <emmintrin.h>

#include <bit>
#endif

namespace lb::http {

template <CharClass kWhat>
inline const char* skip(const char* p, const char* end) {
  while (p != end && is(kWhat, *p)) ++p;
  return p;
}

#if defined(__SSE2__)

namespace detail {

inline __m128i load16(const char* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

// Which of the sixteen bytes are in [first, last], both below 0x80; a bit each. Signed: bytes above 0x7f are too small.
inline __m128i inRange(__m128i bytes, char first, char last) {
  return _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(static_cast<char>(first - 1))),
                       _mm_cmpgt_epi8(_mm_set1_epi8(static_cast<char>(last + 1)), bytes));
}

}  // namespace detail

#endif

// Over what may stand in a field name. Nearly all names are of letters, digits and '-'.
inline const char* skipTokenChars(const char* p, const char* end) {
#if defined(__SSE2__)
  while (end - p >= 16) {
    const __m128i bytes = detail::load16(p);
    const __m128i letters = detail::inRange(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
    const __m128i others = _mm_or_si128(detail::inRange(bytes, '0', '9'), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')));
    const auto common = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(letters, others)));
    p += std::countr_one(common);
    if (common == 0xffff) continue;
    if (!is(kTokenChar, *p)) return p;
    ++p;
  }
#endif
  return skip<kTokenChar>(p, end);
}

// Over what may stand in a field value (VCHAR, SP, HTAB, obs-text): values are most of a head.
inline const char* skipFieldChars(const char* p, const char* end) {
#if defined(__SSE2__)
  while (end - p >= 16) {
    const __m128i bytes = detail::load16(p);
    const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(0x1f)), _mm_set1_epi8(0x1f));
    const __m128i stops = _mm_or_si128(control, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(stops));
    if (found == 0) {
      p += 16;
      continue;
    }
    p += std::countr_zero(found);
    if (!is(kFieldChar, *p)) return p;
    ++p;  // a tab
  }
#endif
  return skip<kFieldChar>(p, end);
}

}  // namespace lb::http
