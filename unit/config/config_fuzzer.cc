// Any bytes as a configuration: refused with places inside the file, or accepted and then dumped to a file that means
// the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lb/base/check.h"
#include "lb/config/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  const auto parsed = lb::config::parse(yaml);
  if (parsed) {
    const auto again = lb::config::parse(lb::config::dump(parsed->config));
    LB_CHECK(again.has_value());
    LB_CHECK(again->config == parsed->config);
    return 0;
  }
  LB_CHECK(!parsed.error().empty());
  const auto lines =
      static_cast<std::size_t>(std::ranges::count_if(yaml, [](char c) { return c == '\n' || c == '\r'; }));
  for (const lb::config::Issue& issue : parsed.error()) {
    LB_CHECK(issue.place.line >= 1 && issue.place.column >= 1);
    LB_CHECK(static_cast<std::size_t>(issue.place.line) <= lines + 2);
    LB_CHECK(!lb::config::format("f", issue).empty());
  }
  return 0;
}
