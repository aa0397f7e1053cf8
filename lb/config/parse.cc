#include "lb/config/parse.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/config/defaults.h"
#include "lb/config/reader.h"
#include "lb/config/sections.h"
#include "lb/config/validate.h"
#include "lb/config/yaml.h"

namespace lb::config {
namespace {

constexpr std::string_view kSmallestFile =
    "proxy: {services: [{name: my-service, domain: example.com, hosts: [{address: 127.0.0.1, port: 9090}]}]}";

std::string withSmallestFile(std::string_view message) {
  return fmt::format("{}; the smallest valid file is: {}", message, kSmallestFile);
}

void readFile(Section& file, Config& config, Marks& marks) {
  const std::optional<Value> proxy = file.find("proxy");
  if (!proxy) {
    file.error(withSmallestFile("`proxy` is missing, everything belongs under it"));
  } else if (proxy->isNull()) {
    proxy->error(withSmallestFile("there is nothing under `proxy`"));
  } else {
    // The paths of messages begin below `proxy`, which is above everything.
    proxy->at("").map([&](Section& section) {
      readProxy(section, config, marks);
      readRoutes(section, config);
      readServices(section, config);
    });
  }
}

void readRoot(const Node& root, Reading& reading, Config& config, Marks& marks) {
  if (root.kind == Node::Kind::Map) {
    Value(reading, root, root.place, "").map([&](Section& file) { readFile(file, config, marks); });
  } else {
    const bool empty = root.kind == Node::Kind::Null;
    reading.issues.error(empty ? Place{1, 1} : root.place, "",
                         withSmallestFile(empty ? "the file is empty" : "the file must be a map"));
  }
}

}  // namespace

std::optional<Admin> parseAdmin(std::string_view yaml) {
  const std::expected<Document, Issue> document = load(yaml);
  if (!document) return std::nullopt;
  Reading reading;
  Config config = defaultConfig();
  Marks marks;
  readRoot(document->root(), reading, config, marks);
  const bool wrong = std::ranges::any_of(reading.issues.takeErrors(),
                                         [](const Issue& issue) { return issue.path.starts_with("admin"); });
  return wrong ? std::nullopt : std::optional(std::move(config.admin));
}

std::expected<Parsed, std::vector<Issue>> parse(std::string_view yaml) {
  const std::expected<Document, Issue> document = load(yaml);
  if (!document) return std::unexpected(std::vector{document.error()});
  Reading reading;
  Parsed parsed{defaultConfig(), {}};
  Marks marks;
  readRoot(document->root(), reading, parsed.config, marks);
  validate(parsed.config, marks, reading.issues);
  if (reading.issues.hasErrors()) return std::unexpected(reading.issues.takeErrors());
  parsed.warnings = reading.issues.takeWarnings();
  return parsed;
}

}  // namespace lb::config
