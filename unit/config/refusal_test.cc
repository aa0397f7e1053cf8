// Errors of the keys under `proxy`: each with its place, its path and a sentence that helps.
#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace lb::config {
namespace {

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(errorsOf(withService(row.yaml)), row.expected) << row.name;
}

TEST(Refusal, UnknownKeys) {
  check({
      {"misspelt", "  tiemouts: {}", "c.yaml:2:3: unknown key \"tiemouts\"; did you mean \"timeouts\"?\n"},
      {"in a section", "  listen: {adress: \"\"}",
       "c.yaml:2:12: listen: unknown key \"adress\"; did you mean \"address\"?\n"},
      {"nothing like it", "  drain: {colour: red}",
       "c.yaml:2:11: drain: unknown key \"colour\"; known here are delay, timeout\n"},
      {"merge key", "  drain: {<<: {}}",
       "c.yaml:2:11: drain: unknown key \"<<\"; merge keys are not supported; what all services share belongs into "
       "`defaults`\n"},
      {"not a word", "  drain: {[1]: 2}", "c.yaml:2:11: drain: a key must be a single word\n"},
      {"upper case", "  Listen: {}", "c.yaml:2:3: unknown key \"Listen\"; did you mean \"listen\"?\n"},
  });
}

TEST(Refusal, KeysSetTwice) {
  check({
      {"a section", "  drain: {delay: 1s}\n  drain: {timeout: 1s}", "c.yaml:3:3: \"drain\" is already set on line 2\n"},
      {"a value", "  drain: {delay: 1s, delay: 1s}", "c.yaml:2:22: drain: \"delay\" is already set on line 2\n"},
      {"quoted", "  threads: 1\n  \"threads\": 2", "c.yaml:3:3: \"threads\" is already set on line 2\n"},
      {"a name", "  defaults: {headers: {request: {set: {X-A: b, X-A: c}}}}",
       "c.yaml:2:48: defaults.headers.request.set: \"X-A\" is already set on line 2\n"},
  });
}

TEST(Refusal, WrongTypes) {
  check({
      {"map for number", "  threads: {}", "c.yaml:2:12: threads: must be a whole number, not a map\n"},
      {"nothing for number", "  threads:", "c.yaml:2:3: threads: must be a whole number, not nothing\n"},
      {"word for number", "  threads: many", "c.yaml:2:12: threads: \"many\" is not a whole number\n"},
      {"list for duration", "  drain: {delay: [1s]}",
       "c.yaml:2:18: drain.delay: must be a duration, such as 250ms, 2s, 1m or 1h, not a list\n"},
      {"list for size", "  limits: {buffer_bytes: []}",
       "c.yaml:2:26: limits.buffer_bytes: must be a size, such as 4096, 64KiB or 1MiB, not a list\n"},
      {"map for rate", "  limits: {min_body_rate: {}}",
       "c.yaml:2:27: limits.min_body_rate: must be a rate in bytes a second, such as 240/s or 1KiB/s, not a map\n"},
      {"scalar for map", "  timeouts: 3s", "c.yaml:2:13: timeouts: must be a map, not a single value\n"},
      {"scalar for list", "  trusted_proxies: 10.0.0.0/8",
       "c.yaml:2:20: trusted_proxies: must be a list, not a single value\n"},
      {"nothing for list", "  trusted_proxies:", "c.yaml:2:3: trusted_proxies: must be a list, not nothing\n"},
      {"word for bool", "  abort_on_half_close: yes",
       "c.yaml:2:24: abort_on_half_close: \"yes\" is not true or false\n"},
      {"list for bool", "  abort_on_half_close: []",
       "c.yaml:2:24: abort_on_half_close: must be true or false, not a list\n"},
      {"admin", "  admin: on", "c.yaml:2:10: admin: must be a map or off\n"},
      {"map for word", "  log: {level: {}}",
       "c.yaml:2:16: log.level: must be trace or debug or info or warn or error or off, not a map\n"},
      {"map for text", "  log: {path: {}}", "c.yaml:2:15: log.path: must be a path, not a map\n"},
      {"list for number", "  metrics: {buckets: {request: [[1]]}}",
       "c.yaml:2:33: metrics.buckets.request[0]: must be a number, not a list\n"},
  });
}

