#include "lb/observe/issues_json.h"

#include <fmt/format.h>

#include "lb/observe/escape.h"

namespace lb::observe {
namespace {

std::string listJson(std::span<const config::Issue> issues) {
  std::string out = "[";
  for (const config::Issue& issue : issues) {
    if (out.size() > 1) out += ',';
    const bool placed = issue.place.line > 0;
    out += placed ? fmt::format("{{\"line\":{},\"column\":{}", issue.place.line, issue.place.column)
                  : std::string("{\"line\":null,\"column\":null");
    out += ",\"path\":";
    appendJsonString(issue.path, out);
    out += ",\"message\":";
    appendJsonString(issue.message, out);
    out += '}';
  }
  return out + "]";
}

}  // namespace

std::string issuesJson(std::span<const config::Issue> errors, std::span<const config::Issue> warnings) {
  return "\"errors\":" + listJson(errors) + ",\"warnings\":" + listJson(warnings);
}

}  // namespace lb::observe
