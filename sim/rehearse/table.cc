// See table.h.
#include "sim/rehearse/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "lb/config/units.h"

namespace sim::rehearse {
namespace {

constexpr std::size_t kLogShown = 5;

std::string rowText(const Row& row, std::size_t indent, std::size_t width) {
  const std::string name = std::string(indent, ' ') + row.name;
  std::string text = fmt::format("{:<{}}{:>10}{:>11}{:>8}", name, width, row.requests,
                                 fmt::format("{:.1f}/s", row.per_second), row.share ? showRatio(*row.share) : "");
  if (row.latency) {
    text += fmt::format("{:>10}{:>10}{:>10}{:>10}", showDuration(row.latency->p50), showDuration(row.latency->p90),
                        showDuration(row.latency->p99), showDuration(row.latency->max));
  } else {
    text += fmt::format("{:>10}{:>10}{:>10}{:>10}", "-", "-", "-", "-");
  }
  const double ratio = row.requests == 0 ? 0 : static_cast<double>(row.errors) / static_cast<double>(row.requests);
  text += row.errors == 0 ? fmt::format("{:>10}", 0) : fmt::format("{:>10} {}", row.errors, showRatio(ratio));
  return text + "\n";
}

std::size_t nameWidth(const Summary& summary) {
  std::size_t width = 20;
  for (const ServiceRows& service : summary.services) {
    width = std::max(width, service.all.name.size() + 2);
    for (const Row& row : service.backends) width = std::max(width, row.name.size() + 4);
  }
  return width;
}

// Of a replay: what the log has beside what happened now.
std::string causesText(const Summary& summary, const Summary& recorded) {
  std::string text;
  for (std::size_t i = 0; i < summary.services.size(); ++i) {
    const Row& now = summary.services[i].all;
    std::map<std::string, std::array<std::size_t, 2>> counts;
    for (const auto& [cause, count] : now.causes) counts[cause][0] = count;
    for (const auto& [cause, count] : recorded.services[i].all.causes) counts[cause][1] = count;
    for (const auto& [cause, count] : counts)
      text += fmt::format("  {:<24}{:>10}{:>10}  {}\n", cause, count[0], count[1], now.name);
  }
  return text.empty() ? text : fmt::format("\n{:<26}{:>10}{:>10}\n", "errors", "replayed", "recorded") + text;
}

std::string notesText(const std::vector<std::string>& notes) {
  std::string text;
  for (const std::string& note : notes) text += "  " + note + "\n";
  return text.empty() ? text : "\nthe log\n" + text;
}

std::string causesText(const Summary& summary) {
  std::string text;
  for (const ServiceRows& service : summary.services) {
    for (const auto& [cause, count] : service.all.causes) {
      text += fmt::format("  {:<24}{:>8}  {:>7}  {}\n", cause, count,
                          showRatio(static_cast<double>(count) / static_cast<double>(service.all.requests)),
                          service.all.name);
    }
  }
  return text.empty() ? text : "\nerrors\n" + text;
}

std::string seedsText(const std::vector<SeedLine>& seeds, std::uint64_t shown) {
  if (seeds.size() < 2) return {};
  const auto failed = std::ranges::count_if(seeds, [](const SeedLine& line) { return line.failed > 0; });
  const auto [least, most] = std::ranges::minmax_element(seeds, {}, &SeedLine::p99);
  return fmt::format(
      "{} seeds, {} of them with a failed expectation; p99 from {} (seed {}) to {} (seed {}).\n"
      "The tables show seed {}; expectations show the worst of all.\n\n",
      seeds.size(), failed, showDuration(least->p99), least->seed, showDuration(most->p99), most->seed, shown);
}

std::string verdictsText(const Rehearsed& rehearsed) {
  std::string text;
  for (std::size_t i = 0; i < rehearsed.judged.size(); ++i) {
    const Judged& one = rehearsed.judged[i];
    std::string where;
    if (rehearsed.seeds.size() > 1 && one.failed > 0)
      where = fmt::format("   in {} of {} seeds, worst in {}", one.failed, rehearsed.seeds.size(), one.seed);
    text += fmt::format("{}  {:<58}  {}{}\n", one.verdict.holds ? "ok  " : "FAIL",
                        rehearsed.scenario.expectations[i].text, one.verdict.shown, where);
  }
  if (!text.empty()) return "\n" + text;
  return rehearsed.recorded ? "\nNothing is expected: `--expect` says what must hold.\n"
                            : "\nThe scenario expects nothing: `expect` says what must hold.\n";
}

std::string logText(const Result& result) {
  std::string text;
  for (std::size_t i = 0; i < std::min(kLogShown, result.log.size()); ++i) text += "  " + result.log[i] + "\n";
  if (result.log.size() > kLogShown) text += "  ...\n";
  return text.empty() ? text : "\nlb said\n" + text;
}

}  // namespace

bool Rehearsed::holds() const {
  return shown.violation.empty() && std::ranges::all_of(judged, [](const Judged& one) { return one.verdict.holds; });
}

std::string table(const Rehearsed& rehearsed) {
  const Summary summary = summarize(rehearsed.shown, rehearsed.scenario);
  const std::size_t width = nameWidth(summary);
  std::string text =
      fmt::format("{} with {}: {} of virtual time, seed {}\n\n", rehearsed.scenario_file, rehearsed.config_file,
                  lb::config::formatDuration(rehearsed.scenario.duration), rehearsed.shown.seed);
  text += seedsText(rehearsed.seeds, rehearsed.shown.seed);
  text += fmt::format("{:<{}}{:>10}{:>11}{:>8}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "", width, "requests", "rate", "share",
                      "p50", "p90", "p99", "max", "errors");
  std::optional<Summary> recorded;
  if (rehearsed.recorded) recorded = summarize(*rehearsed.recorded, rehearsed.scenario);
  const auto recordedText = [&](Row row) {
    row.name = "as recorded";
    return rowText(row, 2, width);
  };
  for (std::size_t i = 0; i < summary.services.size(); ++i) {
    text += rowText(summary.services[i].all, 0, width);
    if (recorded) text += recordedText(recorded->services[i].all);
    for (const Row& row : summary.services[i].backends) text += rowText(row, 2, width);
  }
  if (summary.services.size() > 1) text += rowText(summary.all, 0, width);
  if (summary.services.size() > 1 && recorded) text += recordedText(recorded->all);
  text += (recorded ? causesText(summary, *recorded) : causesText(summary)) + notesText(rehearsed.notes) +
          logText(rehearsed.shown);
  if (!rehearsed.shown.violation.empty())
    text += fmt::format("\nFAIL  lb has broken HTTP: {}\n", rehearsed.shown.violation);
  return text + verdictsText(rehearsed);
}

}  // namespace sim::rehearse
