// Where the proxy listens: forms, and listeners that would get into each other's way.
#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace lb::config {
namespace {

TEST(Listener, OneOrSeveral) {
  const Config config =
      configOf(withService("  listen: [{address: \"[::1]\", port: 1}, {address: 127.0.0.1, port: 1}, {port: 2}]"));
  ASSERT_EQ(config.listen.size(), 3U);
  EXPECT_EQ(config.listen[0].address, "::1");
  EXPECT_EQ(config.listen[1].address, "127.0.0.1");
  EXPECT_EQ(config.listen[2].address, "");
  EXPECT_EQ(config.listen[2].port, 2);
}

struct OverlapRow {
  const char* first;
  const char* second;
  bool overlap;
};

TEST(Listener, OverlapOnOnePort) {
  constexpr std::array<OverlapRow, 11> kRows{{{"", "", true},
                                              {"", "0.0.0.0", true},
                                              {"", "127.0.0.1", true},
                                              {"", "::1", true},
                                              {"::", "", true},
                                              {"::", "0.0.0.0", true},
                                              {"0.0.0.0", "127.0.0.1", true},
                                              {"127.0.0.1", "::ffff:127.0.0.1", true},
                                              {"0.0.0.0", "::1", false},
                                              {"127.0.0.1", "127.0.0.2", false},
                                              {"127.0.0.1", "::1", false}}};
  const auto file = [](const char* first, const char* second, int port) {
    return withService("  listen:\n  - {address: \"" + std::string(first) + "\", port: 7}\n  - {address: \"" + second +
                       "\", port: " + std::to_string(port) + "}");
  };
  for (const OverlapRow& row : kRows) {
    SCOPED_TRACE(std::string(row.first) + " and " + row.second);
    EXPECT_EQ(parse(file(row.first, row.second, 7)).has_value(), !row.overlap);
    EXPECT_EQ(parse(file(row.second, row.first, 7)).has_value(), !row.overlap);
    EXPECT_TRUE(parse(file(row.first, row.second, 8)).has_value());
  }
}

TEST(Listener, OverlapsAreNamed) {
  const std::vector<Row> rows{
      {"two of a list", "  listen:\n  - {address: 0.0.0.0, port: 7}\n  - {address: 127.0.0.1, port: 7}",
       "c.yaml:4:5: listen[1]: \"127.0.0.1:7\" overlaps with \"0.0.0.0:7\" of `listen[0]` (on line 3)\n"},
      {"with admin", "  listen: {port: 7}\n  admin: {port: 7}",
       "c.yaml:3:10: admin: \"127.0.0.1:7\" overlaps with \":7\" of `listen` (on line 2)\n"},
      {"with the default admin", "  listen: {address: \"::\", port: 9100}",
       "c.yaml:2:11: listen: \"[::]:9100\" overlaps with \"127.0.0.1:9100\" of `admin` (by default)\n"},
      {"with the default listener", "  admin: {port: 8080}",
       "c.yaml:2:10: admin: \"127.0.0.1:8080\" overlaps with \":8080\" of `listen` (by default)\n"},
      {"admin elsewhere", "  listen: {address: 192.0.2.1, port: 9100}", ""},
      {"admin off", "  listen: {port: 9100}\n  admin: off", ""},
      {"a free port for the control plane", "  admin: {port: 0}", ""},
      {"a free port for clients", "  listen: {port: 0}", "c.yaml:2:18: listen.port: 0 is under 1 (1 to 65535)\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(errorsOf(withService(row.yaml)), row.expected) << row.name;
}

TEST(Listener, WrongForms) {
  const std::vector<Row> rows{
      {"none", "  listen: []", "c.yaml:2:11: listen: needs at least one address to listen on\n"},
      {"scalar", "  listen: 8080", "c.yaml:2:11: listen: must be a map, not a single value\n"},
      {"list of scalars", "  listen: [8080]", "c.yaml:2:12: listen[0]: must be a map, not a single value\n"},
      {"name", "  listen: {address: localhost}",
       "c.yaml:2:21: listen.address: write 127.0.0.1 or ::1: a name may stand for several addresses\n"},
      {"with port", "  listen: [{address: 127.0.0.1:80}]",
       "c.yaml:2:22: listen[0].address: \"127.0.0.1:80\" has a port; it belongs into the key `port`\n"},
      {"admin address", "  admin: {address: nowhere}",
       "c.yaml:2:20: admin.address: \"nowhere\" is no IPv4 or IPv6 address of an interface (\"\" is every "
       "interface)\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(errorsOf(withService(row.yaml)), row.expected) << row.name;
}

}  // namespace
}  // namespace lb::config
