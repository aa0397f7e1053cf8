// The page without its data: sim/report/page/, put into one file when the program is built.
#pragma once

#include <string_view>

namespace sim::report {

extern const std::string_view kPageTemplate;

}  // namespace sim::report