TEST(Refusal, WrongValues) {
  check({
      {"enum", "  log: {level: warning}",
       "c.yaml:2:16: log.level: \"warning\" is not trace or debug or info or warn or error or off\n"},
      {"enum, near", "  log: {level: eror}",
       "c.yaml:2:16: log.level: \"eror\" is not trace or debug or info or warn or error or off; did you mean "
       "\"error\"?\n"},
      {"network", "  trusted_proxies: [10.0.0.0/8, 10.0.0.0/33]",
       "c.yaml:2:33: trusted_proxies[1]: \"10.0.0.0/33\" is not a network, such as 10.0.0.0/8, 192.0.2.1 or "
       "fd00::/8\n"},
      {"name server", "  dns: {servers: [ns.example.com, 192.0.2.53:0, \"192.0.2.53:53x\", \"2001:db8::53:99999\"]}",
       "c.yaml:2:19: dns.servers[0]: \"ns.example.com\" is no name server, such as 192.0.2.53, 192.0.2.53:5353 or "
       "[2001:db8::53]:53\n"
       "c.yaml:2:35: dns.servers[1]: \"192.0.2.53:0\" is no name server, such as 192.0.2.53, 192.0.2.53:5353 or "
       "[2001:db8::53]:53\n"
       "c.yaml:2:49: dns.servers[2]: \"192.0.2.53:53x\" is no name server, such as 192.0.2.53, 192.0.2.53:5353 or "
       "[2001:db8::53]:53\n"
       "c.yaml:2:67: dns.servers[3]: \"2001:db8::53:99999\" is no name server, such as 192.0.2.53, 192.0.2.53:5353 or "
       "[2001:db8::53]:53\n"},
      {"no unit", "  timeouts: {client_idle: 75}",
       "c.yaml:2:27: timeouts.client_idle: 75 has no unit: write 75s for seconds or 75ms for milliseconds\n"},
      {"size unit", "  limits: {buffer_bytes: 64KB}",
       "c.yaml:2:26: limits.buffer_bytes: \"64KB\" is not a size: the unit is one of KiB, MiB, GiB, or none for "
       "bytes\n"},
      {"parameter name", "  routing: {service_parameter: \"a b\"}",
       "c.yaml:2:32: routing.service_parameter: \"a b\" may have letters, digits, ., _ and - only\n"},
      {"log path off", "  log: {path: off}", "c.yaml:2:15: log.path: set `level: off` to log nothing\n"},
      {"empty path", "  access_log: {path: \"\"}", "c.yaml:2:22: access_log.path: must not be empty\n"},
      {"buckets descend", "  metrics: {buckets: {request: [1, 0.5, 0.5]}}",
       "c.yaml:2:36: metrics.buckets.request[1]: 0.5 must be over 1 before it\n"
       "c.yaml:2:41: metrics.buckets.request[2]: 0.5 must be over 0.5 before it\n"},
      {"no buckets", "  metrics: {buckets: {overhead: []}}",
       "c.yaml:2:33: metrics.buckets.overhead: needs at least one bound\n"},
      {"bucket of zero", "  metrics: {buckets: {overhead: [0]}}",
       "c.yaml:2:34: metrics.buckets.overhead[0]: 0 is under 1e-06 (1e-06 to 3600)\n"},
  });
}

// Each limit at its ends and just beyond: the lowest and the highest value that are taken, and the ones that are not.
struct EdgeRow {
  const char* format;  // %s is the value
  std::vector<const char*> taken;
  std::vector<const char*> refused;
};

