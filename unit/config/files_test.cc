// The files that people read: the shipped configuration and its documentation say what the program does.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "unit/config/support.h"

namespace lb::config {
namespace {

std::string readFile(const std::string& path) {
  std::ifstream in(std::string(AFE_ROOT) + "/" + path);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// A key that is commented out has its # right in front; a # before a space begins a sentence.
std::string uncommented(const std::string& yaml, int& keys) {
  std::string result;
  for (std::string line : linesOf(yaml)) {
    const std::size_t start = line.find_first_not_of(' ');
    if (start != std::string::npos && line[start] == '#' && start + 1 < line.size() &&
        std::islower(line[start + 1]) != 0) {
      line.erase(start, 1);
      ++keys;
    }
    result += line + "\n";
  }
  return result;
}

// The keys of a block, "services" and "- name" alike.
std::set<std::string> keysOf(const std::string& yaml) {
  std::set<std::string> keys;
  for (const std::string& line : linesOf(yaml)) {
    const std::size_t start = line.find_first_not_of(" -");
    if (start == std::string::npos || line[start] == '#' || line[start] == '{') continue;
    const std::size_t colon = line.find(':', start);
    if (colon != std::string::npos) keys.insert(line.substr(start, colon - start));
  }
  return keys;
}

TEST(Files, ShippedConfigurationIsValid) {
  const std::string yaml = readFile("config.yaml");
  EXPECT_EQ(warningsOf(yaml), "");
  const Config config = configOf(yaml);
  EXPECT_EQ(config.listen.at(0).port, 8080);
  EXPECT_EQ(config.routing.service_parameter, "s");
  ASSERT_EQ(config.services.size(), 2U);
  EXPECT_EQ(config.services[0].name, "my-service");
  EXPECT_EQ(config.services[0].domains, std::vector<std::string>{"my-service.my-company.com"});
  EXPECT_EQ(config.services[0].hosts, (std::vector{Host{"127.0.0.1", 9090}, Host{"127.0.0.1", 9091}}));
  EXPECT_EQ(config.services[1].hosts, (std::vector{Host{"127.0.0.1", 9092}}));
}

TEST(Files, CommentedKeysOfTheShippedConfigurationAreTheDefaults) {
  const std::string yaml = readFile("config.yaml");
  int keys = 0;
  const std::string all = uncommented(yaml, keys);
  EXPECT_GT(keys, 40);
  EXPECT_EQ(configOf(all), configOf(yaml));
}

TEST(Files, ShippedConfigurationShowsEveryKey) {
  int keys = 0;
  const std::set<std::string> shown = keysOf(uncommented(readFile("config.yaml"), keys));
  for (const std::string& key : keysOf(dump(configOf(withService(""))))) EXPECT_TRUE(shown.contains(key)) << key;
}

TEST(Files, DocumentationNamesEveryKey) {
  const std::string page = readFile("docs/configuration.md");
  const std::set<std::string> keys = keysOf(dump(configOf(withService(""))));
  EXPECT_GT(keys.size(), 50U);
  for (const std::string& key : keys) {
    const bool named = page.contains("`" + key + "`") || page.contains("." + key + "`");
    EXPECT_TRUE(named) << key;
  }
}

TEST(Files, ExamplesOfTheDocumentationAreValid) {
  std::string page;
  for (const char* name : {"configuration", "balancing", "routing", "retries", "overload", "reload", "health"})
    page += readFile("docs/" + std::string(name) + ".md");
  constexpr std::string_view kOpen = "```yaml\n";
  int examples = 0;
  for (std::size_t at = page.find(kOpen); at != std::string::npos; at = page.find(kOpen, at)) {
    at += kOpen.size();
    const std::string example = page.substr(at, page.find("```", at) - at);
    if (example.starts_with("tests:")) continue;    // for unit/headers/route_tests_test.cc
    if (example.starts_with("outlier:")) continue;  // a part of one
    EXPECT_EQ(warningsOf(example), "") << example;
    ++examples;
  }
  EXPECT_EQ(examples, 14);
}

}  // namespace
}  // namespace lb::config
