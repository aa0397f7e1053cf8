// What the program says to whoever started it, beside its log.
//
// It may be that nobody can hear it, as the terminal is gone or the disk is full. That is no reason for a program to
// end that serves, so whether it got out does not matter here; for whom it does there is std::ferror.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

namespace lb {

inline void tell(std::FILE* to, std::string_view text) {
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), to));
}

inline void tellError(std::string_view what) {
  tell(stderr, fmt::format("lb: {}\n", what));
}

}  // namespace lb
