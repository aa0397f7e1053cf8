// Listeners and the connections that came in through them: accepts up to the limit, pauses when the system has no
// descriptors left, drains.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lb/base/address_counts.h"
#include "lb/base/log.h"
#include "lb/front/client_conn.h"

namespace lb::front {

class Server final : private AcceptEvents, private ClientConnOwner {
 public:
  // After a failed accept, and while connections are at their limit, this long passes before the next try.
  static constexpr Duration kAcceptRetry = std::chrono::milliseconds(100);
  static constexpr std::size_t kStatesKept = 1024;  // request states kept for reuse

  Server(const Env& env, buf::BlockPool& blocks, http::RequestRouter& router, Logger& log, observe::WorkerStats& stats,
         const ClientSettings& settings);
  ~Server();

  // Where connections are counted for limits.max_connections_per_client; those that come before are not.
  void setClientCounts(AddressCounts& counts) { client_counts_ = &counts; }

  // Listeners are told apart by their configured address; one that is there already stays as it is.
  [[nodiscard]] Result<void> listen(const Address& at);
  void stopListening(const Address& at);
  [[nodiscard]] std::vector<Address> listening() const;       // the configured addresses
  [[nodiscard]] std::vector<Address> localAddresses() const;  // the real ones (port 0 resolved)
  void setSettings(const ClientSettings& settings);
  void holdAccepting(bool held);  // leaves clients in the system's queue, for a start that is not complete yet

  void announceDrain() { draining_ = true; }             // every response that begins from now on closes its connection
  void drain(std::move_only_function<void()> on_empty);  // stops listening, closes idle connections
  void shutdownNow();                                    // resets the rest
  [[nodiscard]] std::size_t connectionCount() const { return connections_.size(); }

 private:
  struct Bound {
    Address configured;
    std::unique_ptr<Listener> listener;
  };
  void onAccept(std::unique_ptr<Stream> stream) override;
  void onAcceptFailed(IoStatus why) override;
  void onClosed(ClientConn& connection) override;
  void updatePaused();
  void stopListening();
  [[nodiscard]] bool full() const {
    return settings_.connections_max > 0 && connections_.size() >= settings_.connections_max;
  }

  Loop& loop_;
  Network& network_;
  Logger& log_;
  observe::WorkerStats& stats_;
  ClientSettings settings_;
  AddressCounts* client_counts_ = nullptr;
  bool draining_ = false;
  bool held_ = false;
  bool backing_off_ = false;
  bool paused_ = false;
  FreeList<RequestState> states_;
  ClientContext context_;
  std::unique_ptr<Timer> retry_;
  std::vector<std::unique_ptr<ClientConn>> connections_;
  std::vector<Bound> listeners_;
  std::move_only_function<void()> on_empty_;
};

}  // namespace lb::front
