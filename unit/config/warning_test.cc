// What is valid and surely not meant.
#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace lb::config {
namespace {

TEST(Warning, OfWhatIsSurelyNotMeant) {
  const std::vector<Row> rows{
      {"nothing", "", ""},
      {"pool at the limit", "  defaults: {pool: {idle_timeout: 5s}}", ""},
      {"pool over it", "  defaults: {pool: {idle_timeout: 5001ms}}",
       "c.yaml:2:35: defaults.pool.idle_timeout: many servers close idle connections after 5s: requests will meet "
       "closed ones\n"},
      {"short but possible", "  timeouts: {request_header: 100ms}", ""},
      {"too short", "  timeouts: {request_header: 10ms}",
       "c.yaml:2:30: timeouts.request_header: 10ms is hardly enough for any client over a network\n"},
      {"nobody allowed", "  admin: {allow: []}",
       "c.yaml:2:18: admin.allow: nobody is allowed: every request to the control plane gets a 403\n"},
      {"everybody trusted", "  trusted_proxies: [10.0.0.0/8, 0.0.0.0/0]",
       "c.yaml:2:20: trusted_proxies: 0.0.0.0/0 lets every client forge its own address in X-Forwarded-For\n"},
      {"a longer URI than head", "  limits: {max_header_bytes: 1KiB}",
       "c.yaml:2:11: limits: max_uri_bytes (8KiB) is over max_header_bytes (1KiB), which counts the URI too\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(warningsOf(withService(row.yaml)), row.expected) << row.name;
}

struct LoopRow {
  const char* listen;
  const char* host;
  bool loop;
};

TEST(Warning, OfHostsThatAreTheProxyItself) {
  constexpr std::array<LoopRow, 9> kRows{{{"{port: 7}", "{address: 127.0.0.1, port: 7}", true},
                                          {"{port: 7}", "{address: localhost, port: 7}", true},
                                          {"{port: 7}", "{address: \"::1\", port: 7}", true},
                                          {"{address: 0.0.0.0, port: 7}", "{address: 127.0.0.2, port: 7}", true},
                                          {"{address: 192.0.2.1, port: 7}", "{address: 192.0.2.1, port: 7}", true},
                                          {"{port: 7}", "{address: 127.0.0.1, port: 8}", false},
                                          {"{port: 7}", "{address: 192.0.2.1, port: 7}", false},
                                          {"{address: 192.0.2.1, port: 7}", "{address: 127.0.0.1, port: 7}", false},
                                          {"{port: 7}", "{address: 127.example.com, port: 7}", false}}};
  for (const LoopRow& row : kRows) {
    const std::string warnings = warningsOf("proxy:\n  listen: " + std::string(row.listen) +
                                            "\n  services: [{name: a, domain: a.com, hosts: [" + row.host + "]}]\n");
    EXPECT_EQ(warnings.contains("is this proxy itself"), row.loop) << row.listen << " " << row.host << "\n" << warnings;
    EXPECT_EQ(warnings.empty(), !row.loop) << warnings;
  }
}

}  // namespace
}  // namespace lb::config
