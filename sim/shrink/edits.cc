// See edits.h.
#include "sim/shrink/edits.h"

#include <fmt/format.h>

#include <iterator>
#include <type_traits>

#include "sim/plan/fields.h"

namespace sim::shrink {
namespace {

using plan::Scenario;

template <class T>
concept Number = (std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, lb::Duration>;

template <class T>
std::int64_t asInteger(T value) {
  if constexpr (std::same_as<T, lb::Duration>) {
    return value.count();
  } else {
    return static_cast<std::int64_t>(value);
  }
}

// `get` finds the field in a scenario, const or not.
template <class Get, class T>
Edit leaf(std::string path, Get get, T usual) {
  Edit edit{.path = std::move(path), .distance = {}, .set = {}, .kind = Edit::Kind::Word};
  if constexpr (Number<T>) {
    edit.kind = std::same_as<T, lb::Duration> ? Edit::Kind::Time : Edit::Kind::Number;
    edit.distance = [get, usual](const Scenario& scenario) {
      const std::int64_t difference = asInteger(get(scenario)) - asInteger(usual);
      return static_cast<std::uint64_t>(difference < 0 ? -difference : difference);
    };
    edit.set = [get, usual](Scenario& scenario, std::uint64_t distance) {
      T& value = get(scenario);
      const std::int64_t far = static_cast<std::int64_t>(distance);
      const std::int64_t now = asInteger(value) < asInteger(usual) ? asInteger(usual) - far : asInteger(usual) + far;
      value = static_cast<T>(now);
    };
  } else {
    edit.distance = [get, usual](const Scenario& scenario) { return std::uint64_t{get(scenario) == usual ? 0U : 1U}; };
    edit.set = [get, usual](Scenario& scenario, std::uint64_t) { get(scenario) = usual; };
  }
  return edit;
}

class Collector {
 public:
  explicit Collector(const Scenario& scenario) : scenario_(scenario) {}

  template <plan::Described T, class Get>
  void collect(const std::string& path, Get get) {
    const std::size_t group = groups_.size();
    groups_.push_back({path, {}});
    const T usual{};
    plan::describe(std::type_identity<T>{}, [&](const char* name, auto member, auto... tags) {
      field(group, fmt::format("{}/{}", path, name), usual.*member,
            [get, member](auto& scenario) -> auto& { return get(scenario).*member; });
      if constexpr (plan::kTagged<plan::ZeroIsAll, decltype(tags)...>)
        groups_[group].edits.back().kind = Edit::Kind::Word;
    });
  }
  std::vector<EditGroup> take() { return std::move(groups_); }

 private:
  template <class T, class Get>
  void field(std::size_t group, const std::string& path, const T& usual, Get get) {
    if (path == "/seed" || path.ends_with("/id")) return;
    if constexpr (plan::Described<T>) {
      const std::size_t before = groups_.size();
      collect<T>(path, get);
      for (std::size_t i = before; i < groups_.size(); ++i) append(group, groups_[i].edits);
    } else if constexpr (!std::same_as<T, lb::config::Config>) {
      groups_[group].edits.push_back(leaf(path, get, usual));
    }
  }
  template <class T, class Get>
  void field(std::size_t, const std::string& path, const std::vector<T>&, Get get) {
    for (std::size_t i = 0; i < get(scenario_).size(); ++i) {
      const std::string one = fmt::format("{}/{}", path, i);
      const auto element = [get, i](auto& scenario) -> auto& { return get(scenario)[i]; };
      if constexpr (plan::Described<T>) {
        collect<T>(one, element);
      } else if constexpr (Number<T>) {
        groups_.push_back({one, {leaf(one, element, T{})}});
      }
    }
  }
  void append(std::size_t group, const std::vector<Edit>& edits) {
    groups_[group].edits.insert(groups_[group].edits.end(), edits.begin(), edits.end());
  }

  const Scenario& scenario_;
  std::vector<EditGroup> groups_;
};

}  // namespace

std::vector<EditGroup> fieldEdits(const Scenario& scenario) {
  Collector collector(scenario);
  collector.collect<Scenario>("", [](auto& one) -> auto& { return one; });
  return collector.take();
}

}  // namespace sim::shrink
