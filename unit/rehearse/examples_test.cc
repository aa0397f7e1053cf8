// The examples tell the truth: what each expects holds for many seeds, and fails when the knob that its file names is
// turned.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "sim/rehearse/rehearse.h"
#include "unit/rehearse/support.h"

namespace sim::rehearse {
namespace {

using testing::IsEmpty;
using testing::IsSupersetOf;

std::string textOf(const std::string& example, const std::string& file) {
  std::ifstream in(std::string(AFE_EXAMPLES) + "/" + example + "/" + file);
  EXPECT_TRUE(in.good()) << example << "/" << file;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// What stands between "```yaml" and "```" in a document, in order.
std::vector<std::string> yamlOf(const std::string& file) {
  std::ifstream in(file);
  EXPECT_TRUE(in.good()) << file;
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "```yaml") {
      blocks.emplace_back();
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

std::string turned(std::string text, const std::string& from, const std::string& to) {
  std::size_t found = 0;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()), ++found)
    text.replace(at, from.size(), to);
  EXPECT_GT(found, 0U) << "no knob " << from;
  return text;
}

std::vector<std::string> failed(const std::string& config_text, const std::string& scenario_text, std::uint64_t seed) {
  const auto config = configOf(config_text);
  const auto scenario = parse(scenario_text, config, noFile);
  EXPECT_TRUE(scenario.has_value()) << (scenario ? "" : lb::config::format("s", scenario.error().front()));
  if (!scenario) return {"unreadable"};
  const auto result = rehearse(config, *scenario, seed);
  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(result->violation, "");
  std::vector<std::string> failures;
  for (const Expectation& expectation : scenario->expectations) {
    if (!judge(expectation, *result, scenario->layout).holds) failures.push_back(expectation.text);
  }
  return failures;
}

struct Knob {
  const char* example;
  const char* file;
  const char* from;
  const char* to;
  std::vector<std::string> fails;  // at least these
};

const Knob kKnobs[] = {
    {"slow-backend",
     "config.yaml",
     "response_header: 1s",
     "response_header: 30s",
     {"max < 1100ms", "every request answered"}},
    {"crash-under-load",
     "config.yaml",
     "attempts: 1",
     "attempts: 0",
     {"errors < 0.1%", "errors = 0 between 11s and 30s"}},
    {"rolling-restart", "config.yaml", "attempts: 1", "attempts: 0", {"errors < 3"}},
    {"rolling-restart", "scenario.yaml", ", stop:", ", crash:", {"errors < 3"}},
    {"flash-crowd",
     "scenario.yaml",
     "queue: 50",
     "queue: 10000",
     {"p99 < 150ms between 5s and 20s", "p99 < 50ms after 21s", "every request answered"}},
    {"partition", "config.yaml", "connect: 200ms", "connect: 2s", {"p99 < 350ms of backend 10.0.0.1:8080"}},
    {"metastable",
     "config.yaml",
     "max_inflight: 32",
     "max_inflight: 0",
     {"errors < 1% after 25s", "p99 < 900ms after 25s"}},
};

TEST(Examples, HoldForManySeeds) {
  for (const char* example :
       {"slow-backend", "crash-under-load", "rolling-restart", "flash-crowd", "partition", "metastable"}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      EXPECT_THAT(failed(textOf(example, "config.yaml"), textOf(example, "scenario.yaml"), seed), IsEmpty())
          << example << ", seed " << seed;
    }
  }
}

// Recovery within five seconds whatever the load, with what docs/overload.md recommends; and none at all without.
TEST(Examples, MetastableRecoversAtEveryLoad) {
  const std::string config = textOf("metastable", "config.yaml");
  const std::string scenario = textOf("metastable", "scenario.yaml");
  const std::string storm =
      turned(turned(config, "max_inflight: 32", "max_inflight: 0"), "budget: {percent: 20, min_concurrency: 3}",
             "budget: {percent: 1000, min_concurrency: 100000}");
  for (const char* rate : {"500/s", "700/s"}) {
    const std::string other = turned(scenario, "- rate: 850/s", std::string("- rate: ") + rate);
    EXPECT_THAT(failed(config, other, 1), IsEmpty()) << rate;
    EXPECT_THAT(failed(storm, other, 1), testing::Contains("errors < 1% after 25s")) << rate;
  }
}

TEST(Examples, FailWhenTheKnobIsTurned) {
  for (const Knob& knob : kKnobs) {
    std::string config = textOf(knob.example, "config.yaml");
    std::string scenario = textOf(knob.example, "scenario.yaml");
    std::string& file = std::string_view(knob.file) == "config.yaml" ? config : scenario;
    file = turned(file, knob.from, knob.to);
    EXPECT_THAT(failed(config, scenario, 1), IsSupersetOf(knob.fails)) << knob.example << ": " << knob.to;
  }
}

// The tutorial's pieces, each with what it leaves out, are read; and its first rehearsal ends as it says.
TEST(Tutorial, SaysWhatIsTrue) {
  const std::vector<std::string> blocks = yamlOf(AFE_TUTORIAL);
  ASSERT_EQ(blocks.size(), 10U) << "a piece has come or gone: look at this test";
  EXPECT_THAT(failed(blocks[0], blocks[1], 1), testing::ElementsAre("p99 < 200ms", "every request answered"));
  const std::string patient = turned(blocks[0], "    hosts:", blocks[2] + "    hosts:");
  EXPECT_THAT(failed(patient, blocks[1], 1), testing::ElementsAre("errors < 0.1%"));
  const auto config =
      configOf(turned(blocks[0], "    - {address: 10.0.0.3, port: 8080}",
                      "    - {address: 10.0.0.3, port: 8080}\n    - {address: api.internal, port: 9000}\n"
                      "    health_check: {http: {path: /healthz}}"));
  const auto same = [&](const std::string&) -> lb::Result<std::string> { return blocks[0]; };
  for (std::size_t i = 3; i < blocks.size(); ++i) {
    const bool traffic = blocks[i].starts_with("traffic:");
    const auto scenario = parse(traffic ? blocks[i] : "traffic: [{rate: 1/s}]\n" + blocks[i], config, same);
    EXPECT_TRUE(scenario.has_value()) << (scenario ? "" : lb::config::format(blocks[i], scenario.error().front()));
  }
}

}  // namespace
}  // namespace sim::rehearse
