// health_check, outlier, panic_threshold: what they say, what is refused, and that the dump gives them back.
#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace lb::config {
namespace {

Service serviceWith(std::string_view keys) {
  const Config config = configOf(withServiceKeys(keys));
  return config.services.empty() ? Service{} : config.services.front();
}

TEST(Health, Defaults) {
  const Service service = serviceWith("pool: {}");
  EXPECT_FALSE(service.health_check.enabled);
  EXPECT_TRUE(service.outlier.enabled);
  EXPECT_EQ(service.outlier.consecutive_failures, 5U);
  EXPECT_EQ(service.panic_threshold, 50U);
}

TEST(Health, Checks) {
  const HealthCheck check =
      serviceWith(
          "health_check: {http: {path: /up, host: a.com, expect: [200-299, 404], body: ok}, port: 8, fall: 2, "
          "rise: 1, interval: 1s, down_interval: 500ms, timeout: 300ms, jitter_percent: 0, initial: down}")
          .health_check;
  EXPECT_TRUE(check.enabled);
  EXPECT_EQ(check.path, "/up");
  EXPECT_EQ(check.host, "a.com");
  ASSERT_EQ(check.expect.size(), 2U);
  EXPECT_EQ(check.expect[1], (StatusRange{404, 404}));
  EXPECT_EQ(check.body, "ok");
  EXPECT_EQ(check.port, 8U);
  EXPECT_EQ(check.interval, 1s);
  EXPECT_EQ(check.initial, InitialHealth::Down);
  EXPECT_EQ(serviceWith("health_check: {tcp: true}").health_check.kind, CheckKind::Tcp);
  EXPECT_TRUE(serviceWith("health_check: {}").health_check.enabled);
}

TEST(Health, InheritedAndSwitchedOff) {
  const Config config = configOf(withDefaults("health_check: {interval: 7s}, outlier: off, panic_threshold: 0",
                                              {"health_check: {fall: 9}", "health_check: off, outlier: {}"}));
  ASSERT_EQ(config.services.size(), 2U);
  EXPECT_EQ(config.services[0].health_check.interval, 7s);
  EXPECT_EQ(config.services[0].health_check.fall, 9U);
  EXPECT_FALSE(config.services[0].outlier.enabled);
  EXPECT_EQ(config.services[0].panic_threshold, 0U);
  EXPECT_FALSE(config.services[1].health_check.enabled);
  EXPECT_TRUE(config.services[1].outlier.enabled);
}

TEST(Health, TheKindOfDefaultsIsReplaced) {
  const Config config = configOf(
      withDefaults("health_check: {tcp: true}", {"", "health_check: {tcp: false}", "health_check: {http: {}}"}));
  ASSERT_EQ(config.services.size(), 3U);
  EXPECT_EQ(config.services[0].health_check.kind, CheckKind::Tcp);
  EXPECT_EQ(config.services[1].health_check.kind, CheckKind::Http);
  EXPECT_EQ(config.services[2].health_check.kind, CheckKind::Http);
}

TEST(Health, Refused) {
  const std::vector<Row> rows{
      {"both kinds", "health_check: {http: {}, tcp: true}",
       "c.yaml:2:33: services[0].health_check.tcp: a check is either `http` or `tcp`\n"},
      {"path", "health_check: {http: {path: up}}",
       "c.yaml:2:31: services[0].health_check.http.path: \"up\" is not a path: it begins with / and has neither spaces "
       "nor control characters\n"},
      {"range", "health_check: {http: {expect: [299-200]}}",
       "c.yaml:2:34: services[0].health_check.http.expect[0]: \"299-200\" is not a status or a range of them, as in "
       "200-299\n"},
      {"no statuses", "health_check: {http: {expect: []}}",
       "c.yaml:2:33: services[0].health_check.http.expect: needs at least one status\n"},
      {"fall", "health_check: {fall: 0}", "c.yaml:2:24: services[0].health_check.fall: 0 is under 1 (1 to 1000)\n"},
      {"times", "outlier: {base_ejection: 1m, max_ejection: 1s}",
       "c.yaml:2:12: services[0].outlier: max_ejection is less than base_ejection\n"},
      {"percent", "panic_threshold: 101", "c.yaml:2:20: services[0].panic_threshold: 101 is over 100 (0 to 100)\n"},
      {"outlier on", "outlier: on", "c.yaml:2:12: services[0].outlier: must be a map, not a single value\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(errorsOf(withServiceKeys(row.yaml)), row.expected) << row.name;
}

TEST(Health, DumpReadsBack) {
  for (const char* keys :
       {"health_check: {http: {path: /up, host: a.com, expect: [204, 300-399], body: 'a \"b\"'}, port: 8}",
        "health_check: {tcp: true, initial: up}", "health_check: {}", "outlier: off, panic_threshold: 7",
        "outlier: {consecutive_failures: 0, success_percent: 99, latency_factor: 3, window: 1s, min_requests: 4, "
        "base_ejection: 1s, max_ejection: 2s, max_ejection_percent: 1}"}) {
    const Config config = configOf(withServiceKeys(keys));
    const auto again = parse(dump(config));
    ASSERT_TRUE(again.has_value()) << keys << formatAll(again.error()) << dump(config);
    EXPECT_EQ(again->config, config) << keys;
  }
}

}  // namespace
}  // namespace lb::config
