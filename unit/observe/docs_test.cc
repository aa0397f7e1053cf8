// docs/telemetry.md names everything that the program shows, and nothing that it does not.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "lb/observe/access_log.h"
#include "unit/observe/fixtures.h"

namespace lb::observe {
namespace {

std::string readDocs() {
  std::ifstream file(AFE_SOURCE_DIR "/docs/telemetry.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

// Runs of the characters that names are made of.
std::vector<std::string> wordsOf(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || c == '_') {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  return words;
}

std::set<std::string> collectedFamilies() {
  Telemetry telemetry(1, testBuild());
  const auto views = telemetry.apply(configWith({kServiceName}));
  std::set<std::string> names;
  for (const prometheus::MetricFamily& family : telemetry.collect(at(1s), {})) names.insert(family.name);
  return names;
}

TEST(TelemetryDocs, NameEveryMetric) {
  const std::string docs = readDocs();
  ASSERT_FALSE(docs.empty());
  for (const std::string& name : collectedFamilies()) {
    EXPECT_NE(docs.find("`" + name + "`"), std::string::npos) << name << " is not in docs/telemetry.md";
  }
}

TEST(TelemetryDocs, NameNoMetricThatIsNotThere) {
  const std::string docs = readDocs();
  const std::set<std::string> families = collectedFamilies();
  std::size_t seen = 0;
  for (std::string name : wordsOf(docs)) {
    if (!name.starts_with("lb_") && !name.starts_with("process_")) continue;
    for (const std::string_view suffix : {"_bucket", "_count", "_sum"}) {  // as queries use them
      if (name.ends_with("_seconds" + std::string(suffix))) name.resize(name.size() - suffix.size());
    }
    EXPECT_TRUE(families.contains(name)) << name << " is in docs/telemetry.md but nowhere else";
    ++seen;
  }
  EXPECT_GE(seen, families.size());
}

TEST(TelemetryDocs, NameEveryFieldOfTheAccessLog) {
  std::string line;
  formatJson(answeredRecord(), line);
  const std::string docs = readDocs();
  const nlohmann::json read = nlohmann::json::parse(line);
  for (const auto& [field, value] : read.items()) {
    EXPECT_NE(docs.find("`" + field + "`"), std::string::npos) << field << " is not in docs/telemetry.md";
  }
}

TEST(TelemetryDocs, NameEveryFixedWord) {
  const std::string docs = readDocs();
  const auto expectWord = [&](std::string_view word) {
    EXPECT_NE(docs.find("`" + std::string(word) + "`"), std::string::npos) << word << " is not in docs/telemetry.md";
  };
  for (std::size_t i = 1; i < kReasonCount; ++i) expectWord(toString(static_cast<Reason>(i)));
  for (std::size_t i = 0; i < kAttemptResultCount; ++i) expectWord(toString(static_cast<AttemptResult>(i)));
}

}  // namespace
}  // namespace lb::observe
