// bench_relay: the floor. No HTTP at all: each client's connection has one of its own to the origin, and what one side
// sends goes to the other: recv, send, recv, send for a small request. No proxy can cost less in this way.
//
// usage: bench_relay ADDRESS:PORT; prints its port, and ends when its standard input does.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/net.h"

namespace bench {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
using Buffer = std::array<char, kBufferBytes>;

struct Pair;

struct Side {
  Pair* pair = nullptr;
  int fd = -1;
  // On its way to this side; while there is some, the other side is not read. `rest` points into the buffer, which is
  // there only then: what fits into the socket at once never needs one of its own.
  std::unique_ptr<Buffer> buffer;
  std::string_view rest;
};

struct Pair {
  Side client, origin;
  bool closed = false;
};

class Relay {
 public:
  explicit Relay(const sockaddr_in& origin) : origin_(origin), listener_(listenOn(0)) {
    epoll_.addListener(listener_, &listener_);
    epoll_.addListener(STDIN_FILENO, &epoll_);
    std::printf("%u\n", portOf(listener_));
    std::fflush(stdout);
  }

  void run() {
    while (true) {
      for (const epoll_event& event : epoll_.wait(-1)) {
        if (event.data.ptr == &epoll_) return;
        if (event.data.ptr == &listener_) {
          accept();
        } else {
          serve(*static_cast<Side*>(event.data.ptr), event.events);
        }
      }
      for (Pair* pair : ended_) delete pair;  // only now: the other side may have had an event of its own
      ended_.clear();
    }
  }

 private:
  void accept() {
    for (int fd = acceptFrom(listener_); fd >= 0; fd = acceptFrom(listener_)) {
      auto* pair = new Pair{};
      pair->client.pair = pair->origin.pair = pair;
      pair->client.fd = fd;
      pair->origin.fd = connectTo(origin_, 0);
      epoll_.add(pair->client.fd, &pair->client);
      epoll_.add(pair->origin.fd, &pair->origin);
    }
  }

  void serve(Side& side, std::uint32_t events) {
    Pair& pair = *side.pair;
    Side& other = &side == &pair.client ? pair.origin : pair.client;
    if (pair.closed) return;
    bool good = true;
    if ((events & EPOLLOUT) != 0 && !side.rest.empty()) {
      good = send(side);
      if (good && side.rest.empty()) {
        spare_.push_back(std::move(side.buffer));
        good = move(other, side, true);  // reads to the end: its event may have been told meanwhile
      }
    }
    if (good && (events & (EPOLLIN | kEnd)) != 0) good = move(side, other, (events & kEnd) != 0);
    if (!good) end(pair);
  }

  // From one side to the other until there is nothing more; false: the connection has ended.
  bool move(Side& from, Side& to, bool to_the_end) {
    while (to.rest.empty()) {
      if (spare_.empty()) spare_.push_back(std::make_unique<Buffer>());
      Buffer& buffer = *spare_.back();
      const ssize_t got = recv(from.fd, buffer.data(), buffer.size(), 0);
      if (got < 0 && errno == EAGAIN) return true;
      if (got <= 0) return false;
      to.rest = {buffer.data(), static_cast<std::size_t>(got)};
      if (!send(to)) return false;
      if (!to.rest.empty()) {
        to.buffer = std::move(spare_.back());
        spare_.pop_back();
      }
      if (static_cast<std::size_t>(got) < kBufferBytes && !to_the_end)
        return true;  // a short read: the socket is empty
    }
    return true;
  }

  static bool send(Side& to) {
    const ssize_t sent = ::send(to.fd, to.rest.data(), to.rest.size(), MSG_NOSIGNAL);
    if (sent > 0) to.rest.remove_prefix(static_cast<std::size_t>(sent));
    return sent >= 0 || errno == EAGAIN;
  }

  void end(Pair& pair) {
    pair.closed = true;
    close(pair.client.fd);
    close(pair.origin.fd);
    ended_.push_back(&pair);
  }

  sockaddr_in origin_;
  Epoll epoll_;
  int listener_;
  std::vector<Pair*> ended_;
  std::vector<std::unique_ptr<Buffer>> spare_;
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  if (argc != 2) bench::refuse("usage: bench_relay ADDRESS:PORT");
  std::make_unique<bench::Relay>(bench::parseTarget(argv[1]))->run();
}
