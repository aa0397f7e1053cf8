// See page.h.
#include "sim/report/page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/report/names.h"
#include "sim/report/page_data.h"
#include "sim/report/page_template.h"

namespace sim::report {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

PageHead headOf(const FailureReport& report) {
  PageHead head{.title = report.invariant, .failed = true, .facts = {}};
  const auto add = [&](const char* label, std::string text) {
    if (!text.empty()) head.facts.emplace_back(label, std::move(text));
  };
  add("what", report.what);
  add("who", fmt::format("{}", fmt::join(report.who, "\n")));
  if (report.difference) add("bytes", fmt::format("{}", fmt::join(differenceLines(*report.difference), "\n")));
  add("when", fmt::format("{}, event {}", clockTime(report.time), report.event));
  add("seed", std::to_string(report.seed));
  add("build", report.build);
  add("faults on", fmt::format("{}", fmt::join(report.faults_on, " ")));
  add("faults off", fmt::format("{}", fmt::join(report.faults_off, " ")));
  if (!report.faults_on.empty() || !report.faults_off.empty()) add("faults", firedText(report));
  add("replay", report.replay);
  add("smaller", report.shrink);
  add("speed", report.speed);
  return head;
}

// The template has one line for each thing that goes into it.
void writeHtml(const Trace& trace, const PageHead& head, std::ostream& out) {
  std::string_view rest = kPageTemplate;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
    rest.remove_prefix(line.size());
    if (line == "@TITLE@\n") {
      out << escaped(head.title) << '\n';
    } else if (line == "@DATA@\n") {
      out << pageData(trace, head) << '\n';
    } else {
      out << line;
    }
  }
}

}  // namespace sim::report
