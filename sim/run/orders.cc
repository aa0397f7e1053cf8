// See orders.h.
#include "sim/run/orders.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace sim::run {

namespace {

using Json = nlohmann::json;
using Kind = lb::admin::BackendOrder::Kind;

bool isFor(const lb::admin::BackendOrder& order, const Json& backend) {
  return backend.at("service") == order.service &&
         (backend.at("backend") == order.backend || backend.at("address") == order.backend);
}

bool obeyed(const lb::admin::BackendOrder& order, const Json& backend) {
  switch (order.kind) {
    case Kind::Drain: return backend.at("state") == "drained";
    case Kind::Enable: return backend.at("state") != "drained";
    case Kind::Weight: break;
  }
  if (!order.weight) return backend.at("weight_by_hand") == false;
  return backend.at("weight_by_hand") == true && backend.at("weight") == *order.weight;
}

std::string_view word(Kind kind) {
  switch (kind) {
    case Kind::Drain: return "drain";
    case Kind::Enable: return "enable";
    case Kind::Weight: break;
  }
  return "weight";
}

}  // namespace

std::set<std::string> listedFor(const lb::admin::BackendOrder& order, std::string_view json) {
  std::set<std::string> addresses;
  const Json shown = Json::parse(json);
  for (const Json& backend : shown.at("backends")) {
    if (isFor(order, backend)) addresses.insert(backend.at("address"));
  }
  return addresses;
}

std::string judgeOrder(const lb::admin::BackendOrder& order, bool taken, const std::set<std::string>& before,
                       std::string_view json) {
  const Json shown = Json::parse(json);
  for (const Json& backend : shown.at("backends")) {
    if (!isFor(order, backend) || !before.contains(backend.at("address"))) continue;
    if (taken && obeyed(order, backend)) continue;
    return fmt::format("the order {} for {} of {} was {}, and /backends shows {}", word(order.kind), order.backend,
                       order.service, taken ? "taken" : "for nobody", backend.dump());
  }
  return {};
}

}  // namespace sim::run
