// What routes and rules for heads have made of a request and of its answer, against the oracle of route_oracle.h. While
// a reload is on its way, the old routes may have decided or the new ones.
#include <algorithm>

#include "sim/actor/wire_text.h"
#include "sim/check/in_force.h"

namespace sim::check {
namespace {

using Kind = RouteFate::Kind;

std::string shown(const FieldLines& lines) {
  std::string text;
  for (const auto& [name, value] : lines) text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, value);
  return text.empty() ? "none" : text;
}

}  // namespace

std::vector<RouteFate> Ledger::fates(const Entry& entry) const {
  std::vector<RouteFate> all;
  for (std::size_t i = 0; i < configurations_.size() && !scenario_.config.routes.empty(); ++i) {
    const bool over =
        i + 1 < configurations_.size() && takenOver(troubles_, configurations_[i + 1].since) < entry.started;
    if (!over) all.push_back(fateOf(configurations_[i].config, *entry.plan));
  }
  return all;
}

bool Ledger::maybeAnsweredByRoute(const Entry& entry) const {
  return std::ranges::any_of(fates(entry), [](const RouteFate& fate) { return fate.kind != Kind::Forward; });
}

std::vector<std::string> Ledger::servicesOf(const Entry& entry) const {
  if (!entry.routed_to.empty()) return {entry.routed_to};
  std::vector<std::string> names;
  if (scenario_.config.routes.empty()) {
    if (const auto* service = serviceOf(scenario_, *entry.plan)) names.push_back(service->name);
    return names;
  }
  for (const RouteFate& fate : fates(entry)) {
    for (const RouteFate::Way& way : fate.ways) {
      if (std::ranges::find(names, way.service) == names.end()) names.push_back(way.service);
    }
  }
  return names;
}

int Ledger::serviceNumber(const Entry& entry) const {
  if (scenario_.config.routes.empty()) return entry.plan->service;
  const std::vector<std::string> names = servicesOf(entry);
  const auto& services = scenario_.config.services;
  const auto it =
      names.size() == 1 ? std::ranges::find(services, names.front(), &lb::config::Service::name) : services.end();
  return it == services.end() ? kUnknownService : static_cast<int>(it - services.begin());
}

bool Ledger::wasOut(const Entry& entry, std::uint32_t backend, MonoTime from) const {
  return std::ranges::any_of(servicesOf(entry),
                             [&](const std::string& name) { return health_.wasOut(name, backend, from); });
}

bool Ledger::nobodyLeft(const Entry& entry, MonoTime from) const {
  return std::ranges::any_of(servicesOf(entry),
                             [&](const std::string& name) { return health_.nobodyLeft(name, from); });
}

void Ledger::checkRoutedHead(Entry& entry, const actor::Head& head) {
  if (scenario_.config.routes.empty()) return;
  const plan::Request& plan = *entry.plan;
  const FieldLines seen = ruledFields(head);
  for (const RouteFate& fate : fates(entry)) {
    if (fate.kind != Kind::Forward || fate.target != head.target()) continue;
    for (const RouteFate::Way& way : fate.ways) {
      if (way.request != seen || (!entry.routed_to.empty() && entry.routed_to != way.service)) continue;
      if (head.field("x-service")) entry.routed_to = way.service;  // else several may look alike
      if (fate.by_route) leave(Mark::RouteTaken);
      if (fate.ways.size() > 1) leave(Mark::RouteSplit);
      if (fate.target.starts_with("/v2/") || fate.target.starts_with("/new/")) leave(Mark::RouteRewritten);
      if (plan.spelled >= 0 && fate.target != actor::requestTarget(plan)) leave(Mark::PathFormed);
      if (seen.size() > 1) leave(Mark::HeaderRules);
      return;
    }
  }
  fail(Class::Safety, "safety.routes", plan.id,
       fmt::format("request {} for \"{}\" arrived as \"{}\" with {}, which no route makes of it", plan.id,
                   actor::requestTarget(plan), head.target().substr(0, 80), shown(seen)));
}

void Ledger::checkRoutedAnswer(const Entry& entry, const actor::Head& head) {
  if (scenario_.config.routes.empty() || entry.routed_to.empty()) return;
  const FieldLines seen = ruledFields(head);
  for (const RouteFate& fate : fates(entry)) {
    for (const RouteFate::Way& way : fate.ways) {
      if (way.service == entry.routed_to && way.response == seen) return;
    }
  }
  fail(Class::Safety, "safety.routes", entry.plan->id,
       fmt::format("the answer of {} to {} came with {}, which no rule makes of it", entry.routed_to, entry.plan->id,
                   shown(seen)));
}

bool Ledger::isOwnAnswerOfRoutes(Entry& entry, const actor::Head& head) {
  const std::string_view error = head.field("proxy-status").value_or("");
  for (const RouteFate& fate : fates(entry)) {
    bool fits = false;
    switch (fate.kind) {
      case Kind::Forward: break;
      case Kind::Answer:
        fits = error.empty() && head.status == fate.status && head.field("location").value_or("") == fate.location &&
               ruledFields(head) == fate.response &&
               (fate.reason == "redirect" || head.field("content-length").value_or("0") == std::to_string(fate.body));
        break;
      case Kind::Refused: fits = head.status == 400 && error == "lb; error=bad_request"; break;
      case Kind::NoRoute: fits = head.status == 404 && error == "lb; error=no_route"; break;
    }
    if (!fits) continue;
    if (fate.kind == Kind::Answer) {
      entry.reason = fate.reason;
      leave(fate.reason == "redirect" ? Mark::RouteRedirect : Mark::RouteFixedResponse);
      entry.own_body = fate.reason == "redirect" ? head.length : fate.body;
    } else {
      entry.reason = error.substr(std::string_view("lb; error=").size());
      entry.own_body = head.length;
      leave(fate.kind == Kind::Refused ? Mark::RouteRefused : Mark::NoRoute);
    }
    entry.own_planned = true;
    return true;
  }
  return false;
}

}  // namespace sim::check
