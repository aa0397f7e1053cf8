// The load: connections, what each of them is doing, and when the next request is due.
//
// Phases: warm-up, measured time, then what is in flight is finished. In a closed loop requests count if they end in
// the measured time, in an open loop if they are due in it, however late the answer comes. An answer that is not
// exactly as expected, and a connection that ends unannounced, is an error; one with `Connection: close` is replaced
// and counted.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load_options.h"
#include "bench/net.h"
#include "bench/response_reader.h"
#include "bench/snapshot.h"

namespace bench {

struct LoadResult {
  Snapshot begin, end;
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;       // of bodies, received and sent, in the measured time
  std::uint64_t reconnects = 0;  // in all
  std::uint64_t errors = 0;      // in all
  std::string first_error;
  std::vector<std::int64_t> latencies;  // ns, of the measured requests
};

class Load {
 public:
  explicit Load(const LoadOptions& options);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  const LoadResult& run();
  const LoadResult& openAndHold();  // returns when standard input has ended

 private:
  enum class State : std::uint8_t { Closed, Idle, Busy, AwaitsEnd };
  enum class Phase : std::uint8_t { WarmUp, Measured, Finish };

  struct Connection {
    int fd = -1;
    State state = State::Closed;
    ResponseReader reader;
    const std::string* request = nullptr;
    std::uint64_t sent = 0;      // of head and body
    std::int64_t due = 0;        // when the request should have been sent
    std::int64_t allowance = 0;  // slow readers: bytes that may be read now
  };

  void open(Connection& connection);
  void close(Connection& connection);
  void reopen(Connection& connection);
  void fail(Connection& connection, const std::string& why);
  void begin(Connection& connection, std::int64_t due);
  void send(Connection& connection);
  void receive(Connection& connection, bool to_the_end);
  void finish(Connection& connection);
  void next(Connection& connection);
  void onEvent(Connection& connection, std::uint32_t events);
  void enter(Phase phase);
  void advance(std::int64_t time);
  void sendDue(std::int64_t time);
  void readSlowly(std::int64_t time);
  bool counts(const Connection& connection) const;
  std::int64_t wakeAt() const;
  bool measuring() const { return phase_ == Phase::Measured; }
  void poll(std::int64_t timeout_ns);

  const LoadOptions& options_;
  const std::vector<std::string> requests_;
  const std::string upload_;  // a piece of a body, sent over and over
  Meter meter_;
  Epoll epoll_;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;     // open loop
  std::deque<std::int64_t> waiting_;  // open loop: due, but every connection is busy
  Phase phase_ = Phase::WarmUp;
  std::int64_t phase_end_ = 0;
  std::int64_t next_due_ = 0;      // open loop
  std::int64_t next_reading_ = 0;  // slow readers
  std::uint64_t next_host_ = 0;
  std::uint64_t sources_ = 0;
  std::size_t busy_ = 0;
  LoadResult result_;
  std::array<char, 256 * 1024> input_{};
};

}  // namespace bench
