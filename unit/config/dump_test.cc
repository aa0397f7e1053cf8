// The dump is a file that means the same configuration.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <random>

#include "lb/config/defaults.h"
#include "unit/config/support.h"

namespace lb::config {
namespace {

// Parsing what was dumped gives the same configuration, and dumping that the same text.
void expectRoundTrip(const Config& config) {
  const std::string yaml = dump(config);
  const auto parsed = parse(yaml);
  ASSERT_TRUE(parsed.has_value()) << formatAll(parsed.error()) << yaml;
  EXPECT_EQ(parsed->config, config) << yaml;
  EXPECT_EQ(dump(parsed->config), yaml);
}

TEST(Dump, ReadsBackToTheSameConfiguration) {
  for (const char* lines :
       {"", "  admin: off", "  listen: [{address: \"::1\"}, {port: 81}]\n  default_service: a",
        "  admin: {allow: []}\n  threads: 2\n  limits: {max_connections: 5, min_body_rate: 0}",
        "  log: {path: 'a \"b\" \\ #: c', level: off}\n  trusted_proxies: [\"fd00::/8\"]",
        "  access_log: {path: \"\xc3\xa4.log\"}\n  routing: {service_parameter: s}",
        "  routes:\n"
        "  - match: {domain: a.com, domains: ['*.b.com'], path_prefix: /x/, methods: [GET, PURGE],\n"
        "            headers: {X-A: \"1 \\\"\", X-B: {present: true}, X-C: {present: false}}}\n"
        "    split: [{service: a, weight: 0}, {service: other, weight: 9}]\n"
        "    rewrite: {prefix: /y}\n"
        "    headers: {request: {set: {X-D: d}, add: {X-E: [e, f], X-G: g}, remove: [X-H]}, response: {remove: "
        "[Server]}}\n"
        "  - {match: {path: /old}, redirect: {status: 301, scheme: https, host: 'c.com:8443', path: '/new?x=1'}}\n"
        "  - {match: {methods: [TRACE]}, respond: {status: 405, content_type: text/html, body: \"no\\n\"}}\n"
        "  defaults: {headers: {response: {set: {X-Z: z}}}}\n"
        "  default_service: other",
        "  defaults: {timeouts: {total: 1500ms}, retry: {body_limit: 1000}, balance: round_robin}"}) {
    SCOPED_TRACE(lines);
    std::string file = withService(lines);
    if (std::string_view(lines).contains("other")) {
      file.insert(file.rfind("services: [") + 11, "{name: other, hosts: [{address: o, port: 1}]}, ");
    }
    expectRoundTrip(configOf(file));
  }
}

TEST(Dump, HasEveryGroupOfTheFile) {
  const std::string yaml = dump(configOf(withService("")));
  EXPECT_TRUE(yaml.starts_with(
      "# The effective configuration: every key, with what services inherit from `defaults` filled in.\n"
      "proxy:\n"
      "  # Where clients connect; an empty address is every interface.\n"
      "  listen:\n"
      "    - {address: \"\", port: 8080}\n"))
      << yaml;
  for (const char* line :
       {"\n    min_body_rate: 240/s\n", "\n    max_connections: auto\n", "\n  default_service: null\n",
        "\n    - name: \"a\"\n      domain: \"a.com\"\n      domains: []\n", "\n        connect: 2s\n"}) {
    EXPECT_TRUE(yaml.contains(line)) << line << "\n" << yaml;
  }
}

// Draws valid configurations. The engine's raw words are the same everywhere, unlike what std:: distributions make of
// them.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}

