// See lanes.h.
#include "sim/report/lanes.h"

#include <algorithm>
#include <set>

namespace sim::report {

namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

// The number at the front without its leading zeros, as text: a longer one is greater.
std::string_view takeNumber(std::string_view& text) {
  const std::size_t zeros = std::min(text.find_first_not_of('0'), text.size());
  text.remove_prefix(zeros);
  const auto end = std::ranges::find_if_not(text, isDigit);
  const std::string_view number = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(number.size());
  return number;
}

int indexOf(const std::vector<Lane>& lanes, auto matches) {
  const auto found = std::ranges::find_if(lanes, matches);
  return found == lanes.end() ? -1 : static_cast<int>(found - lanes.begin());
}

}  // namespace

bool naturalLess(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a;
  const std::string_view whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (isDigit(a.front()) && isDigit(b.front())) {
      const std::string_view x = takeNumber(a);
      const std::string_view y = takeNumber(b);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
      continue;
    }
    if (a.front() != b.front()) return a.front() < b.front();
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return a.empty() && b.empty() ? whole_a < whole_b : a.empty();
}

// A host has a lane of its own only if nobody on it has one.
Lanes::Lanes(const Trace& trace) {
  const auto roles = rolesOfHosts(trace);
  std::set<std::pair<std::string, std::string>> seen;  // host, owner
  std::set<std::string> owned;
  for (const auto& [id, connection] : trace.connections()) {
    for (const TraceConnection::End& end : connection.ends) {
      if (end.owner.empty()) continue;
      seen.emplace(end.host, end.owner);
      owned.insert(end.host);
    }
  }
  for (const auto& [host, role] : roles) {
    if (!owned.contains(host)) seen.emplace(host, host);
  }
  for (const auto& [host, owner] : seen) {
    const auto role = roles.find(host);
    lanes_.push_back({owner, host, role == roles.end() ? Role::Proxy : role->second});
  }
  std::ranges::sort(lanes_, [](const Lane& a, const Lane& b) {
    if (a.role != b.role) return a.role < b.role;
    return a.name != b.name ? naturalLess(a.name, b.name) : a.host < b.host;
  });
}

int Lanes::of(const TraceConnection::End& end) const {
  if (!end.owner.empty())
    return indexOf(lanes_, [&](const Lane& lane) { return lane.host == end.host && lane.name == end.owner; });
  return indexOf(lanes_, [&](const Lane& lane) { return lane.host == end.host; });
}

int Lanes::named(const std::string& name) const {
  const int lane = indexOf(lanes_, [&](const Lane& one) { return one.name == name; });
  return lane >= 0 ? lane : indexOf(lanes_, [&](const Lane& one) { return one.host == name; });
}

}  // namespace sim::report
