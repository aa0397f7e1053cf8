#include "lb/observe/groups.h"

#include <algorithm>

#include "lb/base/check.h"

namespace lb::observe {

void Groups::add(const ServiceStats& part) {
  const auto found = std::ranges::find(services, part.name, &ServiceGroup::name);
  ServiceGroup& group = found != services.end() ? *found : services.emplace_back(ServiceGroup{part.name, {}, {}});
  group.parts.push_back(&part);
}

void Groups::add(std::string_view service, const BackendStats& part) {
  const auto group = std::ranges::find(services, service, &ServiceGroup::name);
  LB_CHECK(group != services.end());
  const auto found = std::ranges::find(group->backends, part.label, &BackendGroup::label);
  BackendGroup& backend =
      found != group->backends.end() ? *found : group->backends.emplace_back(BackendGroup{part.label, {}});
  backend.parts.push_back(&part);
}

void HistogramSum::add(const Histogram& part) {
  if (counts_.empty()) {
    bounds_ = part.bounds();
    counts_.resize(bounds_.size() + 1);
  }
  LB_CHECK(bounds_ == part.bounds());
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += part.countAt(i);
  sum_seconds_ += part.sumSeconds();
  max_ = std::max(max_, part.max(now_));
}

}  // namespace lb::observe
