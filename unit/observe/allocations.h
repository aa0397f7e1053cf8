// Counts what operator new is asked for, in the whole test program.
#pragma once

#include <cstddef>

namespace lb::observe {

[[nodiscard]] std::size_t allocationCount();  // of this thread

}  // namespace lb::observe
