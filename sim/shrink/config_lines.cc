// See config_lines.h.
#include "sim/shrink/config_lines.h"

#include <array>
#include <sstream>
#include <string_view>

#include "lb/config/parse.h"

namespace sim::shrink {
namespace {

std::size_t indentation(const std::string& line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

// Opens a group, which is nothing without what stands in it.
bool opens(const std::string& line) {
  return line.ends_with(':');
}

// What a service is, and what a simulated run cannot be without.
bool needed(std::string_view words) {
  constexpr std::array kNeeded{"- name:", "domain:", "threads:", "admin:"};
  for (const char* start : kNeeded) {
    if (words.starts_with(start)) return true;
  }
  return false;
}

}  // namespace

ConfigLines::ConfigLines(const lb::config::Config& config) {
  std::istringstream text(lb::config::dump(config));
  for (std::string line; std::getline(text, line);) {
    const std::string_view words = std::string_view(line).substr(indentation(line));
    if (words.empty() || words.starts_with('#')) continue;
    if (!opens(line) && !needed(words)) optional_.push_back(lines_.size());
    lines_.push_back(line);
  }
}

std::optional<lb::config::Config> ConfigLines::with(const Kept& kept) const {
  std::vector<bool> left_out(lines_.size(), false);
  for (const std::size_t index : optional_) left_out[index] = true;
  for (const std::size_t index : kept) left_out[optional_[index]] = false;
  std::vector<const std::string*> chosen;  // from the last one to the first
  for (std::size_t i = lines_.size(); i-- > 0;) {
    const bool empty = opens(lines_[i]) && (chosen.empty() || indentation(*chosen.back()) <= indentation(lines_[i]));
    if (!left_out[i] && !empty) chosen.push_back(&lines_[i]);
  }
  std::string text;
  for (std::size_t i = chosen.size(); i-- > 0;) text += *chosen[i] + "\n";
  auto parsed = lb::config::parse(text);
  if (!parsed) return std::nullopt;
  return std::move(parsed->config);
}

}  // namespace sim::shrink
