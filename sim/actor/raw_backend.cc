// See raw_backend.h.
#include "sim/actor/raw_backend.h"

#include <algorithm>
#include <utility>

#include "lb/base/check.h"

namespace sim::actor {

RawBackend::RawBackend(const lb::Env& env, const lb::Address& at, Script script)
    : loop_(env.loop), script_(std::move(script)) {
  auto listener = env.network.listen(at, *this);
  LB_CHECK(listener.has_value());
  listener_ = std::move(*listener);
}

RawBackend::Script RawBackend::answering(std::string answer) {
  return [answer = std::move(answer)](Conn& conn) {
    for (std::size_t count = conn.takeRequests().size(); count > 0; --count) conn.send(answer);
    if (conn.ended() != lb::IoStatus::Ok) conn.close();
  };
}

std::vector<Message> RawBackend::Conn::takeRequests() {
  std::string rest;
  std::vector<Message> messages =
      allMessages(std::string_view(received()).substr(taken_), MessageKind::Request, false, rest);
  taken_ = received().size() - rest.size();
  requests += messages.size();
  return messages;
}

std::size_t RawBackend::openConnections() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      connections_, [](const auto& one) { return !one->gone() && one->ended() == lb::IoStatus::Ok; }));
}

std::string RawBackend::everything() const {
  std::string all;
  for (const auto& connection : connections_) all += connection->received();
  return all;
}

void RawBackend::onAccept(std::unique_ptr<lb::Stream> stream) {
  connections_.push_back(std::make_unique<Conn>(std::move(stream), *this));
}

}  // namespace sim::actor
