// Routes and header rules as the file writes them.
#include <fmt/format.h>

#include "lb/config/dump_parts.h"
#include "lb/config/words.h"

namespace lb::config {
namespace {

// In the order of the file; those of one name, which `add` may have, side by side in a list.
std::string linesText(const std::vector<HeaderLine>& lines) {
  std::string all;
  for (std::size_t i = 0; i < lines.size();) {
    std::string values;
    const std::string& name = lines[i].name;
    for (; i < lines.size() && lines[i].name == name; ++i)
      values += (values.empty() ? "" : ", ") + text(lines[i].value);
    all += fmt::format("{}{}: [{}]", all.empty() ? "" : ", ", text(name), values);
  }
  return "{" + all + "}";
}

void writeRules(Writer& out, std::string_view key, const HeaderRules& rules) {
  out.open(key);
  out.list("remove", rules.remove, text);
  std::string set;
  for (const HeaderLine& line : rules.set) {
    set += fmt::format("{}{}: {}", set.empty() ? "" : ", ", text(line.name), text(line.value));
  }
  out.set("set", "{" + set + "}");
  out.set("add", linesText(rules.add));
  out.close();
}

void writeMatchKeys(Writer& out, const RouteMatch& match) {
  out.list("domains", match.domains, text);
  if (!match.path.empty()) out.set("path", text(match.path));
  if (!match.path_prefix.empty()) out.set("path_prefix", text(match.path_prefix));
  out.list("methods", match.methods, text);
  std::string headers;
  for (const HeaderMatch& one : match.headers) {
    std::string test = text(one.value);
    if (one.test != HeaderTest::Equals) test = fmt::format("{{present: {}}}", one.test == HeaderTest::Present);
    headers += fmt::format("{}{}: {}", headers.empty() ? "" : ", ", text(one.name), test);
  }
  out.set("headers", "{" + headers + "}");
}

void writeRoute(Writer& out, const Route& route) {
  out.item("match:");
  out.nest();
  out.nest();
  writeMatchKeys(out, route.match);
  out.close();
  switch (route.action) {
    case RouteAction::Forward:
      out.open("split");
      for (const Split& part : route.split) {
        out.item(fmt::format("{{service: {}, weight: {}}}", text(part.service), part.weight));
      }
      out.close();
      break;
    case RouteAction::Redirect:
      out.open("redirect");
      out.set("status", std::uint64_t{route.redirect.status});
      if (!route.redirect.scheme.empty()) out.set("scheme", text(route.redirect.scheme));
      if (!route.redirect.host.empty()) out.set("host", text(route.redirect.host));
      if (!route.redirect.path.empty()) out.set("path", text(route.redirect.path));
      out.close();
      break;
    case RouteAction::Respond:
      out.open("respond");
      out.set("status", std::uint64_t{route.respond.status});
      out.set("content_type", text(route.respond.content_type));
      out.set("body", text(route.respond.body));
      out.close();
      break;
  }
  if (route.rewrites) out.set("rewrite", fmt::format("{{prefix: {}}}", text(route.rewrite_prefix)));
  writeHeaders(out, route.headers);
  out.close();
}

}  // namespace

void writeHeaders(Writer& out, const Headers& headers) {
  out.open("headers");
  writeRules(out, "request", headers.request);
  writeRules(out, "response", headers.response);
  out.close();
}

void writeRoutes(Writer& out, const std::vector<Route>& routes) {
  out.comment("In order, the first that matches wins; then the services' own domains.");
  if (routes.empty()) {
    out.set("routes", "[]");
    return;
  }
  out.open("routes");
  for (const Route& route : routes) writeRoute(out, route);
  out.close();
}

}  // namespace lb::config