TEST(Refusal, EveryRangeAtItsEdges) {
  const std::vector<EdgeRow> rows{
      {"listen: {port: %s}", {"1", "65535"}, {"0", "65536", "-1", "18446744073709551616"}},
      {"admin: {port: %s}", {"0", "65535"}, {"65536"}},
      {"threads: %s", {"1", "256", "auto"}, {"0", "257"}},
      {"busy_poll: %s", {"0", "1us", "1ms"}, {"1001us", "1s"}},
      {"timeouts: {request_header: %s}", {"1ms", "24h"}, {"0", "86400001ms"}},
      {"timeouts: {request_body_idle: %s}", {"1ms", "24h"}, {"0", "86401s"}},
      {"timeouts: {client_idle: %s}", {"1ms", "24h"}, {"0", "1441m"}},
      {"timeouts: {response_idle: %s}", {"1ms", "24h"}, {"0", "25h"}},
      {"limits: {max_connections: %s}", {"1", "10000000", "auto"}, {"0", "10000001"}},
      {"limits: {max_header_bytes: %s}", {"256", "16MiB"}, {"0", "255", "16777217"}},
      {"limits: {max_headers: %s}", {"1", "10000"}, {"0", "10001"}},
      {"limits: {max_uri_bytes: %s}", {"256", "16MiB"}, {"255", "16777217"}},
      {"limits: {max_trailer_bytes: %s}", {"256", "16MiB"}, {"255", "16777217"}},
      {"limits: {max_response_header_bytes: %s}", {"256", "16MiB"}, {"255", "16777217"}},
      {"limits: {buffer_bytes: %s}", {"1KiB", "16MiB"}, {"1023", "16777217"}},
      {"limits: {min_body_rate: %s}", {"0", "1/s", "1GiB/s"}, {"1073741825"}},
      {"limits: {max_requests: %s}", {"0", "1", "1000000000"}, {"1000000001"}},
      {"limits: {max_connection_age: %s}", {"0", "1ms", "24h"}, {"25h"}},
      {"drain: {delay: %s}", {"0", "1h"}, {"3601s"}},
      {"drain: {timeout: %s}", {"0", "24h"}, {"25h"}},
      {"metrics: {buckets: {request: [%s]}}", {"0.000001", "3600"}, {"0.0000009", "3600.1"}},
      {"defaults: {timeouts: {connect: %s}}", {"1ms", "24h"}, {"0", "25h"}},
      {"defaults: {timeouts: {response_header: %s}}", {"1ms", "24h"}, {"0", "25h"}},
      {"defaults: {timeouts: {response_idle: %s}}", {"1ms", "24h"}, {"0", "25h"}},
      {"defaults: {timeouts: {total: %s}}", {"0", "1ms", "24h"}, {"25h"}},
      {"defaults: {timeouts: {tunnel_idle: %s}}", {"1ms", "24h"}, {"0", "25h"}},
      {"defaults: {pool: {max_idle: %s}}", {"0", "65536"}, {"65537"}},
      {"defaults: {pool: {idle_timeout: %s}}", {"1ms", "24h"}, {"0", "25h"}},
      {"defaults: {pool: {max_requests: %s}}", {"0", "1000000000"}, {"1000000001"}},
      {"defaults: {pool: {max_age: %s}}", {"0", "24h"}, {"25h"}},
      {"defaults: {retry: {body_limit: %s}}", {"0", "16MiB"}, {"16777217"}},
      {"defaults: {limits: {max_body: %s}}", {"0", "1", "1024GiB"}, {"1025GiB"}},
  };
  for (const EdgeRow& row : rows) {
    const auto errors = [&](const char* value) {
      std::string line = row.format;
      line.replace(line.find("%s"), 2, value);
      return errorsOf(withService("  " + line));
    };
    for (const char* value : row.taken) EXPECT_EQ(errors(value), "") << row.format << " " << value;
    for (const char* value : row.refused) EXPECT_NE(errors(value), "") << row.format << " " << value;
  }
}

TEST(Refusal, RangesAreNamedInTheMessage) {
  check({
      {"over", "  threads: 70000", "c.yaml:2:12: threads: 70000 is over 256 (1 to 256, or auto)\n"},
      {"under", "  limits: {max_headers: 0}", "c.yaml:2:25: limits.max_headers: 0 is under 1 (1 to 10000)\n"},
      {"off", "  limits: {max_connection_age: 48h}",
       "c.yaml:2:32: limits.max_connection_age: 48h is over 24h (1ms to 24h, or 0 for off)\n"},
      {"size", "  limits: {buffer_bytes: 17MiB}",
       "c.yaml:2:26: limits.buffer_bytes: 17MiB is over 16MiB (1KiB to 16MiB)\n"},
  });
}

TEST(Refusal, TooManyBuckets) {
  std::string bounds = "1";
  for (int i = 2; i <= 64; ++i) bounds += ", " + std::to_string(i);
  EXPECT_EQ(errorsOf(withService("  metrics: {buckets: {request: [" + bounds + "]}}")), "");
  EXPECT_EQ(errorsOf(withService("  metrics: {buckets: {request: [" + bounds + ", 65]}}")),
            "c.yaml:2:32: metrics.buckets.request: has 65 bounds, over 64\n");
}

TEST(Refusal, AllErrorsAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(errorsOf(R"(proxy:
  services:
  - name: a b
    domain: a.com
    hosts:
    - {address: 127.0.0.1, port: 70000}
  threads: 0
  listen: {prot: 80}
oops: 1
)"),
            "c.yaml:3:11: services[0].name: \"a b\" may have letters, digits, ., _ and - only\n"
            "c.yaml:6:34: services[0].hosts[0].port: 70000 is over 65535 (1 to 65535)\n"
            "c.yaml:7:12: threads: 0 is under 1 (1 to 256, or auto)\n"
            "c.yaml:8:12: listen: unknown key \"prot\"; did you mean \"port\"?\n"
            "c.yaml:9:1: unknown key \"oops\"; known here are proxy\n");
}

}  // namespace
}  // namespace lb::config