  Config config() {
    Config config = defaultConfig();
    config.listen.clear();
    for (std::uint64_t i = 0, count = from(1, 3); i < count; ++i) {
      config.listen.push_back({listenAddress(), static_cast<std::uint16_t>(20'000 + i), {}});
    }
    if (coin()) {
      config.admin = {true, listenAddress(), number<std::uint16_t>(0, 19'999), cidrs(), {}};
    } else {
      config.admin.enabled = false;
    }
    config.trusted_proxies = cidrs();
    config.threads = number<std::uint32_t>(0, 256);
    config.busy_poll = std::chrono::microseconds(from(0, 1000));
    config.abort_on_half_close = coin();
    config.timeouts = {timeout(), timeout(), timeout(), timeout()};
    config.limits = {number<std::uint32_t>(0, 10'000'000),
                     from(256, 1 << 24),
                     number<std::uint32_t>(1, 10'000),
                     from(256, 1 << 24),
                     from(256, 1 << 24),
                     from(256, 1 << 24),
                     from(1024, 1 << 24),
                     from(0, 1 << 30),
                     number<std::uint32_t>(0, 1'000'000'000),
                     coin() ? 0s : timeout(),
                     number<std::uint32_t>(0, 10'000'000)};
    config.drain = {std::chrono::milliseconds(from(0, 3'600'000)), timeout()};
    config.access_log = {text(), coin() ? LogFormat::Text : LogFormat::Json};
    config.log = {static_cast<LogLevel>(from(0, 5)), coin() ? LogFormat::Text : LogFormat::Json, text()};
    config.metrics = {coin(), coin(), buckets(), buckets()};
    for (std::uint64_t i = 0, count = from(0, 3); i < count; ++i) {
      const std::string ip =
          coin() ? fmt::format("192.0.2.{}", from(0, 255)) : fmt::format("2001:db8::{:x}", from(0, 99));
      config.dns.servers.push_back({*IpAddress::parse(ip), number<std::uint16_t>(1, 65'535)});
    }
    config.routing.service_parameter = coin() ? "s" : "";
    for (std::uint64_t i = 0, count = from(1, 5); i < count; ++i) config.services.push_back(service(i));
    const std::size_t chosen = from(0, config.services.size() - 1);
    if (coin()) config.default_service = config.services[chosen].name;
    if (!config.default_service.empty() && coin()) config.services[chosen].domains.clear();
    return config;
  }

 private:
  std::uint64_t from(std::uint64_t min, std::uint64_t max) { return min + engine_() % (max - min + 1); }
  template <class T>
  T number(T min, T max) {
    return static_cast<T>(from(min, max));
  }
  bool coin() { return from(0, 1) == 1; }
  Duration timeout() {
    switch (from(0, 3)) {
      case 0: return std::chrono::milliseconds(from(1, 86'400'000));
      case 1: return std::chrono::seconds(from(1, 86'400));
      case 2: return std::chrono::minutes(from(1, 1440));
      default: return std::chrono::hours(from(1, 24));
    }
  }
  std::string listenAddress() {
    constexpr std::array<const char*, 5> kAddresses{"", "0.0.0.0", "::", "127.0.0.1", "2001:db8::1"};
    return kAddresses[from(0, kAddresses.size() - 1)];
  }
  std::vector<Cidr> cidrs() {
    std::vector<Cidr> networks;
    for (std::uint64_t i = 0, count = from(0, 3); i < count; ++i) {
      const std::string text = coin() ? fmt::format("{}.{}.0.0/{}", from(1, 223), from(0, 255), from(0, 32))
                                      : fmt::format("fd{:02x}::{:x}/{}", from(0, 255), from(0, 65535), from(0, 128));
      networks.push_back(*Cidr::parse(text));
    }
    return networks;
  }
  // Whatever a path may have: quotes, backslashes, what YAML takes for syntax, and text beyond ASCII.
  std::string text() {
    constexpr std::array<const char*, 20> kPieces{
        "a", "Z", "0", " ", "\"", "'", "\\", "#", ": ",       "- ",
        "{", "]", ",", "*", "&",  "!", "%",  "~", "\xc3\xa4", "\xf0\x9f\x90\xa2"};
    std::string result;
    for (std::uint64_t i = 0, count = from(1, 12); i < count; ++i) result += kPieces[from(0, kPieces.size() - 1)];
    return result;
  }
  std::vector<double> buckets() {
    std::vector<double> bounds;
    double bound = 1e-6;
    for (std::uint64_t i = 0, count = from(1, 10); i < count; ++i) {
      bound *= 1 + static_cast<double>(from(1, 1000)) / 700;
      bounds.push_back(bound);
    }
    return bounds;
  }
  void balance(Service& service) {
    service.balance = static_cast<Balance>(from(0, 5));
    service.hash.key = static_cast<KeySource>(from(0, 3));
    service.hash.name = from(0, 1) == 0 ? "X-User" : "sid!#$%&'*+-.^_`|~";
    service.hash.max_load_percent = coin() ? number<std::uint32_t>(101, 1000) : 0;
    service.slow_start = {coin() ? std::chrono::seconds(from(1, 3600)) : 0s, number<std::uint32_t>(1, 100)};
    service.sticky = {coin() ? "afe" : "", coin() ? std::chrono::hours(from(1, 8760)) : 0s, coin()};
  }
  Service service(std::uint64_t index) {
    Service service;
    service.name = fmt::format("{}{}", coin() ? "service-" : "S_.", index);
    for (std::uint64_t i = 0, count = from(1, 3); i < count; ++i) {
      service.domains.push_back(fmt::format("{}d{}.s{}.example.com", coin() ? "*." : "", i, index));
    }
    constexpr std::array<const char*, 4> kHosts{"127.0.0.1", "2001:db8::1", "backend.example.com", "be"};
    for (std::uint64_t i = 0, count = from(1, 4); i < count; ++i) {
      service.hosts.push_back({.address = kHosts[from(0, 3)],
                               .port = static_cast<std::uint16_t>(from(1, 1000) * 10 + i),
                               .weight = number<std::uint32_t>(i == 0 ? 1 : 0, 1000),
                               .backup = coin()});
    }
    balance(service);
    service.timeouts = {timeout(), timeout(), timeout(), coin() ? 0s : timeout(), timeout()};
    service.pool = {number<std::uint32_t>(0, 65536), timeout(), from(0, 1'000'000'000), coin() ? 0s : timeout()};
    service.retry.attempts = static_cast<std::uint32_t>(from(0, 10));
    service.retry.body_limit = from(0, 1 << 24);
    service.retry.on = {coin(), coin(), coin(), {}};
    for (std::uint16_t status = 500; status < 505; ++status) {
      if (coin()) service.retry.on.statuses.push_back(status);
    }
    service.retry.per_try_timeout = coin() ? 0s : timeout();
    service.retry.backoff_base = std::chrono::milliseconds(from(1, 500));
    service.retry.backoff_max = std::chrono::milliseconds(from(500, 60'000));
    service.retry.idempotency_key = coin();
    service.retry.budget = {number<std::uint32_t>(0, 1000), number<std::uint32_t>(0, 100'000)};
    service.limits.max_inflight = number<std::uint32_t>(0, 1'000'000);
    service.limits.queue = {number<std::uint32_t>(0, 1'000'000), timeout()};
    if (coin()) service.limits.adaptive = {true, number<std::uint32_t>(1, 50), number<std::uint32_t>(50, 1000)};
    if (coin()) {
      service.rate_limit.rate = static_cast<double>(from(1, 1'000'000)) / 7;
      service.rate_limit.burst = number<std::uint32_t>(1, 1'000'000);
      service.rate_limit.key = static_cast<RateKey>(from(0, 2));
      if (service.rate_limit.key == RateKey::Header) service.rate_limit.name = "X-Api-Key";
    }
    service.limits.max_body = coin() ? from(0, 1ULL << 40) : 0;
    return service;
  }

  std::mt19937_64 engine_;
};

TEST(Dump, DrawnConfigurationsReadBack) {
  constexpr std::uint64_t kSeed = 20'260'112;
  Draw draw(kSeed);
  for (int i = 0; i < 300 && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(i);
    expectRoundTrip(draw.config());
  }
}

}  // namespace
}  // namespace lb::config
