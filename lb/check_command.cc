// See check_command.h.
#include "lb/check_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <vector>

#include "lb/check/route_tests.h"
#include "lb/config_file.h"
#include "lb/observe/escape.h"
#include "lb/observe/issues_json.h"
#include "lb/tell.h"

namespace lb {
namespace {

// Everything that is to be told; what cannot be read has no place.
struct Findings {
  std::vector<config::Issue> errors, warnings;
  std::optional<check::RouteTests> tests;

  [[nodiscard]] bool valid() const { return errors.empty() && (!tests || tests->failures.empty()); }
};

config::Issue unplaced(const Error& error) {
  return {{}, "", error.what};
}

Findings find(const CheckOptions& options) {
  Findings findings;
  const auto text = readFile(options.config_path);
  if (!text) return {{unplaced(text.error())}, {}, {}};
  auto parsed = config::parse(*text);
  if (!parsed) return {std::move(parsed.error()), {}, {}};
  findings.warnings = std::move(parsed->warnings);
  if (options.tests_path.empty()) return findings;
  const auto tests = readFile(options.tests_path);
  findings.tests = tests ? check::runRouteTests(parsed->config, *tests)
                         : check::RouteTests{.count = 0, .failures = {unplaced(tests.error())}};
  return findings;
}

void printIssues(const std::string& file, const std::vector<config::Issue>& issues, const char* suffix) {
  for (const config::Issue& issue : issues) {
    const std::string line = issue.place.line > 0 ? config::format(file, issue) : "lb: " + issue.message;
    tell(stderr, fmt::format("{}{}\n", line, suffix));
  }
}

void printText(const CheckOptions& options, const Findings& findings) {
  printIssues(options.config_path, findings.errors, "");
  printIssues(options.config_path, findings.warnings, " (warning)");
  if (findings.errors.empty()) tell(stdout, fmt::format("{}: valid\n", options.config_path));
  if (!findings.tests) return;
  const check::RouteTests& tests = *findings.tests;
  printIssues(options.tests_path, tests.failures, "");
  const char* const plural = tests.count == 1 ? "" : "s";
  if (tests.failures.empty()) {
    tell(stdout, fmt::format("{}: {} test{} passed\n", options.tests_path, tests.count, plural));
  } else {
    tell(stdout, fmt::format("{}: {} failure{} in {} test{}\n", options.tests_path, tests.failures.size(),
                             tests.failures.size() == 1 ? "" : "s", tests.count, plural));
  }
}

void printJson(const CheckOptions& options, const Findings& findings) {
  std::string out = "{\"file\":";
  observe::appendJsonString(options.config_path, out);
  out +=
      fmt::format(",\"valid\":{},{}", findings.errors.empty(), observe::issuesJson(findings.errors, findings.warnings));
  if (findings.tests) {
    out += ",\"tests\":{\"file\":";
    observe::appendJsonString(options.tests_path, out);
    out += fmt::format(",\"count\":{},\"passed\":{},{}}}", findings.tests->count, findings.tests->failures.empty(),
                       observe::issuesJson(findings.tests->failures, {}));
  }
  tell(stdout, out + "}\n");
}

}  // namespace

int checkConfiguration(const CheckOptions& options) {
  const Findings findings = find(options);
  if (options.format == CheckFormat::Json) {
    printJson(options, findings);
  } else {
    printText(options, findings);
  }
  return findings.valid() ? 0 : 1;
}

}  // namespace lb
