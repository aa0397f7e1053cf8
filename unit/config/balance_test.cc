// The keys of balancing: each arrives, each is bounded, and what only makes sense together is said.
#include "unit/config/support.h"

namespace lb::config {
namespace {

std::string withHosts(std::string_view hosts) {
  return "proxy: {services: [{name: a, domain: a.com, hosts: [\n" + std::string(hosts) + "]}]}\n";
}

TEST(Balance, EverySettingArrives) {
  const Service service =
      configOf(
          withServiceKeys("balance: hash, hash: {key: header, name: X-User, max_load: 125}, "
                          "slow_start: {window: 30s, min_weight: 5}, sticky: {cookie: afe, ttl: 1h, secure: true}"))
          .services.at(0);
  EXPECT_EQ(service.balance, Balance::Hash);
  EXPECT_EQ(service.hash, (Hash{KeySource::Header, "X-User", 125}));
  EXPECT_EQ(service.slow_start, (SlowStart{30s, 5}));
  EXPECT_EQ(service.sticky, (Sticky{"afe", 1h, true}));
}

TEST(Balance, EveryPolicyHasItsWord) {
  const std::vector<std::pair<const char*, config::Balance>> words{
      {"random", Balance::Random}, {"round_robin", Balance::RoundRobin}, {"least_request", Balance::LeastRequest},
      {"p2c", Balance::P2c},       {"peak_ewma", Balance::PeakEwma},     {"hash", Balance::Hash}};
  for (const auto& [word, value] : words)
    EXPECT_EQ(configOf(withServiceKeys("balance: " + std::string(word))).services.at(0).balance, value);
}

TEST(Balance, HostsHaveShares) {
  const auto hosts = configOf(withHosts("{address: b, port: 1, weight: 0}, {address: c, port: 1, weight: 1000},"
                                        "{address: d, port: 1, backup: true}"))
                         .services.at(0)
                         .hosts;
  EXPECT_EQ(hosts[0].weight, 0U);
  EXPECT_EQ(hosts[1].weight, 1000U);
  EXPECT_FALSE(hosts[1].backup);
  EXPECT_EQ(hosts[2].weight, 1U);
  EXPECT_TRUE(hosts[2].backup);
}

TEST(Balance, WrongShares) {
  EXPECT_EQ(errorsOf(withHosts("{address: b, port: 1, weight: 1001}")),
            "c.yaml:2:31: services[0].hosts[0].weight: 1001 is over 1000 (0 to 1000)\n");
  EXPECT_EQ(errorsOf(withHosts("{address: b, port: 1, backup: maybe}")),
            "c.yaml:2:31: services[0].hosts[0].backup: \"maybe\" is not true or false\n");
  EXPECT_EQ(errorsOf(withHosts("{address: b, port: 1, weight: 0}, {address: c, port: 1, weight: 0}")),
            "c.yaml:1:20: services[0]: no host gets anything: every weight is 0\n");
}

TEST(Balance, WrongSettings) {
  const std::vector<Row> rows{
      {"no name", "balance: hash, hash: {key: cookie}",
       "c.yaml:1:20: services[0]: balance: hash by a header or a cookie needs its name: set `hash.name`\n"},
      {"no name, and not needed", "balance: p2c, hash: {key: cookie}", ""},
      {"a bound that cannot be kept", "hash: {max_load: 100}",
       "c.yaml:2:20: services[0].hash.max_load: 100 is under 101 (101 to 1000, or 0 for off)\n"},
      {"no bound", "hash: {max_load: 0}", ""},
      {"a name with a space", "hash: {name: \"a b\"}",
       "c.yaml:2:16: services[0].hash.name: \"a b\" may have letters, digits and !#$%&'*+-.^_`|~ only\n"},
      {"a cookie's name", "sticky: {cookie: \"a=b\"}",
       "c.yaml:2:20: services[0].sticky.cookie: \"a=b\" may have letters, digits and !#$%&'*+-.^_`|~ only\n"},
      {"a window", "slow_start: {window: 10ms}",
       "c.yaml:2:24: services[0].slow_start.window: 10ms is under 1s (1s to 1h, or 0 for off)\n"},
      {"a beginning of nothing", "slow_start: {min_weight: 0}",
       "c.yaml:2:28: services[0].slow_start.min_weight: 0 is under 1 (1 to 100)\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(errorsOf(withServiceKeys(row.yaml)), row.expected) << row.name;
}

}  // namespace
}  // namespace lb::config
