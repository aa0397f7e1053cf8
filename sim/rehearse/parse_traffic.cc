// The `traffic` of a scenario file: streams of requests.
#include <fmt/format.h>

#include <algorithm>

#include "lb/config/names.h"
#include "lb/config/suggest.h"
#include "lb/config/units.h"
#include "sim/rehearse/parse_parts.h"
#include "sim/rehearse/quantity.h"

namespace sim::rehearse {
namespace {

using lb::config::formatDuration;
using lb::config::quote;
using lb::config::Section;
using lb::config::Value;
using lb::config::Word;
using model::RatePoint;
using Kind = model::Arrivals::Kind;

constexpr double kRateMax = 1'000'000;
constexpr lb::config::IntegerRange kConnections{1, 20'000};
constexpr lb::config::IntegerRange kWeight{1, 1'000'000};
constexpr std::array<Word<Kind>, 2> kArrivalWords{{{"poisson", Kind::Poisson}, {"even", Kind::Regular}}};
constexpr std::array<Word<const char*>, 7> kMethodWords{{{"GET", "GET"},
                                                         {"HEAD", "HEAD"},
                                                         {"POST", "POST"},
                                                         {"PUT", "PUT"},
                                                         {"PATCH", "PATCH"},
                                                         {"DELETE", "DELETE"},
                                                         {"OPTIONS", "OPTIONS"}}};

// How a rate goes on from the points so far: at once, or evenly over `ramp`.
void addPoint(std::vector<RatePoint>& points, Duration at, Duration ramp, double per_second) {
  const double before = points.empty() ? 0 : points.back().per_second;
  // What the warm-up has is the rate with which the measured time begins.
  const bool first = points.empty() && at == Duration::zero() && ramp == Duration::zero();
  if (!first) points.push_back({at, before});
  points.push_back({at + ramp, per_second});
}

void readPoint(const Value& item, std::vector<RatePoint>& points) {
  item.map([&](Section& section) {
    const auto at = section.require("at");
    const auto rate = section.require("rate");
    Duration time{};
    Duration ramp{};
    double per_second = 0;
    const bool good = at && readTime(*at, time, kDurationMax) && rate && readPerSecond(*rate, per_second, kRateMax);
    if (const auto over = section.find("ramp")) readTime(*over, ramp, kDurationMax);
    if (!good) return;
    if (!points.empty() && time < points.back().at) {
      at->error(fmt::format("comes before {}, when the one before it is over", formatDuration(points.back().at)));
    } else {
      addPoint(points, time, ramp, per_second);
    }
  });
}

double requestsOf(const std::vector<RatePoint>& points, Duration duration) {
  const model::Arrivals arrivals{.rate = points, .bursts = {}};
  constexpr int kSteps = 10'000;
  double sum = 0;
  for (int i = 0; i < kSteps; ++i) sum += arrivals.rateAt(duration / kSteps * i);
  return sum / kSteps * std::chrono::duration<double>(duration).count();
}

// `all`: how many requests all streams make so far.
void readRate(const Value& value, Stream& stream, const Scenario& scenario, double& all) {
  if (value.isList()) {
    if (value.isEmptyList()) value.error("needs at least one {at: , rate: }");
    value.list([&](const Value& item) { readPoint(item, stream.rate); });
  } else {
    double per_second = 0;
    if (readPerSecond(value, per_second, kRateMax)) stream.rate = {{Duration::zero(), per_second}};
  }
  const Duration end = scenario.duration;
  const auto late = std::ranges::find_if(stream.rate, [&](const RatePoint& point) { return point.at > end; });
  if (late != stream.rate.end())
    value.error(fmt::format("nothing begins at {}: the scenario lasts {}", lb::config::formatDuration(late->at),
                            lb::config::formatDuration(end)));
  if (stream.rate.empty()) return;
  const double warm = stream.rate.front().per_second * std::chrono::duration<double>(scenario.warmup).count();
  all += requestsOf(stream.rate, end) + warm;
  if (all > kRequestsMax)
    value.error(fmt::format("makes {:.0f} requests of all streams, warm-up included; a rehearsal has at most {:.0f}",
                            all, kRequestsMax));
}

void readRequest(const Value& item, Stream& stream) {
  RequestKind kind;
  item.map([&](Section& section) {
    const char* method = "GET";
    section.word("method", method, kMethodWords);
    kind.method = method;
    const auto path = section.find("path");
    if (path && path->text(kind.path, "a path")) {
      const auto bad = [](char c) { return c <= ' ' || c == 0x7f || c == '#'; };
      if (!kind.path.starts_with('/') || std::ranges::any_of(kind.path, bad))
        path->error(fmt::format("{} is not a path, such as /cart", quote(kind.path)));
    }
    section.integer("weight", kind.weight, kWeight);
    if (const auto body = section.find("body")) readSizeLaw(*body, kind.body);
    if (const auto response = section.find("response")) readSizeLaw(*response, kind.response);
  });
  stream.requests.push_back(std::move(kind));
}

// A host that leads to the service; "" if none does that is easily thought of. Where there are routes they may.
std::string hostOf(const lb::config::Service& service, const lb::config::Config& config) {
  std::vector<std::string> hosts;
  for (const std::string& domain : service.domains) {
    const bool all = domain.starts_with("*.");
    for (const char* label : {"www", "a", "some-host"}) hosts.push_back(all ? label + domain.substr(1) : domain);
  }
  if (hosts.empty()) hosts.push_back(service.name + ".example");
  const auto leads = [&](const std::string& host) { return serviceOfHost(config, host) == &service; };
  const auto found = std::ranges::find_if(hosts, leads);
  if (found != hosts.end()) return *found;
  return config.routes.empty() ? "" : hosts.front();
}

void readTarget(Section& section, Stream& stream, const Reading& reading) {
  const auto& services = reading.config.services;
  const lb::config::Service* service = services.size() == 1 ? &services.front() : nullptr;
  const auto host = section.find("host");
  const auto name = section.find("service");
  const bool routed = !reading.config.routes.empty();  // then a host may lead anywhere
  std::string text;
  if (host && host->parsed(stream.host, &lb::config::parseDomain, "a host")) {
    service = serviceOfHost(reading.config, stream.host);
    if (service == nullptr && !(routed && name))
      host->error(fmt::format("no service of the configuration serves {}{}", quote(stream.host),
                              routed ? "; set `service` as well, to say where routes lead" : ""));
  }
  if (name && name->text(text, "a service's name")) {
    const auto found = std::ranges::find(services, text, &lb::config::Service::name);
    std::vector<std::string_view> known;
    for (const auto& one : services) known.emplace_back(one.name);
    if (found == services.end()) {
      const auto near = lb::config::suggest(text, known);
      name->error(fmt::format("no service of the configuration has the name {}{}", quote(text),
                              near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
    } else if (!stream.host.empty() && service != nullptr && service != &*found && !routed) {
      name->error(fmt::format("{} leads to {}, not here", quote(stream.host), quote(service->name)));
    } else {
      service = &*found;
    }
  }
  if (service == nullptr) {
    if (!host && !name) section.error("set `service` or `host`: the configuration has several services");
    return;
  }
  if (stream.host.empty()) stream.host = hostOf(*service, reading.config);
  if (stream.host.empty())
    section.error(fmt::format("set `host`: none is known that leads to {}", quote(service->name)));
  const auto& known = reading.scenario.layout.services;
  stream.service = static_cast<std::size_t>(std::ranges::find(known, service->name) - known.begin());
}

void nameStream(const std::optional<Value>& name, Stream& stream, const Reading& reading) {
  const auto& streams = reading.scenario.traffic;
  const auto taken = [&](const std::string& text) {
    return std::ranges::find(streams, text, &Stream::name) != streams.end();
  };
  if (name) {
    if (name->parsed(stream.name, &lb::config::parseServiceName, "a name") && taken(stream.name))
      name->error(fmt::format("{} is already the name of another stream", quote(stream.name)));
    return;
  }
  const std::string base =
      reading.scenario.layout.services.empty() ? "stream" : reading.scenario.layout.services[stream.service];
  stream.name = base;
  for (int number = 2; taken(stream.name); ++number) stream.name = fmt::format("{}-{}", base, number);
}

}  // namespace

void readTraffic(const Value& list, Reading& reading) {
  double all = 0;  // requests
  if (list.isEmptyList()) list.error("needs at least one stream, such as {rate: 100/s}");
  list.list([&](const Value& item) {
    if (reading.scenario.traffic.size() == kStreamsMax) {
      item.error(fmt::format("is one too many: at most {} streams", kStreamsMax));
      return;
    }
    Stream stream;
    item.map([&](Section& section) {
      readTarget(section, stream, reading);
      nameStream(section.find("name"), stream, reading);
      if (const auto rate = section.require("rate")) readRate(*rate, stream, reading.scenario, all);
      section.word("arrivals", stream.arrivals, kArrivalWords);
      const auto patience = section.find("patience");
      if (patience && readTime(*patience, stream.patience, kDurationMax) && stream.patience < 1ms)
        patience->error("must be at least 1ms");
      section.boolean("keep_alive", stream.keep_alive);
      section.integer("connections", stream.connections, kConnections);
      if (const auto requests = section.find("requests")) {
        if (requests->isEmptyList()) requests->error("needs at least one request, such as {path: /}");
        requests->list([&](const Value& request) { readRequest(request, stream); });
      }
    });
    if (stream.requests.empty()) stream.requests.emplace_back();
    reading.scenario.traffic.push_back(std::move(stream));
  });
}

}  // namespace sim::rehearse
