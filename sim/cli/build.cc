// See build.h.
#include "sim/cli/build.h"

#include <afe_revision.h>
#include <fmt/format.h>

namespace sim::cli {

std::string buildText() {
  return fmt::format("{} ({}, {})", AFE_VERSION, AFE_REVISION, AFE_COMPILER);
}

}  // namespace sim::cli
