// See config_text.h.
#include "sim/plan/config_text.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "lb/config/defaults.h"
#include "lb/config/parse.h"

namespace sim::plan {
namespace {

std::vector<std::string> dumped(const lb::config::Config& config) {
  const std::string text = lb::config::dump(config);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    if (!line.empty() && line.at(indentation(line)) != '#') lines.push_back(std::move(line));
    at = end + 1;
  }
  return lines;
}

// The same listeners, services and hosts; everything else is left at its default, so that its text has the same lines.
lb::config::Config skeleton(const lb::config::Config& config) {
  lb::config::Config bare = lb::config::defaultConfig();
  bare.listen = config.listen;
  bare.admin.enabled = config.admin.enabled;
  bare.routes = config.routes;
  for (const lb::config::Service& service : config.services) {
    lb::config::Service one;
    one.name = service.name;
    one.domains = service.domains;
    one.hosts = service.hosts;
    // What has more or fewer lines where it is on.
    one.health_check.enabled = service.health_check.enabled;
    one.health_check.kind = service.health_check.kind;
    one.outlier.enabled = service.outlier.enabled;
    bare.services.push_back(std::move(one));
  }
  return bare;
}

}  // namespace

std::size_t indentation(const std::string& line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

bool opensGroup(const std::string& line) {
  return line.ends_with(':');
}

bool isSkeleton(const std::string& line) {
  constexpr std::array kStarts{"- ", "domain:", "domains: [\"", "threads:", "admin: off"};
  const std::string_view words = std::string_view(line).substr(indentation(line));
  return std::ranges::any_of(kStarts, [&](const char* start) { return words.starts_with(start); });
}

std::vector<std::string> withoutEmptyGroups(const std::vector<std::string>& lines) {
  std::vector<std::string> kept;  // from the last one to the first
  for (std::size_t i = lines.size(); i-- > 0;) {
    const bool empty = opensGroup(lines[i]) && (kept.empty() || indentation(kept.back()) <= indentation(lines[i]));
    if (!empty) kept.push_back(lines[i]);
  }
  std::ranges::reverse(kept);
  return kept;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::vector<std::string> configLines(const lb::config::Config& config) {
  std::vector<std::string> all = dumped(config);
  const std::vector<std::string> usual = dumped(skeleton(config));
  if (usual.size() != all.size()) return all;
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] != usual[i] || opensGroup(all[i]) || isSkeleton(all[i])) lines.push_back(all[i]);
  }
  lines = withoutEmptyGroups(lines);
  const auto parsed = lb::config::parse(joined(lines));
  return parsed && parsed->config == config ? lines : all;
}

}  // namespace sim::plan
