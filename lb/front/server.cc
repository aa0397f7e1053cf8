// See server.h.
#include "lb/front/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lb::front {

Server::Server(const Env& env, buf::BlockPool& blocks, http::RequestRouter& router, Logger& log,
               observe::WorkerStats& stats, const ClientSettings& settings)
    : loop_(env.loop),
      network_(env.network),
      log_(log),
      stats_(stats),
      settings_(settings),
      states_(kStatesKept),
      context_{env.loop, env.clock, blocks, settings_, router, states_, stats, *this, draining_},
      retry_(env.loop.makeTimer([this] {
        backing_off_ = false;
        updatePaused();
      })) {}

Server::~Server() {
  stopListening();
}

Result<void> Server::listen(const Address& at) {
  if (std::ranges::any_of(listeners_, [&](const Bound& bound) { return bound.configured == at; })) return {};
  auto listener = network_.listen(at, *this);
  if (!listener) return std::unexpected(listener.error());
  if (paused_) (*listener)->pause(true);
  listeners_.push_back({at, std::move(*listener)});
  return {};
}

void Server::stopListening(const Address& at) {
  const auto place = std::ranges::find(listeners_, at, &Bound::configured);
  if (place == listeners_.end()) return;
  const Bound leaving = std::move(*place);  // it offers what is queued while it goes, and that looks at listeners_
  listeners_.erase(place);
}

void Server::stopListening() {
  const std::vector<Bound> leaving = std::exchange(listeners_, {});
}

void Server::setSettings(const ClientSettings& settings) {
  settings_ = settings;
  updatePaused();  // the limit may have moved
}

std::vector<Address> Server::listening() const {
  std::vector<Address> addresses;
  for (const Bound& bound : listeners_) addresses.push_back(bound.configured);
  return addresses;
}

std::vector<Address> Server::localAddresses() const {
  std::vector<Address> addresses;
  for (const Bound& bound : listeners_) addresses.push_back(bound.listener->local());
  return addresses;
}

void Server::holdAccepting(bool held) {
  held_ = held;
  updatePaused();
}

void Server::onAccept(std::unique_ptr<Stream> stream) {
  stats_.connections_accepted.add();
  const std::uint32_t per_client_max = client_counts_ != nullptr ? settings_.connections_per_client_max : 0;
  if (per_client_max > 0 && !client_counts_->tryAdd(stream->remote().ip, per_client_max)) {
    stats_.rejected_per_client.add();
    stream->abort();
    return;
  }
  ClientConn& connection = *connections_.emplace_back(std::make_unique<ClientConn>(std::move(stream), context_));
  connection.place_ = static_cast<std::uint32_t>(connections_.size() - 1);
  connection.counted_for_client_ = per_client_max > 0;
  if (full()) updatePaused();
  connection.start();
}

void Server::onAcceptFailed(IoStatus why) {
  stats_.accept_failures.add();
  if (log_.enabled(LogLevel::Warn)) {
    log_.write(LogLevel::Warn, fmt::format("cannot accept connections: {}; trying again", toString(why)));
  }
  backing_off_ = true;
  retry_->arm(kAcceptRetry);
  updatePaused();
}

void Server::updatePaused() {
  const bool pause = held_ || backing_off_ || full();
  if (pause == paused_) return;
  paused_ = pause;
  if (pause && !held_) stats_.accept_pauses.add();
  for (Bound& bound : listeners_) bound.listener->pause(pause);
}

void Server::onClosed(ClientConn& connection) {
  if (connection.counted_for_client_) client_counts_->remove(connection.peer().ip);
  std::unique_ptr<ClientConn>& place = connections_[connection.place_];
  loop_.retire(std::move(place));
  if (&place != &connections_.back()) {  // the last one takes its place
    place = std::move(connections_.back());
    place->place_ = connection.place_;
  }
  connections_.pop_back();
  updatePaused();
  if (connections_.empty() && on_empty_) loop_.post(std::exchange(on_empty_, nullptr));
}

void Server::drain(std::move_only_function<void()> on_empty) {
  draining_ = true;
  on_empty_ = std::move(on_empty);
  stopListening();  // offers what the system had queued, so that those clients are served too
  // From the end: when one goes, the last one, which has been told already, takes its place.
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (i < connections_.size()) connections_[i]->drain();
  }
  if (connections_.empty() && on_empty_) loop_.post(std::exchange(on_empty_, nullptr));
}

void Server::shutdownNow() {
  stopListening();
  while (!connections_.empty()) connections_.back()->shutdownNow();
}

}  // namespace lb::front
