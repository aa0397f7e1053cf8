// What streams, listeners and the resolver share about POSIX sockets.
#pragma once

#include <sys/socket.h>

#include <cstdint>

#include "lb/base/address.h"
#include "lb/env/stream.h"
#include "lb/os/unique_fd.h"

namespace lb::os {

// A socket address of either family, as system calls take it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  [[nodiscard]] sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

[[nodiscard]] SocketAddress toSocketAddress(const Address& address);  // IPv4-mapped becomes plain IPv4
[[nodiscard]] Address fromSocketAddress(const SocketAddress& address);
[[nodiscard]] Address localAddress(int fd);              // unspecified if the socket has none
[[nodiscard]] UniqueFd openTcpSocket(int family);        // non-blocking; invalid on failure, with errno set
void setOption(int fd, int level, int name, int value);  // best effort: a refused option costs speed, not correctness

[[nodiscard]] IoStatus ioStatusFromErrno(int error);
// Why connect() to this address failed. Linux says "no address available" both if all local ports are taken and if this
// machine has no address from which that one could be reached: ::1 where IPv6 is off. The latter is the address' fault.
[[nodiscard]] IoStatus connectStatusFromErrno(int error, const SocketAddress& to);
[[nodiscard]] bool wouldBlock(int error);
[[nodiscard]] bool isExhaustion(int error);

}  // namespace lb::os
