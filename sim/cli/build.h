// Which build of `sim` this is.
#pragma once

#include <string>

namespace sim::cli {

[[nodiscard]] std::string buildText();  // "0.1.0 (3f2a91c+changes, GNU 12.2.0)"

}  // namespace sim::cli
