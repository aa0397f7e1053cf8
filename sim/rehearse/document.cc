// See document.h.
#include "sim/rehearse/document.h"

#include <nlohmann/json.hpp>

namespace sim::rehearse {
namespace {

using Json = nlohmann::ordered_json;

double seconds(lb::Duration time) {
  return std::chrono::duration<double>(time).count();
}

Json latencyJson(const std::optional<Latency>& latency) {
  if (!latency) return nullptr;
  return {{"p50", latency->p50}, {"p90", latency->p90}, {"p99", latency->p99}, {"max", latency->max}};
}

Json rowJson(const Row& row) {
  Json causes = Json::object();
  for (const auto& [cause, count] : row.causes) causes[cause] = count;
  Json made{{"name", row.name}, {"requests", row.requests}, {"per_second", row.per_second}};
  if (row.share) made["share"] = *row.share;
  made["latency"] = latencyJson(row.latency);
  made["bytes"] = row.bytes;
  made["errors"] = row.errors;
  made["errors_by_reason"] = std::move(causes);
  return made;
}

Json verdictsJson(const Rehearsed& rehearsed) {
  Json list = Json::array();
  for (std::size_t i = 0; i < rehearsed.judged.size(); ++i) {
    const Judged& one = rehearsed.judged[i];
    list.push_back({{"expect", rehearsed.scenario.expectations[i].text},
                    {"ok", one.verdict.holds},
                    {"measured", one.verdict.measurable ? Json(one.verdict.measured) : Json(nullptr)},
                    {"shown", one.verdict.shown},
                    {"seed", one.seed},
                    {"seeds_failed", one.failed}});
  }
  return list;
}

// `recorded`: of a replay.
Json servicesJson(const Summary& summary, const std::optional<Summary>& recorded) {
  Json list = Json::array();
  for (const ServiceRows& service : summary.services) {
    Json row = rowJson(service.all);
    if (recorded) row["recorded"] = rowJson(recorded->services[list.size()].all);
    row["backends"] = Json::array();
    for (const Row& backend : service.backends) row["backends"].push_back(rowJson(backend));
    list.push_back(std::move(row));
  }
  return list;
}

// Columns rather than rows: a tenth of the size, and what charts want.
Json timelineJson(const Result& result, std::optional<std::size_t> service) {
  Json columns;
  for (const char* name : {"requests", "errors", "p50", "p90", "p99", "max"}) columns[name] = Json::array();
  Json causes = Json::object();
  for (const Bin& bin : timeline(result, service)) {
    columns["requests"].push_back(bin.requests);
    columns["errors"].push_back(bin.errors);
    const auto put = [&](const char* name, double Latency::* value) {
      columns[name].push_back(bin.latency ? Json((*bin.latency).*value) : Json(nullptr));
    };
    put("p50", &Latency::p50);
    put("p90", &Latency::p90);
    put("p99", &Latency::p99);
    put("max", &Latency::max);
    for (std::size_t i = 1; i < bin.causes.size(); ++i) causes[result.causes[i]].push_back(bin.causes[i]);
  }
  columns["errors_by_reason"] = std::move(causes);
  return columns;
}

const char* stateName(SiteState state) {
  switch (state) {
    case SiteState::Up: return "up";
    case SiteState::Down: return "down";
    case SiteState::Refusing: return "refusing";
    case SiteState::Hung: return "hung";
    case SiteState::Paused: return "paused";
  }
  return "";
}

Json backendsJson(const Result& result, const Layout& layout) {
  Json list = Json::array();
  for (std::size_t i = 0; i < layout.sites.size(); ++i) {
    Json states = Json::array(), working = Json::array(), waiting = Json::array();
    for (const Sample& sample : result.samples) {
      states.push_back(stateName(sample.sites[i].state));
      working.push_back(sample.sites[i].working);
      waiting.push_back(sample.sites[i].waiting);
    }
    list.push_back({{"name", layout.sites[i].label}, {"state", states}, {"working", working}, {"waiting", waiting}});
  }
  return list;
}

Json seedsJson(const std::vector<SeedLine>& seeds) {
  Json list = Json::array();
  for (const SeedLine& line : seeds) {
    list.push_back({{"seed", line.seed},
                    {"requests", line.requests},
                    {"errors", line.errors},
                    {"p99", line.p99},
                    {"failed", line.failed}});
  }
  return list;
}

}  // namespace

std::string document(const Rehearsed& rehearsed) {
  const Result& result = rehearsed.shown;
  const Summary summary = summarize(result, rehearsed.scenario);
  std::optional<Summary> recorded;
  if (rehearsed.recorded) recorded = summarize(*rehearsed.recorded, rehearsed.scenario);
  Json total = rowJson(summary.all);
  if (recorded) total["recorded"] = rowJson(recorded->all);
  Json faults = Json::array();
  for (const Band& band : result.bands)
    faults.push_back({{"what", band.text}, {"from", seconds(band.from)}, {"to", seconds(band.to)}});
  Json over_time;
  over_time["interval"] =
      result.samples.empty() ? 0.0 : seconds(result.duration) / static_cast<double>(result.samples.size());
  over_time["all"] = timelineJson(result, std::nullopt);
  over_time["services"] = Json::array();
  for (std::size_t i = 0; i < rehearsed.scenario.layout.services.size(); ++i)
    over_time["services"].push_back(timelineJson(result, i));
  over_time["backends"] = backendsJson(result, rehearsed.scenario.layout);
  const Json all{{"version", 1},
                 {"config", rehearsed.config_file},
                 {"scenario", rehearsed.scenario_file},
                 {"ok", rehearsed.holds()},
                 {"seed", result.seed},
                 {"duration", seconds(result.duration)},
                 {"violation", result.violation},
                 {"expectations", verdictsJson(rehearsed)},
                 {"total", std::move(total)},
                 {"services", servicesJson(summary, recorded)},
                 {"seeds", seedsJson(rehearsed.seeds)},
                 {"faults", std::move(faults)},
                 {"notes", rehearsed.notes},
                 {"log", result.log},
                 {"over_time", std::move(over_time)}};
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);  // a file's name need not be UTF-8
}

}  // namespace sim::rehearse
