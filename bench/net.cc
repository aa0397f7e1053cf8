#include "bench/net.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace bench {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::uint32_t kLoopbackNetwork = 127;

void noDelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

void die(const std::string& what) {
  std::fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what.c_str(), std::strerror(errno));
  std::exit(1);
}

void refuse(const std::string& complaint) {
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, complaint.c_str());
  std::exit(2);
}

std::int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

sockaddr_in loopback(std::uint32_t address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = htonl(address);
  result.sin_port = htons(port);
  return result;
}

sockaddr_in parseTarget(std::string_view text) {
  const std::size_t colon = text.find(':');
  in_addr address{};
  if (colon == std::string_view::npos ||
      inet_pton(AF_INET, std::string(text.substr(0, colon)).c_str(), &address) != 1) {
    refuse("a target is ADDRESS:PORT, not " + std::string(text));
  }
  return loopback(ntohl(address.s_addr), static_cast<std::uint16_t>(number("target", text.substr(colon + 1))));
}

int listenOn(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(INADDR_ANY, port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("bind");
  if (listen(fd, 4096) != 0) die("listen");
  return fd;
}

std::uint16_t portOf(int listener) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  if (getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) die("getsockname");
  return ntohs(address.sin_port);
}

int acceptFrom(int listener) {
  while (true) {
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const int fd = accept4(listener, reinterpret_cast<sockaddr*>(&from), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EAGAIN) return -1;
      if (errno == ECONNABORTED || errno == EINTR) continue;
      die("accept");
    }
    if (ntohl(from.sin_addr.s_addr) >> 24 != kLoopbackNetwork) {
      close(fd);
      continue;
    }
    noDelay(fd);
    return fd;
  }
}

int connectTo(const sockaddr_in& to, std::uint32_t from, int receive_buffer_bytes) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  noDelay(fd);
  if (receive_buffer_bytes > 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  if (from != 0) {
    const int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const sockaddr_in address = loopback(from, 0);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("bind");
  }
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) die("connect");
  return fd;
}

std::uint64_t number(std::string_view option, std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    refuse(std::string(option) + " needs a number, not '" + std::string(text) + "'");
  }
  return value;
}

Epoll::Epoll() : fd_(epoll_create1(EPOLL_CLOEXEC)) {
  if (fd_ < 0) die("epoll_create1");
}

Epoll::~Epoll() {
  close(fd_);
}

void Epoll::add(int fd, void* data) {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = data}};
  if (epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

void Epoll::addListener(int fd, void* data) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = data}};
  if (epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

std::span<epoll_event> Epoll::wait(std::int64_t timeout_ns) {
  timespec timeout{.tv_sec = timeout_ns / kSecond, .tv_nsec = timeout_ns % kSecond};
  const int count =
      epoll_pwait2(fd_, events_.data(), static_cast<int>(events_.size()), timeout_ns < 0 ? nullptr : &timeout, nullptr);
  if (count < 0 && errno != EINTR) die("epoll_wait");
  return std::span(events_).first(static_cast<std::size_t>(std::max(count, 0)));
}

}  // namespace bench
