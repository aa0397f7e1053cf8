// How a fuzzer's bytes are read: the first two say where the rest is cut, and everything is run whole and cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lb/buf/buffer.h"

namespace lb::http::fuzz {

struct Input {
  unsigned step = 0;    // the size of the pieces; 0: whole
  unsigned choice = 0;  // what a target makes of it
  std::string_view bytes;
};

inline Input read(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return {};
  return {data[0], data[1], {reinterpret_cast<const char*>(data) + 2, size - 2}};
}

// Small limits, so that small inputs reach them; the same for the whole and the cut run.
inline constexpr std::size_t kBytesMax = 400;
inline constexpr std::size_t kTargetMax = 60;
inline constexpr std::size_t kFieldsMax = 8;

// Calls parse() after each piece until it is content; true if it was.
template <class Parse>
bool feedPieces(buf::BlockPool& pool, buf::Buffer& in, std::string_view bytes, std::size_t step, Parse parse) {
  if (step == 0) step = bytes.size() + 1;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    buf::Buffer piece(pool);
    piece.append(bytes.substr(at, step));
    piece.moveTo(in);
    if (parse()) return true;
  }
  return false;
}

}  // namespace lb::http::fuzz
