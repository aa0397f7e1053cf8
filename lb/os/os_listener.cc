// Listening sockets, level-triggered: what one turn does not accept announces itself in the next.
#include "lb/os/os_listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lb/base/check.h"
#include "lb/os/os_stream.h"
#include "lb/os/socket.h"

namespace lb::os {
namespace {

constexpr int kBacklog = 4096;       // the system lowers it to net.core.somaxconn
constexpr int kAcceptsPerTurn = 64;  // then the other events have their turn

enum class Share : std::uint8_t { No, Yes };

Result<UniqueFd> bindTo(const Address& at, Share share) {
  UniqueFd fd = openTcpSocket(at.ip.isV4() ? AF_INET : AF_INET6);
  if (!fd.valid()) return std::unexpected(Error{std::strerror(errno)});
  setOption(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  setOption(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);  // inherited by accepted connections
  if (share == Share::Yes) setOption(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  // The unspecified IPv6 address means every interface of both families.
  if (!at.ip.isV4()) setOption(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, at.ip == IpAddress{} ? 0 : 1);
  const SocketAddress address = toSocketAddress(at);
  if (::bind(fd.get(), address.raw(), address.size) != 0) return std::unexpected(Error{std::strerror(errno)});
  return fd;
}

// "Address already in use" becomes part of a sentence.
Error cannotListen(const Address& at, std::string why) {
  if (!why.empty()) why.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(why.front())));
  return {"cannot listen on " + at.toString() + ": " + why};
}

bool machineHasIpv6() {
  const UniqueFd fd = openTcpSocket(AF_INET6);
  if (!fd.valid()) return errno != EAFNOSUPPORT;
  const SocketAddress any = toSocketAddress({});
  return ::bind(fd.get(), any.raw(), any.size) == 0 || (errno != EADDRNOTAVAIL && errno != EAFNOSUPPORT);
}

Result<UniqueFd> bindAnyFamily(const Address& at, Share share) {
  Address where = at;
  if (at.ip == IpAddress{} && !machineHasIpv6()) where.ip = IpAddress::fromV4({0, 0, 0, 0});
  Result<UniqueFd> fd = bindTo(where, share);
  if (!fd) return std::unexpected(cannotListen(at, fd.error().what));
  return fd;
}

}  // namespace

Result<void> probeListen(const Address& at, bool beside_ours) {
  const Result<UniqueFd> fd = bindAnyFamily(at, beside_ours ? Share::Yes : Share::No);
  if (!fd) return std::unexpected(fd.error());
  return {};
}

Result<std::unique_ptr<Listener>> OsListener::open(OsLoop& loop, const Address& at, AcceptEvents& events) {
  Result<UniqueFd> fd = bindAnyFamily(at, Share::Yes);
  if (!fd) return std::unexpected(fd.error());
  if (::listen(fd->get(), kBacklog) != 0) return std::unexpected(cannotListen(at, std::strerror(errno)));
  return std::make_unique<OsListener>(loop, std::move(*fd), events);
}

OsListener::OsListener(OsLoop& loop, UniqueFd fd, AcceptEvents& events)
    : loop_(loop), fd_(std::move(fd)), events_(events), local_(localAddress(fd_.get())) {
  const auto callback = [](evutil_socket_t, short, void* self) { static_cast<OsListener*>(self)->onEvent(); };
  event_assign(&event_, loop_.base(), fd_.get(), EV_READ | EV_PERSIST, callback, this);
  LB_CHECK(event_add(&event_, nullptr) == 0);
}

OsListener::~OsListener() {
  if (gone_ != nullptr) *gone_ = true;
  event_del(&event_);
  for (int left = kBacklog; left > 0; --left) {
    const Accepted result = acceptOne();
    if (result == Accepted::None || result == Accepted::Exhausted) break;
  }
}

void OsListener::pause(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  LB_CHECK((paused ? event_del(&event_) : event_add(&event_, nullptr)) == 0);
}

void OsListener::onEvent() {
  loop_.enterCallback();
  bool gone = false;
  gone_ = &gone;
  for (int accepted = 0; accepted < kAcceptsPerTurn; ++accepted) {
    const Accepted result = acceptOne();
    if (gone) return;
    if (result == Accepted::None || paused_) break;
    if (result != Accepted::Exhausted) continue;
    // The system looks for a free descriptor before it looks for a connection. One certainly waits only if this is the
    // first try after the event; otherwise a next event will say so.
    if (accepted == 0) events_.onAcceptFailed(IoStatus::Exhausted);
    if (gone) return;
    break;
  }
  gone_ = nullptr;
}

OsListener::Accepted OsListener::acceptOne() {
  SocketAddress remote;
  UniqueFd fd(::accept4(fd_.get(), remote.raw(), &remote.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid()) {
    if (wouldBlock(errno)) return Accepted::None;
    return isExhaustion(errno) ? Accepted::Exhausted : Accepted::Skipped;  // gone again before it was accepted
  }
  events_.onAccept(OsStream::accepted(loop_, std::move(fd), fromSocketAddress(remote)));
  return Accepted::One;
}

}  // namespace lb::os
