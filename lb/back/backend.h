// One address of one service, as one worker sees it: its connections, its pool, its share of the load.
//
// Lives as long as somebody uses it: when the configuration or DNS drops it, it is told to depart, closes what is idle,
// finishes what is in flight, and reports when nothing is left.
#pragma once

#include <list>
#include <memory>
#include <vector>

#include "lb/back/registry.h"
#include "lb/back/upstream_conn.h"
#include "lb/balance/candidate.h"

namespace lb::back {

class Backend;

class BackendOwner {
 public:
  virtual void onDeparted(Backend& backend) = 0;  // unlink it and retire it
  virtual void onRoomMade() = 0;                  // a request that was on a backend is over

 protected:
  ~BackendOwner() = default;
};

// What all backends of a worker share. Everything outlives them.
struct BackContext {
  Loop& loop;
  const Clock& clock;
  Network& network;
  Random& random;
  buf::BlockPool& blocks;
  FreeList<ResponseState>& states;
};

class alignas(64) Backend final : public Disposable, private UpstreamConnOwner {
 public:
  // `shared` has been joined, and is left when this serves nobody any more.
  Backend(const BackContext& context, std::shared_ptr<SharedBackend> shared,
          std::shared_ptr<observe::BackendStats> stats, const UpstreamSettings& settings, BackendOwner& owner);
  ~Backend() override;

  // How many requests may be on it at a time, of all workers together; 0: any number.
  [[nodiscard]] std::uint32_t limit() const;
  [[nodiscard]] bool hasRoom() const;
  // A place for one request, which lease() takes up or giveBack() returns. False: there is none.
  [[nodiscard]] bool reserve();
  void giveBack();
  // Of a request that is over, however it ended: when it was sent, and how long the head of its answer took. What
  // limits.adaptive goes by.
  void noteLatency(MonoTime begun, Duration latency);

  struct LeaseOptions {
    bool fresh = false;         // never a pooled connection
    bool verify_quiet = false;  // look before reuse: the request could not be sent again
  };
  // A connection with a request begun on it; the handler is attached. REQUIRES: a place was reserved.
  [[nodiscard]] UpstreamConn& lease(http::ResponseHandler& handler, const LeaseOptions& options);

  [[nodiscard]] const Address& address() const { return shared_->address; }
  [[nodiscard]] SharedBackend& shared() { return *shared_; }
  [[nodiscard]] observe::BackendStats& stats() { return *stats_; }
  [[nodiscard]] std::uint64_t id() const { return candidate_.id; }
  [[nodiscard]] balance::Candidate& candidate() { return candidate_; }
  [[nodiscard]] std::size_t busyConnections() const { return connections_.size() - idle_.size(); }

  void depart();
  void closeIdle();
  void judgePool();    // the settings of the pool have changed: what they do not allow any more closes
  void shutdownNow();  // resets every connection; handlers are not told

  // Keeps a departing backend alive for somebody who still looks at it.
  void addUser() { ++users_; }
  void dropUser();

 private:
  void onDetached(UpstreamConn& connection, bool keeps_place) override;
  void onIdle(UpstreamConn& connection) override;
  void onClosed(UpstreamConn& connection) override;
  void departIfUnused();
  void leave();  // serves nobody any more

  // What every request needs comes first, in two cache lines.
  std::shared_ptr<SharedBackend> shared_;
  std::shared_ptr<observe::BackendStats> stats_;
  const UpstreamSettings& settings_;
  BackendOwner& owner_;
  std::vector<UpstreamConn*> idle_;  // the most recently used last; it is the least likely to have gone stale
  std::uint32_t inflight_ = 0;       // requests on it, of this worker
  std::uint32_t users_ = 0;
  bool member_ = true;
  bool departing_ = false;
  balance::Candidate candidate_;

  BackContext context_;
  UpstreamContext connection_context_;
  std::list<std::unique_ptr<UpstreamConn>> connections_;
};

}  // namespace lb::back
