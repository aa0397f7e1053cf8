// Scenario files: what is written is read back to the same run, and what cannot be right is refused with its place.
#include "sim/plan/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/run/run.h"

namespace sim::plan {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::uint64_t hashOf(const Scenario& scenario) {
  run::Run run(scenario);
  EXPECT_TRUE(run.go()) << run.ledger().violation().what;
  return run.world().digest().value();
}

Scenario readBack(const Scenario& scenario) {
  auto read = fromJson(toJson(scenario), "scenario.json");
  if (!read) throw std::runtime_error(read.error());
  return *std::move(read);
}

TEST(ScenarioFile, IsReadBackAsItWasWritten) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Scenario scenario = generate(seed);
    const Scenario read = readBack(scenario);
    ASSERT_EQ(toJson(read), toJson(scenario)) << "seed " << seed;
    ASSERT_EQ(read.config, scenario.config) << "seed " << seed;
  }
}

TEST(ScenarioFile, RunsAsTheSeedItCameFrom) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Scenario scenario = generate(seed);
    ASSERT_EQ(hashOf(readBack(scenario)), hashOf(scenario)) << "seed " << seed;
  }
}

constexpr const char* kConfig = R"("config": ["proxy:", "  listen: [{address: 10.0.0.2, port: 8080}]", "  threads: 1",
    "  services: [{name: s0, domain: s0.test, hosts: [{address: 10.0.1.1, port: 80}]}]"])";

std::string with(const std::string& fields) {
  const char* backends = fields.contains("backends") ? "" : ", \"backends\": [{}]";
  return std::string("{") + kConfig + backends + (fields.empty() ? "" : ", " + fields) + "}";
}

TEST(ScenarioFile, WhatIsLeftOutHasItsDefault) {
  const auto read = fromJson(with(R"("clients": [{"requests": [{"id": 7}]}])"), "old.json");
  ASSERT_TRUE(read.has_value()) << read.error();
  const Request& request = read->clients.at(0).requests.at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.malformed, -1);
  EXPECT_EQ(request.answer.status, 200);
  EXPECT_EQ(read->storm, std::chrono::seconds(20));
}

TEST(ScenarioFile, DefaultsAreNotWritten) {
  Scenario scenario = *fromJson(with(""), "minimal.json");
  scenario.clients.resize(1);
  scenario.clients[0].requests.resize(1);
  scenario.clients[0].requests[0].id = 1;
  const std::string text = toJson(scenario);
  EXPECT_THAT(text, HasSubstr("\"method\": \"GET\""));
  EXPECT_THAT(text, Not(HasSubstr("\"answer\"")));
  EXPECT_THAT(text, Not(HasSubstr("\"network\"")));
}

// Places have a test of their own.
struct Row {
  const char* name;
  std::string text;
  const char* message;
};

TEST(ScenarioFile, RefusesWhatCannotBeRight) {
  const Row rows[] = {
      {"no object", "[]", "/: an object is wanted, not []"},
      {"key on top", with(R"("sed": 1)"), "/sed: no such field; there are seed, families,"},
      {"key below", with(R"("clients": [{"requests": [{"id": 1, "answer": {"code": 1}}]}])"),
       "/clients/0/requests/0/answer/code: no such field"},
      {"text for number", with(R"("census": "2")"), "/census: a whole number is wanted, not \"2\""},
      {"fraction", with(R"("census": 1.5)"), "/census: a whole number is wanted, not 1.5"},
      {"too large", with(R"("census": 4294967296)"), "/census: 4294967296 is not within 0 and 4294967295"},
      {"negative", with(R"("census": -1)"), "/census: -1 is not within 0 and"},
      {"number for text", with(R"("clients": [{"requests": [{"id": 1, "method": 7}]}])"),
       "/clients/0/requests/0/method: a text is wanted, not 7"},
      {"number for bool", with(R"("calm_only": 1)"), "/calm_only: true or false is wanted, not 1"},
      {"object for list", with(R"("clients": {})"), "/clients: a list is wanted, not {}"},
      {"word", with(R"("faults": [{"kind": "stal"}])"), "/faults/0/kind: one of stall, stall_to, "},
      {"time before time", with(R"("reloads": [0, -1])"), "/reloads/1: nanoseconds from 0 to"},
      {"configuration", R"({"config": ["proxy:", "  thread: 1", "  services: []"]})", "/config/1: config:2:3: "},
      {"no backend", with(R"("backends": [])"), "/backends: 0 are not within 1 and 200"},
      {"no configuration", R"({"backends": [{}]})",
       "/config: clients connect to 10.0.0.2:8080, where the proxy does not listen"},
      {"backend", with(R"("faults": [{"kind": "kill", "who": 1}])"), "/faults/0/who: 1 is not within 0 and 0"},
      {"clients killed", with(R"("faults": [{"kind": "kill", "who": -1}])"), "/faults/0/who: -1 is not"},
      {"service", with(R"("clients": [{"requests": [{"id": 1, "service": 1}]}])"),
       "/clients/0/requests/0/service: 1 is not within -2 and 0"},
      {"ids", with(R"("clients": [{"requests": [{"id": 1}]}, {"requests": [{"id": 1}]}])"),
       "/clients/1/requests/0/id: 1 stands twice"},
      {"fields without end", with(R"("clients": [{"requests": [{"id": 1, "fields": 1000000000}]}])"),
       "/clients/0/requests/0/fields: 1000000000 is not within 0 and 10000"},
      {"endless", with(R"("clients": [{"requests": [{"id": 1, "chunk": 0}]}])"),
       "/clients/0/requests/0/chunk: 0 is not within 1 and"},
  };
  for (const Row& row : rows) {
    const auto read = fromJson(row.text, "f.json");
    ASSERT_FALSE(read.has_value()) << row.name;
    EXPECT_THAT(read.error(), AllOf(StartsWith("f.json:"), HasSubstr(std::string(": ") + row.message))) << row.name;
  }
}

TEST(ScenarioFile, SaysWhereItIsWrong) {
  const Row rows[] = {
      {"no JSON", "{\n \"seed\": 1,,\n}", "f.json:2:12: this is not JSON"},
      {"cut", "{\"seed\": 1", "f.json:1:11: this is not JSON"},
      {"empty", "", "f.json:1:1: this is not JSON"},
      {"too large", "{\n \"seed\": 1e999}", "f.json:2:10: 1e999 is too large a number"},
      {"too large below zero", "{\"seed\": \"-1e999\", \"storm\": -1e999, 7}",
       "f.json:1:29: -1e999 is too large a number"},
      {"all too large", "1e999", "f.json:1:1: 1e999 is too large a number"},
      {"too long", std::string(400, '9'), "f.json:1:1: 99999"},
      {"what it is", "\n []", "f.json:2:2: /: an object is wanted"},
      {"a field", "{\n \"clients\": [\n  {\"start\": \"x\"}]}", "f.json:3:4: /clients/0/start: a whole number"},
      {"no field", "{\n \"clients\": [{\n  \"begin\": 1}]}", "f.json:3:3: /clients/0/begin: no such field"},
      {"configuration", "{\"config\": [\"proxy:\",\n \"  thread: 1\"]}", "f.json:2:2: /config/1: config:2:3: "},
      {"left out", R"({"backends": [{}]})", "f.json:1:1: /config: clients connect to"},
  };
  for (const Row& row : rows) {
    const auto read = fromJson(row.text, "f.json");
    ASSERT_FALSE(read.has_value()) << row.name;
    EXPECT_THAT(read.error(), StartsWith(row.message)) << row.name;
  }
}

}  // namespace
}  // namespace sim::plan
