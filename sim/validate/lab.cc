// See lab.h.
#include "sim/validate/lab.h"

#include <algorithm>
#include <cmath>

#include "lb/config/defaults.h"

namespace sim::validate {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kProxyPort = 8080;
constexpr const char* kHost = "lab.test";
constexpr lb::Duration kNever = std::chrono::hours(100'000);  // no experiment takes so long
constexpr lb::Duration kDay = std::chrono::hours(24);         // the most that a file may say
constexpr std::uint32_t kPlenty = 1'000'000;
constexpr std::uint32_t kPoolMax = 65'536;

// Paths that are asked for as often as they weigh.
std::vector<model::Ask> mixOf(const std::vector<std::uint32_t>& paths) {
  if (paths.empty()) return {{.host = kHost}};
  std::vector<model::Ask> mix;
  for (const std::uint32_t weight : paths)
    mix.push_back({.host = kHost, .path = "/" + std::to_string(mix.size()), .weight = weight});
  return mix;
}

std::string backendIp(std::uint32_t number) {
  return "10.0.1." + std::to_string(number + 1);
}

double relative(std::uint64_t a, std::uint64_t b) {
  return b == 0 ? 0 : std::abs(static_cast<double>(a) - static_cast<double>(b)) / static_cast<double>(b);
}

}  // namespace

Lab::Lab(LabPlan plan)
    : plan_(std::move(plan)),
      world_(plan_.seed),
      client_host_(fabric_.addHost("client", "10.0.0.1")),
      proxy_host_(fabric_.addHost("proxy", "10.0.0.2")),
      client_(fabric_, client_host_, "client") {
  fabric_.setDefaultRules({.latency = 1us});
  build();
}

// A proxy in the middle of its work cannot be taken apart, so one that never comes to an end is left where it is.
Lab::~Lab() {
  if (!traffic_->finished()) static_cast<void>(proxy_.release());
}

lb::config::Config Lab::config(std::uint32_t servers) const {
  lb::config::Config config = lb::config::defaultConfig();
  config.listen = {{.address = "10.0.0.2", .port = kProxyPort, .place = {}}};
  config.threads = 1;
  config.admin.enabled = false;
  config.access_log.path = plan_.log ? "stdout" : "off";
  config.access_log.format = lb::config::LogFormat::Json;
  const lb::Duration patience = plan_.late > 0 ? kDay : kNever;  // a reload reads it from a file
  config.timeouts = {patience, patience, patience, patience};
  config.limits.max_connections = kPlenty;
  config.limits.max_requests = 0;
  config.limits.max_connection_age = 0s;
  lb::config::Service service = plan_.service;
  service.name = "lab";
  service.domains = {kHost};
  service.timeouts = lb::config::ServiceTimeouts{.response_header = patience, .response_idle = patience};
  service.pool = {.max_idle = kPoolMax, .idle_timeout = patience};
  for (std::uint32_t i = 0; i < servers; ++i) {
    const std::uint32_t weight = i < plan_.weights.size() ? plan_.weights[i] : 1;
    service.hosts.push_back({.address = backendIp(i), .port = 80, .weight = weight, .place = {}});
  }
  service.outlier.enabled = false;  // the theory knows of no health
  config.services = {service};
  return config;
}

void Lab::build() {
  for (std::uint32_t i = 0; i < plan_.servers; ++i) {
    net::Host& host = fabric_.addHost("b" + std::to_string(i), backendIp(i));
    backends_.push_back(std::make_unique<model::QueueBackend>(
        fabric_, host, proxy_host_,
        model::BackendPlan{.number = i, .station = plan_.station, .answer = model::Distribution::constantBytes(5)}));
    if (i < plan_.down) backends_.back()->setMode(model::QueueBackend::Mode::Refuse);
  }
  proxy_ = std::make_unique<run::Proxy>(fabric_, proxy_host_, config(plan_.servers - plan_.late), *this);
  if (const auto started = proxy_->start(); !started) spoil("the proxy does not start: " + started.error().what);
  if (!world_.runUntil([&] { return proxy_->accepting(); }, 10s)) spoil("the proxy does not accept");
  if (plan_.settle > 0s) world_.runFor(plan_.settle);
  traffic_ = std::make_unique<model::OpenLoop>(
      client_.env(), lb::Address{proxy_host_.address(), kProxyPort},
      model::TrafficPlan{
          .arrivals = plan_.arrivals, .mix = mixOf(plan_.paths), .requests_max = plan_.requests, .patience = kNever},
      world_.chance().stream("traffic"), *this);
}

bool Lab::run(std::function<void(const model::Outcome&)> on_done, std::function<void(std::string_view)> on_line) {
  on_done_ = std::move(on_done);
  on_line_ = std::move(on_line);
  if (plan_.late > 0) proxy_->reload(config(plan_.servers));
  if (!world_.runUntil([&] { return traffic_->finished(); }, kNever)) spoil("not everything is answered");
  if (!traffic_->violation().empty()) spoil(traffic_->violation());
  for (const auto& backend : backends_) {
    if (!backend->violation().empty()) spoil(backend->violation());
  }
  return spoilt_.empty();
}

void Lab::onDone(const model::Outcome& outcome) {
  const bool served = outcome.status == 200 && outcome.backend >= 0;
  const bool lost = outcome.status == 503 && plan_.losses;
  if (outcome.result != model::Outcome::Result::Answered || !(served || lost)) {
    spoil("request " + std::to_string(outcome.id) + " " + std::string(toString(outcome.result)) + ", status " +
          std::to_string(outcome.status));
  }
  if (on_done_) on_done_(outcome);
}

void Lab::onLog(lb::LogLevel level, std::string_view line) {
  if (level >= lb::LogLevel::Error) spoil("lb says: " + std::string(line));
}

void Lab::spoil(std::string why) {
  if (spoilt_.empty()) spoilt_ = std::move(why);
}

double Lab::offLittleAtClient() const {
  return relative(traffic_->counters().latency_sum_ns, traffic_->counters().inflight_ns);
}

double Lab::offLittleAtStations() {
  double worst = 0;
  for (const auto& backend : backends_) {
    const model::Station::Counters& counters = backend->station().counters();
    worst = std::max(worst, relative(counters.sojourn_sum_ns, counters.inside_ns));
  }
  return worst;
}

double Lab::overhead() {
  std::uint64_t inside = 0;
  for (const auto& backend : backends_) inside += backend->station().counters().sojourn_sum_ns;
  const double outside = static_cast<double>(traffic_->counters().latency_sum_ns - inside);
  return outside / static_cast<double>(traffic_->counters().done) / static_cast<double>(kUnit.count());
}

}  // namespace sim::validate
