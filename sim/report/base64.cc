// See base64.h.
#include "sim/report/base64.h"

#include <cstdint>

namespace sim::report {

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) text += kDigits[group >> (18 - 6 * j) & 63U];
  }
  for (std::size_t i = bytes.size() % 3; i > 0 && i < 3; ++i) text[text.size() - (3 - i)] = '=';
  return text;
}

}  // namespace sim::report
