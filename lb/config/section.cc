// A map of the file: which keys it has, which it must have, and which nobody knows.
#include <fmt/format.h>

#include <algorithm>

#include "lb/base/check.h"
#include "lb/config/reader.h"
#include "lb/config/suggest.h"
#include "lb/config/units.h"

namespace lb::config {

Section::Section(Reading& reading, const Node& node, Place place, std::string path)
    : reading_(reading), node_(node), place_(place), path_(std::move(path)) {
  LB_CHECK(node.kind == Node::Kind::Map || node.kind == Node::Kind::Null);
}

std::string Section::pathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

std::optional<Value> Section::find(std::string_view key) {
  known_.push_back(key);
  for (const Entry& entry : node_.map) {
    if (entry.key->kind != Node::Kind::Scalar || entry.key->scalar != key) continue;
    const bool empty = entry.value->kind == Node::Kind::Null;
    return Value(reading_, *entry.value, empty ? entry.key->place : entry.value->place, pathOf(key));
  }
  return std::nullopt;
}

std::optional<Value> Section::require(std::string_view key) {
  std::optional<Value> value = find(key);
  if (!value) reading_.issues.error(place_, path_, fmt::format("`{}` is missing", key));
  return value;
}

void Section::duration(std::string_view key, Duration& target, const DurationRange& range) {
  if (const auto value = find(key)) value->duration(target, range);
}

void Section::size(std::string_view key, std::uint64_t& target, const IntegerRange& range) {
  if (const auto value = find(key)) value->size(target, range);
}

void Section::boolean(std::string_view key, bool& target) {
  if (const auto value = find(key)) value->boolean(target);
}

void Section::map(std::string_view key, const std::function<void(Section&)>& read) {
  if (const auto value = find(key)) value->map(read);
}

void Section::finish() {
  KeysSeen seen;
  for (const Entry& entry : node_.map) {
    const Node& key = *entry.key;
    if (key.kind != Node::Kind::Scalar) {
      reading_.issues.error(key.place, path_, "a key must be a single word");
      continue;
    }
    if (reading_.isNew(key, path_, seen) && std::ranges::find(known_, key.scalar) == known_.end()) reportUnknown(key);
  }
}

void Section::reportUnknown(const Node& key) {
  std::string hint = fmt::format("known here are {}", fmt::join(known_, ", "));
  if (const auto near = suggest(key.scalar, known_)) hint = fmt::format("did you mean \"{}\"?", *near);
  if (key.scalar == "<<") hint = "merge keys are not supported; what all services share belongs into `defaults`";
  reading_.issues.error(key.place, path_, fmt::format("unknown key {}; {}", quote(key.scalar), hint));
}

}  // namespace lb::config
