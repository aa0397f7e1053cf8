#include "lb/check/route_tests.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/check/route_outcome.h"
#include "lb/config/field_names.h"
#include "lb/config/reader.h"
#include "lb/config/units.h"
#include "lb/config/yaml.h"
#include "lb/http/chars.h"

namespace lb::check {
namespace {

using config::Section;
using config::Value;

constexpr std::string_view kClient = "192.0.2.1";  // of no network that anybody trusts: TEST-NET-1

Result<std::string> parseTarget(std::string_view text) {
  if (text.empty() || !http::allAre(http::kTargetChar, text)) {
    return fail(fmt::format("{} is no request target", config::quote(text)));
  }
  return std::string(text);
}

Result<IpAddress> parseClient(std::string_view text) {
  const auto ip = IpAddress::parse(text);
  if (!ip) return fail(fmt::format("{} is no IPv4 or IPv6 address", config::quote(text)));
  return *ip;
}

void readLines(const Value& value, std::vector<config::HeaderLine>& lines) {
  value.entries([&](const Value& key, const Value& item) {
    config::HeaderLine line;
    if (!key.parsed(line.name, config::parseFieldName, "the name of a field")) return;
    const auto add = [&](const Value& one) {
      if (one.parsed(line.value, config::parseFieldValue, "a value")) lines.push_back(line);
    };
    if (item.isList()) {
      item.list(add);
    } else {
      add(item);
    }
  });
}

Question readRequest(Section& section) {
  std::string method = "GET";
  std::string host;
  std::string path = "/";
  std::vector<config::HeaderLine> lines;
  Question question;
  question.client = *IpAddress::parse(kClient);
  if (const auto value = section.find("method")) value->parsed(method, config::parseMethod, "a method");
  if (const auto value = section.require("host")) value->parsed(host, config::parseFieldValue, "a host");
  if (const auto value = section.find("path")) value->parsed(path, parseTarget, "a path");
  if (const auto value = section.find("headers")) readLines(*value, lines);
  if (const auto value = section.find("client")) value->parsed(question.client, parseClient, "an address");
  question.head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", method, path, host);
  for (const config::HeaderLine& line : lines) question.head += fmt::format("{}: {}\r\n", line.name, line.value);
  question.head += "\r\n";
  return question;
}

std::string shown(const std::vector<std::string>& values) {
  return values.empty() ? "none" : fmt::format("{}", fmt::join(values, ", "));
}

std::string shown(const Outcome& outcome) {
  if (outcome.status == 0) return fmt::format("it is forwarded to {}", shown(outcome.services));
  return outcome.detail.empty() ? fmt::format("lb answers {}", outcome.status)
                                : fmt::format("lb answers {} ({})", outcome.status, outcome.detail);
}

void differ(const Value& value, std::string_view expected, std::string_view seen) {
  value.error(fmt::format("expected {}, seen {}", expected, seen));
}

// A name, or a list of all of them in any order.
void expectNames(Section& section, std::string_view key, const std::vector<std::string>& seen, const Outcome& outcome) {
  const auto value = section.find(key);
  if (!value) return;
  std::vector<std::string> expected;
  const auto read = [&](const Value& item) { item.text(expected.emplace_back(), "a name"); };
  if (value->isList()) {
    value->list(read);
  } else {
    read(*value);
  }
  std::vector<std::string> sorted = seen;
  std::ranges::sort(sorted);
  std::ranges::sort(expected);
  if (sorted != expected) differ(*value, shown(expected), seen.empty() ? shown(outcome) : shown(seen));
}

void expectText(Section& section, std::string_view key, std::string_view seen, const Outcome& outcome, bool possible) {
  const auto value = section.find(key);
  std::string expected;
  if (!value || !value->text(expected)) return;
  if (!possible) {
    differ(*value, config::quote(expected), shown(outcome));
  } else if (expected != seen) {
    differ(*value, config::quote(expected), config::quote(seen));
  }
}

std::vector<std::string> valuesOf(const http::Fields& fields, std::string_view name) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!fields.dropped(i) && http::equalsIgnoreCase(fields.name(i), name)) values.emplace_back(fields.value(i));
  }
  return values;
}

// One field of every head: its value, a list of its values, or null where it must not be.
void expectField(const Value& value, std::string_view name, const std::vector<http::Fields>& heads,
                 const Outcome& outcome) {
  std::vector<std::string> expected;
  const auto read = [&](const Value& item) { item.text(expected.emplace_back(), "a value"); };
  if (value.isList()) {
    value.list(read);
  } else if (!value.isNull()) {
    read(value);
  }
  if (heads.empty()) return differ(value, shown(expected), shown(outcome));
  for (const http::Fields& head : heads) {
    const std::vector<std::string> seen = valuesOf(head, name);
    if (seen != expected) return differ(value, shown(expected), shown(seen));
  }
}

void expectFields(Section& section, std::string_view key, const std::vector<http::Fields>& heads,
                  const Outcome& outcome) {
  const auto value = section.find(key);
  if (!value) return;
  value->entries([&](const Value& name_value, const Value& item) {
    std::string name;
    if (name_value.parsed(name, config::parseFieldName, "the name of a field")) expectField(item, name, heads, outcome);
  });
}

void expectStatus(Section& section, const Outcome& outcome) {
  const auto value = section.find("status");
  std::uint16_t expected = 0;
  if (!value || !value->integer(expected, config::IntegerRange{200, 599}) || expected == outcome.status) return;
  differ(*value, std::to_string(expected), shown(outcome));
}

void expectAll(Section& section, const Outcome& outcome) {
  const bool forwarded = outcome.status == 0;
  expectNames(section, "service", outcome.services, outcome);
  expectNames(section, "backends", outcome.backends, outcome);
  expectText(section, "path", outcome.path, outcome, forwarded);
  expectStatus(section, outcome);
  expectText(section, "location", outcome.location, outcome, !outcome.location.empty());
  expectText(section, "body", outcome.body, outcome, !forwarded);
  expectFields(section, "request_headers", outcome.requests, outcome);
  expectFields(section, "response_headers", outcome.responses, outcome);
}

void readTest(Section& section, const config::Config& config) {
  std::string name;
  if (const auto value = section.find("name")) value->text(name);
  Question question;
  bool asked = false;
  if (const auto request = section.require("request")) {
    asked = request->map([&](Section& keys) { question = readRequest(keys); });
  }
  section.map("response", [&](Section& keys) {
    if (const auto headers = keys.find("headers")) readLines(*headers, question.answer);
  });
  const auto expect = section.require("expect");
  if (!asked || !expect) return;
  if (expect->isNull()) expect->error("expects nothing");
  const Outcome outcome = outcomeOf(config, question);
  expect->map([&](Section& keys) { expectAll(keys, outcome); });
}

}  // namespace

RouteTests runRouteTests(const config::Config& config, std::string_view yaml) {
  RouteTests result;
  const auto document = config::load(yaml);
  if (!document) return {0, {document.error()}};
  config::Reading reading;
  const config::Node& root = document->root();
  Value(reading, root, root.place, "").map([&](Section& file) {
    const auto tests = file.require("tests");
    if (!tests) return;
    if (tests->isEmptyList()) tests->error("there is nothing to test");
    tests->list([&](const Value& item) {
      ++result.count;
      item.map([&](Section& section) { readTest(section, config); });
    });
  });
  if (reading.issues.hasErrors()) result.failures = reading.issues.takeErrors();
  return result;
}

}  // namespace lb::check
