// The requests that are sent, made once.
#pragma once

#include <string>
#include <vector>

#include "bench/load_options.h"

namespace bench {

std::vector<std::string> makeRequests(const LoadOptions& options);  // one for each host; bodies are not in them

}  // namespace bench
