#include "lb/config/issues.h"

#include <fmt/format.h>

#include <map>
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
  // Of two at one place the one found first explains the other: equal keys of a multimap keep their order.
  std::multimap<std::pair<int, int>, Issue> by_place;
  for (Issue& issue : issues) by_place.emplace(std::pair(issue.place.line, issue.place.column), std::move(issue));
  issues.clear();
  for (auto& [place, issue] : by_place) issues.push_back(std::move(issue));
  if (dropped > 0) issues.push_back({issues.back().place, "", fmt::format("and {} more", dropped)});
  return std::exchange(issues, {});
}

}  // namespace lb::config
