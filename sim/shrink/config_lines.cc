// See config_lines.h.
#include "sim/shrink/config_lines.h"

#include "lb/config/parse.h"
#include "sim/plan/config_text.h"

namespace sim::shrink {
namespace {

// A host less is a simpler configuration, too; a listener or a service less is none that could be run.
bool optional(const std::string& line) {
  return !plan::opensGroup(line) && (!plan::isSkeleton(line) || line.contains("- {"));
}

}  // namespace

ConfigLines::ConfigLines(const lb::config::Config& config) : lines_(plan::configLines(config)) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (optional(lines_[i])) optional_.push_back(i);
  }
}

std::optional<lb::config::Config> ConfigLines::with(const Kept& kept) const {
  std::vector<bool> left_out(lines_.size(), false);
  for (const std::size_t index : optional_) left_out[index] = true;
  for (const std::size_t index : kept) left_out[optional_[index]] = false;
  std::vector<std::string> chosen;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (!left_out[i]) chosen.push_back(lines_[i]);
  }
  auto parsed = lb::config::parse(plan::joined(plan::withoutEmptyGroups(chosen)));
  if (!parsed) return std::nullopt;
  return std::move(parsed->config);
}

}  // namespace sim::shrink
