// See config_lines.h.
#include "sim/shrink/config_lines.h"

#include <algorithm>
#include <charconv>

#include "lb/config/parse.h"
#include "sim/plan/config_text.h"

namespace sim::shrink {
namespace {

// A host less is a simpler configuration, too; a listener or a service less is none that could be run.
bool optional(const std::string& line) {
  return !plan::opensGroup(line) && (!plan::isSkeleton(line) || line.contains("- {"));
}

std::optional<lb::config::Config> parsed(const std::vector<std::string>& lines) {
  auto result = lb::config::parse(plan::joined(lines));
  if (!result) return std::nullopt;
  return std::move(result->config);
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
  return parsed(plan::withoutEmptyGroups(chosen));
}

std::optional<lb::config::Config> ConfigLines::withNumber(std::size_t line, std::uint64_t number) const {
  std::vector<std::string> lines = lines_;
  std::string& text = lines[optional_.at(line)];
  const std::size_t begin = text.rfind(": ") + 2;
  std::uint64_t now = 0;
  const auto [end, error] = std::from_chars(text.data() + std::min(begin, text.size()), text.data() + text.size(), now);
  if (error != std::errc() || end != text.data() + text.size() || now <= number) return std::nullopt;
  text.replace(begin, std::string::npos, std::to_string(number));
  return parsed(lines);
}

}  // namespace sim::shrink
