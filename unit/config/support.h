// What the tests of the configuration share: a file in, its errors or its Config out.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "lb/config/parse.h"

namespace lb::config {

inline std::string formatAll(const std::vector<Issue>& issues) {
  std::string lines;
  for (const Issue& issue : issues) lines += format("c.yaml", issue) + "\n";
  return lines;
}

// "" for a valid file.
inline std::string errorsOf(std::string_view yaml) {
  const auto parsed = parse(yaml);
  return parsed ? "" : formatAll(parsed.error());
}

inline std::string warningsOf(std::string_view yaml) {
  const auto parsed = parse(yaml);
  return parsed ? formatAll(parsed->warnings) : "not valid: " + formatAll(parsed.error());
}

// Fails the test, and is a Config without services, when the file is not valid.
inline Config configOf(std::string_view yaml) {
  auto parsed = parse(yaml);
  EXPECT_TRUE(parsed.has_value()) << formatAll(parsed.error());
  return parsed ? parsed->config : Config{};
}

// A valid file that begins with these lines under `proxy`, so that line 2 is the first of them.
inline std::string withService(std::string_view lines) {
  return "proxy:\n" + std::string(lines) +
         "\n  services: [{name: a, domain: a.com, hosts: [{address: 127.0.0.1, port: 9090}]}]\n";
}

// A valid file whose one service has these further keys on line 2, from column 3 on.
inline std::string withServiceKeys(std::string_view keys) {
  return "proxy: {services: [{name: a, domain: a.com, hosts: [{address: b, port: 1}],\n  " + std::string(keys) +
         "}]}\n";
}

// A valid file with these defaults, and with a service for each of these lists of further keys, "" for none.
inline std::string withDefaults(std::string_view defaults, std::initializer_list<std::string_view> services) {
  std::string yaml = "proxy:\n  defaults: {" + std::string(defaults) + "}\n  services:\n";
  char name = 'a';
  for (const std::string_view keys : services) {
    yaml += std::string("  - {name: ") + name + ", domain: " + name + ".com, hosts: [{address: h, port: 1}]";
    yaml.append(keys.empty() ? "" : ", ").append(keys).append("}\n");
    ++name;
  }
  return yaml;
}

// One line of a table: a file (or a part of one) and all that is said about it.
struct Row {
  const char* name;
  std::string yaml;
  std::string expected;
};

}  // namespace lb::config
