// See failure_of.h.
#include "sim/cli/failure_of.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "sim/cli/build.h"
#include "sim/plan/families.h"
#include "sim/report/hang_watch.h"
#include "sim/report/names.h"
#include "sim/report/text.h"

namespace sim::cli {
namespace {

using report::clockTime;

constexpr std::size_t kLastLines = 24;

// "c6", or that it is one of those that ask when all is well again.
std::string clientName(const plan::Scenario& scenario, const plan::Client* client) {
  const auto found = std::ranges::find_if(scenario.clients, [&](const auto& one) { return &one == client; });
  return found == scenario.clients.end() ? "a client of the calm"
                                         : fmt::format("client c{}", found - scenario.clients.begin());
}

// "request 98 (client c6, PUT, 182 B) of service s0".
std::string requestLine(const plan::Scenario& scenario, const check::Entry& entry) {
  const plan::Request& request = *entry.plan;
  const lb::config::Service* service = check::serviceOf(scenario, request);
  return fmt::format("request {} ({}, {}, {} B) {}", request.id, clientName(scenario, entry.client), request.method,
                     request.framing == plan::Framing::None ? 0 : request.bytes,
                     service != nullptr ? "of service " + service->name : "to a host that nobody serves");
}

std::string travelLine(const check::Entry& entry) {
  if (entry.started == check::kNever) return "it was never sent";
  std::string line = "sent " + clockTime(entry.started);
  for (const check::Attempt& attempt : entry.attempts) {
    line += fmt::format(" -> b{} {} on a {} connection", attempt.backend, clockTime(attempt.head),
                        attempt.reused ? "used" : "new");
  }
  if (entry.answered != check::kNever) {
    line += fmt::format(" -> answer {} {}{}", entry.status, clockTime(entry.answered),
                        entry.from_backend ? "" : ", the proxy's own");
  }
  return line;
}

std::vector<std::string> familiesOff(const plan::Scenario& scenario) {
  std::vector<std::string> off;
  const auto add = [&](const auto& families) {
    for (const plan::Family& family : families) {
      if (std::ranges::find(scenario.families, family.name) == scenario.families.end()) off.emplace_back(family.name);
    }
  };
  add(plan::kOddities);
  add(plan::kFaultFamilies);
  add(plan::kTrafficFamilies);
  return off;
}

void addFired(const Trace& trace, report::FailureReport& report) {
  for (const TraceEvent& event : trace.events()) {
    if (event.kind != TraceKind::FaultOn) continue;
    ++report.faults_fired;
    report.faults_last = event.event;
  }
}

std::string speedText(const World& world, lb::Duration took) {
  using Seconds = std::chrono::duration<double>;
  const double seconds = std::max(Seconds(took).count(), 1e-6);
  return fmt::format("{:.1f} s of virtual time in {:.3f} s, {:.0f} events/s",
                     Seconds(world.now().since_start - World::kStart).count(), seconds,
                     static_cast<double>(world.events()) / seconds);
}

}  // namespace

report::FailureReport failureOf(const plan::Scenario& scenario, run::Run& run, const std::string& as_given,
                                lb::Duration took) {
  const check::Violation& violation = run.ledger().violation();
  report::FailureReport report;
  report.invariant = violation.invariant;
  report.what = violation.what;
  report.seed = scenario.seed;
  report.build = buildText();
  report.time = violation.when;
  report.event = violation.event;
  if (violation.request != 0 && violation.request < run.ledger().entries().size()) {
    const check::Entry& entry = run.ledger().entries()[violation.request];
    if (entry.plan != nullptr) report.who = {requestLine(scenario, entry), travelLine(entry)};
  }
  std::size_t requests = 0;
  for (const plan::Client& client : scenario.clients) requests += client.requests.size();
  report.who.push_back(fmt::format("among {} clients, {} requests, {} backends, {} workers", scenario.clients.size(),
                                   requests, scenario.backends.size(), scenario.config.threads));
  if (!violation.expected.empty()) report.difference = {{}, 0, violation.expected, violation.seen};
  report.faults_on = scenario.families;
  report.faults_off = familiesOff(scenario);
  addFired(run.trace(), report);
  report.last = report::lastLines(run.trace(), kLastLines, violation.request);
  report.replay = fmt::format("sim run {} --until-event {} --trace text", as_given, violation.event);
  report.shrink = fmt::format("sim shrink {}", as_given);
  report.speed = speedText(run.world(), took);
  return report;
}

report::FailureReport crashOf(const plan::Scenario& scenario, run::Run& run, const std::string& as_given,
                              lb::Duration took, int signal) {
  report::FailureReport report = failureOf(scenario, run, as_given, took);
  report.invariant = "crash";
  report.what = signal == SIGVTALRM
                    ? fmt::format("it does not end: {} of processor time are over", report::HangWatch::kLimit)
                    : fmt::format("the process dies of signal {} ({})", signal, strsignal(signal));
  report.time = run.world().now();
  report.event = run.world().events();
  report.replay = fmt::format("sim run {} --until-event {} --trace text", as_given, report.event);
  return report;
}

}  // namespace sim::cli
