// The examples tell the truth: what each expects holds for many seeds, and fails when the knob that its file names is
// turned.
#include <gmock/gmock.h>

#include "sim/rehearse/rehearse.h"
#include "unit/rehearse/documents.h"
#include "unit/rehearse/support.h"

namespace sim::rehearse {
namespace {

using testing::IsEmpty;
using testing::IsSupersetOf;

std::string exampleOf(const std::string& name, const char* file) {
  return textOf(std::string(AFE_EXAMPLES) + "/" + name + "/" + file);
}

// What stands between "```yaml" and "```" in a document, in order.
std::vector<std::string> yamlOf(const std::string& file) {
  std::vector<std::string> blocks;
  bool inside = false;
  for (const std::string& line : linesOf(file)) {
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
    {"rolling-restart", "config.yaml", "attempts: 1", "attempts: 0", {"errors = 0 of stream pages"}},
    {"rolling-restart", "scenario.yaml", ", stop:", ", crash:", {"errors = 0 of stream orders"}},
    {"flapping",
     "config.yaml",
     "outlier: {base_ejection: 5s, max_ejection: 20s}",
     "outlier: off",
     {"errors < 0.25%", "share of 10.0.0.3:8080 < 12% between 20s and 55s"}},
    {"gray-failure",
     "config.yaml",
     "success_percent: 90",
     "success_percent: 0",
     {"errors < 1%", "share of 10.0.0.3:8080 < 10% between 15s and 50s"}},
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
  for (const char* example : {"slow-backend", "crash-under-load", "rolling-restart", "flash-crowd", "partition",
                              "metastable", "flapping", "gray-failure"}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      EXPECT_THAT(failed(exampleOf(example, "config.yaml"), exampleOf(example, "scenario.yaml"), seed), IsEmpty())
          << example << ", seed " << seed;
    }
  }
}

TEST(Examples, FailWhenTheKnobIsTurned) {
  for (const Knob& knob : kKnobs) {
    std::string config = exampleOf(knob.example, "config.yaml");
    std::string scenario = exampleOf(knob.example, "scenario.yaml");
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
