// See names.h.
#include "sim/replay/names.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "sim/rehearse/stage.h"

namespace sim::replay {

Names::Names(const rehearse::Layout& layout) {
  for (const auto& [name, answer] : layout.names) found_.try_emplace(name);
}

void Names::see(const Line& line) {
  if (!line.address) return;
  const std::string_view label = line.backend;  // "name:port"
  const auto entry = found_.find(label.substr(0, label.rfind(':')));
  if (entry == found_.end()) return;
  Found& found = entry->second;
  found.addresses.insert(line.address->ip);
  if (found.addresses.size() <= kAddressesMax) return;
  found.addresses.erase(std::prev(found.addresses.end()));  // so what is left does not depend on the order of lines
  found.cropped = true;
}

std::map<std::string, rehearse::NameAnswer> Names::answers() const {
  std::map<std::string, rehearse::NameAnswer> answers;
  for (const auto& [name, found] : found_) {
    if (!found.addresses.empty()) answers[name].addresses.assign(found.addresses.begin(), found.addresses.end());
  }
  return answers;
}

std::vector<std::string> Names::cropped() const {
  std::vector<std::string> names;
  for (const auto& [name, found] : found_) {
    if (found.cropped) names.push_back(name);
  }
  return names;
}

std::string misplaced(const rehearse::Layout& layout) {
  for (const rehearse::Site& site : layout.sites) {
    if (rehearse::isOfStage(site.address.ip)) return fmt::format("the backend {} {}", site.label, rehearse::kOfStage);
  }
  return {};
}

}  // namespace sim::replay
