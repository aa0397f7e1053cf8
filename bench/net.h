// Sockets, epoll and the monotonic clock for the programs of this folder: a measuring tool, and so plain system calls.
//
// All sockets are non-blocking, without Nagle, and on loopback. A failure that leaves nothing to measure ends the
// program.
#pragma once

#include <netinet/in.h>
#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bench {

[[noreturn]] void die(const std::string& what);          // with errno's text, if there is one
[[noreturn]] void refuse(const std::string& complaint);  // a wrong command line

std::int64_t now();  // nanoseconds, monotonic

sockaddr_in loopback(std::uint32_t address, std::uint16_t port);  // host byte order
sockaddr_in parseTarget(std::string_view text);                   // 127.0.0.1:8080

int listenOn(std::uint16_t port);  // on every loopback address; 0: any port
std::uint16_t portOf(int listener);
int acceptFrom(int listener);  // -1: nobody waits; who is not on loopback is turned away
int connectTo(const sockaddr_in& to, std::uint32_t from,
              int receive_buffer_bytes = 0);  // from 0: any; buffer 0: the default

std::uint64_t number(std::string_view option, std::string_view text);  // or the program ends with a complaint

// Of an event: the other side has closed. Edge-triggered, it is told once, even if data came with it: then a short read
// is no reason to stop.
inline constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

class Epoll {
 public:
  Epoll();
  ~Epoll();
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;

  // Once for each socket, for both directions, edge-triggered: a request then costs no epoll_ctl.
  void add(int fd, void* data);
  void addListener(int fd, void* data);

  std::span<epoll_event> wait(std::int64_t timeout_ns);  // negative: as long as it takes

 private:
  int fd_;
  std::array<epoll_event, 512> events_{};
};

}  // namespace bench
