// What is done to heads on the way: `headers` of services, of `defaults` and of routes.
#include <fmt/format.h>

#include "lb/config/field_names.h"
#include "lb/config/sections.h"

namespace lb::config {
namespace {

// A line of `name: value`, or with `several` of `name: [value, value]`.
void readLines(const Value& value, bool several, std::vector<HeaderLine>& lines) {
  lines.clear();  // those that were inherited
  value.entries([&](const Value& key, const Value& item) {
    std::string name;
    if (!key.parsed(name, parseEditableField, "the name of a field")) return;
    checkNewField(key, name, lines);
    const auto add = [&](const Value& one) {
      std::string text;
      if (one.parsed(text, parseFieldValue, "the value of a field")) lines.push_back({name, std::move(text)});
    };
    if (several && item.isList()) {
      item.list(add);
    } else {
      add(item);
    }
  });
  if (lines.size() > kHeaderRulesMax) value.error(fmt::format("has over {} lines", kHeaderRulesMax));
}

void readRules(Section& section, HeaderRules& rules) {
  if (const auto remove = section.find("remove")) {
    rules.remove.clear();
    remove->list([&](const Value& item) {
      std::string name;
      if (item.parsed(name, parseEditableField, "the name of a field")) rules.remove.push_back(std::move(name));
    });
    if (rules.remove.size() > kHeaderRulesMax) remove->error(fmt::format("has over {} names", kHeaderRulesMax));
  }
  if (const auto set = section.find("set")) readLines(*set, false, rules.set);
  if (const auto add = section.find("add")) readLines(*add, true, rules.add);
}

}  // namespace

void readHeaders(Section& section, Headers& headers) {
  section.map("headers", [&](Section& both) {
    both.map("request", [&](Section& rules) { readRules(rules, headers.request); });
    both.map("response", [&](Section& rules) { readRules(rules, headers.response); });
  });
}

}  // namespace lb::config
