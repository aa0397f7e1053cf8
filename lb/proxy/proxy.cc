// See proxy.h.
#include "lb/proxy/proxy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lb/base/check.h"
#include "lb/proxy/error_reply.h"

namespace lb::proxy {

using observe::Reason;

Proxy::Proxy(const Env& env, buf::BlockPool& blocks, Logger& log, LineSink* access_log,
             http::RequestRouter& metrics_page)
    : env_(env),
      log_(log),
      metrics_page_(metrics_page),
      response_states_(kExchangesKept),
      exchanges_(kExchangesKept),
      context_{.loop = env.loop,
               .clock = env.clock,
               .random = env.random,
               .blocks = blocks,
               .log = log,
               .access_log = access_log,
               .exchanges = &exchanges_,
               .line = {}} {}

Proxy::~Proxy() = default;

void Proxy::apply(std::shared_ptr<const config::Config> config, const observe::StatsView& stats) {
  const back::ServiceContext service_context{
      {env_.loop, env_.clock, env_.network, env_.random, context_.blocks, response_states_},
      env_.resolver,
      log_,
      *stats.worker,
      *registry_};
  std::map<std::string, std::unique_ptr<back::Service>> next;
  by_number_.clear();
  for (std::size_t i = 0; i < config->services.size(); ++i) {
    const config::Service& settings = config->services[i];
    auto known = services_.find(settings.name);
    std::unique_ptr<back::Service> service = known != services_.end()
                                                 ? std::move(known->second)
                                                 : std::make_unique<back::Service>(service_context, settings.name);
    service->onLookupsDone([this] { lookupsChanged(); });
    service->update(settings, config->limits, stats.services[i], stats.backends[i]);
    by_number_.push_back(service.get());
    next.emplace(settings.name, std::move(service));
  }
  std::swap(services_, next);
  for (auto& [name, service] : next) {
    if (service) removeService(std::move(service));
  }
  router_.apply(*config);
  config_ = std::move(config);
  stats_ = stats;
  context_.config = config_.get();
  context_.none = stats_.none.get();
  context_.access_format = config_->access_log.format;
  lookupsChanged();
}

void Proxy::removeService(std::unique_ptr<back::Service> service) {
  back::Service& leaving = *service;
  departing_.push_back(std::move(service));
  leaving.depart([this, &leaving] {
    const auto place = std::ranges::find_if(departing_, [&](const auto& one) { return one.get() == &leaving; });
    LB_CHECK(place != departing_.end());
    std::unique_ptr<back::Service> owned = std::move(*place);
    departing_.erase(place);
    env_.loop.retire(std::move(owned));
  });
}

bool Proxy::lookupsDone() const {
  // While a configuration is applied those that it has had already are missing.
  return std::ranges::all_of(services_, [](const auto& entry) { return entry.second && entry.second->lookupsDone(); });
}

void Proxy::lookupsChanged() {
  if (on_lookups_done_ && lookupsDone()) std::exchange(on_lookups_done_, nullptr)();
}

void Proxy::refreshBackends() {
  for (auto& [name, service] : services_) service->refresh();
}

void Proxy::closeIdle() {
  for (auto& [name, service] : services_) service->closeIdle();
}

std::size_t Proxy::busyConnections() const {
  std::size_t busy = 0;
  for (const auto& [name, service] : services_) busy += service->busyConnections();
  for (const auto& service : departing_) busy += service->busyConnections();
  return busy;
}

void Proxy::shutdownNow() {
  for (auto& [name, service] : services_) service->shutdownNow();
}

void Proxy::logNoRoute(const http::RequestHead& head, const Address& peer) {
  if (!log_.enabled(LogLevel::Warn)) return;
  const std::string& parameter = config_->routing.service_parameter;
  if (parameter.empty()) {
    log_.write(LogLevel::Warn,
               fmt::format("no service for host \"{}\" (asked by {}): 404", head.host, peer.ip.toString()));
    return;
  }
  const std::string domain = queryParameter(head.path(), parameter);
  std::string shown;
  for (const char c : domain.substr(0, 255)) shown.push_back(c >= ' ' && c < 0x7f && c != '"' ? c : '?');
  log_.write(LogLevel::Warn,
             shown.empty()
                 ? fmt::format("no service for host \"{}\", and no ?{}=<domain> in the URL (asked by {}): 404",
                               head.host, parameter, peer.ip.toString())
                 : fmt::format("no service for host \"{}\" nor for ?{}={} (asked by {}): 404", head.host, parameter,
                               shown, peer.ip.toString()));
}

http::HandlerPtr Proxy::onRequest(http::RequestHead& head, const http::Framing& framing, http::ResponseWriter& writer) {
  if (config_->metrics.on_proxy_port && head.path() == "/metrics")
    return metrics_page_.onRequest(head, framing, writer);
  Exchange& exchange = *exchanges_.take(context_).release();
  http::HandlerPtr handler(&exchange);
  exchange.begin(head, framing, writer);
  const Decision decision = router_.decide(head, context_.random);
  switch (decision.kind) {
    case Decision::Kind::Service: exchange.forward(*by_number_[decision.service], decision); break;
    case Decision::Kind::Answer: exchange.answer(*decision.route); break;
    case Decision::Kind::Refused: exchange.reply(400, Reason::BadRequest, kAmbiguousPath); break;
    case Decision::Kind::NoRoute:
      logNoRoute(head, writer.peer());
      exchange.reply(404, Reason::NoRoute, kNoService);
      break;
  }
  return handler;
}

http::HandlerPtr Proxy::onBadRequest(http::RequestHead& head, const http::Problem& problem,
                                     http::ResponseWriter& writer) {
  Exchange& exchange = *exchanges_.take(context_).release();
  http::HandlerPtr handler(&exchange);
  exchange.begin(head, {}, writer);
  exchange.reply(problem.status, reasonOf(problem), problem.what);
  return handler;
}

}  // namespace lb::proxy
