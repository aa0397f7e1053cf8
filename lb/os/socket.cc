// Conversions between the core's addresses and statuses and those of POSIX.
#include "lb/os/socket.h"

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lb::os {
namespace {

constexpr std::size_t kV4Offset = 12;  // of the IPv4 address within its IPv4-mapped form

}  // namespace

SocketAddress toSocketAddress(const Address& address) {
  SocketAddress result;
  if (address.ip.isV4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port);
    std::memcpy(&in.sin_addr, address.ip.bytes().data() + kV4Offset, sizeof(in.sin_addr));
    std::memcpy(&result.storage, &in, sizeof(in));
    result.size = sizeof(in);
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(address.port);
    std::memcpy(&in.sin6_addr, address.ip.bytes().data(), sizeof(in.sin6_addr));
    std::memcpy(&result.storage, &in, sizeof(in));
    result.size = sizeof(in);
  }
  return result;
}

Address fromSocketAddress(const SocketAddress& address) {
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address.storage, sizeof(in));
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return {IpAddress::fromV4(bytes), ntohs(in.sin_port)};
  }
  if (address.storage.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address.storage, sizeof(in));
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return {IpAddress::fromV6(bytes), ntohs(in.sin6_port)};
  }
  return {};
}

Address localAddress(int fd) {
  SocketAddress local;
  if (getsockname(fd, local.raw(), &local.size) != 0) return {};
  return fromSocketAddress(local);
}

UniqueFd openTcpSocket(int family) {
  return UniqueFd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

void setOption(int fd, int level, int name, int value) {
  static_cast<void>(setsockopt(fd, level, name, &value, sizeof(value)));
}

IoStatus ioStatusFromErrno(int error) {
  switch (error) {
    case ECONNREFUSED: return IoStatus::Refused;
    case ETIMEDOUT: return IoStatus::TimedOut;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case EACCES:  // a firewall's or a broadcast address' way to say no
    case EPERM:
    case EAFNOSUPPORT:
    case EINVAL: return IoStatus::Unreachable;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC:  // the limit of watched descriptors
    case EAGAIN:  // connect only: no free local port
    case EADDRNOTAVAIL: return IoStatus::Exhausted;
    default: return IoStatus::Reset;
  }
}

IoStatus connectStatusFromErrno(int error, const SocketAddress& to) {
  if (error == EADDRNOTAVAIL) {
    // A datagram socket sends nothing when it connects; it only looks for a source address, and ports are no matter.
    const UniqueFd probe(socket(to.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (probe.valid() && connect(probe.get(), to.raw(), to.size) != 0 && errno == EADDRNOTAVAIL)
      return IoStatus::Unreachable;
  }
  return ioStatusFromErrno(error);
}

bool wouldBlock(int error) {
  return error == EAGAIN;
}  // EWOULDBLOCK is the same number on Linux

bool isExhaustion(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace lb::os
