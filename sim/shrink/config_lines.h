// A configuration as lines that can be left out one by one: what is not in the file has its default, so a shorter text
// is a simpler configuration, and keys that come later need no code here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lb/config/config.h"
#include "sim/shrink/ddmin.h"

namespace sim::shrink {

class ConfigLines {
 public:
  explicit ConfigLines(const lb::config::Config& config);

  [[nodiscard]] std::size_t count() const { return optional_.size(); }
  // With only those of the lines that may be left out. Nothing: lb would refuse it.
  [[nodiscard]] std::optional<lb::config::Config> with(const Kept& kept) const;
  // With `number` where that one of them has a larger one: of a limit of four, one may show the same with less.
  // Nothing: it has none, or lb would refuse it.
  [[nodiscard]] std::optional<lb::config::Config> withNumber(std::size_t line, std::uint64_t number) const;

 private:
  std::vector<std::string> lines_;
  std::vector<std::size_t> optional_;  // indices into lines_
};

}  // namespace sim::shrink
