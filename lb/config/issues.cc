#include "lb/config/issues.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lb/config/bounds.h"

namespace lb::config {

std::string format(std::string_view file_name, const Issue& issue) {
  const std::string path = issue.path.empty() ? "" : issue.path + ": ";
  return fmt::format("{}:{}:{}: {}{}", file_name, issue.place.line, issue.place.column, path, issue.message);
}

void Issues::error(Place place, std::string path, std::string message) {
  add(errors_, errors_dropped_, {place, std::move(path), std::move(message)});
}

void Issues::warning(Place place, std::string path, std::string message) {
  add(warnings_, warnings_dropped_, {place, std::move(path), std::move(message)});
}

void Issues::add(std::vector<Issue>& issues, std::size_t& dropped, Issue issue) {
  if (issues.size() < kIssuesMax) {
    issues.push_back(std::move(issue));
  } else {
    ++dropped;
  }
}

std::vector<Issue> Issues::take(std::vector<Issue>& issues, std::size_t dropped) {
  // Stable: of two at one place the one found first explains the other.
  std::ranges::stable_sort(issues, {},
                           [](const Issue& issue) { return std::pair(issue.place.line, issue.place.column); });
  if (dropped > 0) issues.push_back({issues.back().place, "", fmt::format("and {} more", dropped)});
  return std::exchange(issues, {});
}

}  // namespace lb::config
