// Non-blocking socket I/O with as few system calls as the wire allows (see os_stream.h).
#include "lb/os/os_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "lb/base/check.h"
#include "lb/os/socket.h"

namespace lb::os {
namespace {

constexpr std::size_t kPiecesMax = 64;  // of one call; the rest has to wait for the next

// Of a long body one call sends no more than the system makes one packet of before it cuts it for the device. Of more
// it makes a packet and a bit, and all of it is older before the receiver takes it: a quarter dearer
// (docs/performance.md). What is no longer than two packets goes at once, for the sake of the call.
constexpr std::size_t kPacketBytes = 64 * 1024;

// The C library's own functions for these are points where a thread can be cancelled, for which a process with threads
// pays two atomic operations a call. Nobody cancels a thread here.
template <class... Arguments>
ssize_t systemCall(long number, int fd, Arguments... arguments) {
  for (;;) {
    const long result = ::syscall(number, fd, arguments...);
    if (result >= 0 || errno != EINTR) return result;
  }
}

// The pieces of one call as the system takes them, without the empty ones.
class Vectors {
 public:
  template <class Piece>
  explicit Vectors(std::span<const Piece> pieces) {
    for (const Piece& piece : pieces) {
      if (piece.empty()) continue;
      if (count_ == kPiecesMax) break;
      // iovec has no const form; the system does not write to what is sent.
      vectors_[count_++] = {const_cast<std::byte*>(piece.data()), piece.size()};
      bytes_ += piece.size();
    }
  }

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  // Leaves out the last pieces, but not the first.
  void cutTo(std::size_t most) {
    while (count_ > 1 && bytes_ > most) bytes_ -= vectors_[--count_].iov_len;
  }

  [[nodiscard]] ssize_t receive(int fd) {
    if (count_ > 1) return systemCall(SYS_readv, fd, vectors_.data(), count_);
    return systemCall(SYS_recvfrom, fd, vectors_[0].iov_base, vectors_[0].iov_len, 0L, nullptr, nullptr);
  }

  [[nodiscard]] ssize_t send(int fd) {
    constexpr long kFlags = MSG_NOSIGNAL;
    if (count_ == 1) return systemCall(SYS_sendto, fd, vectors_[0].iov_base, vectors_[0].iov_len, kFlags, nullptr, 0L);
    msghdr message{};
    message.msg_iov = vectors_.data();
    message.msg_iovlen = count_;
    return systemCall(SYS_sendmsg, fd, &message, kFlags);
  }

 private:
  std::array<iovec, kPiecesMax> vectors_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<OsStream> OsStream::accepted(OsLoop& loop, UniqueFd fd, const Address& remote) {
  // TCP_NODELAY is inherited from the listening socket.
  std::unique_ptr<OsStream> stream(new OsStream(loop, std::move(fd), remote, Phase::Open));
  stream->writable_ = true;
  stream->watch();
  return stream;
}

std::unique_ptr<OsStream> OsStream::connecting(OsLoop& loop, const Address& to) {
  const SocketAddress address = toSocketAddress(to);
  std::unique_ptr<OsStream> stream(new OsStream(loop, openTcpSocket(address.storage.ss_family), to, Phase::Connecting));
  if (!stream->fd_.valid()) {
    static_cast<void>(stream->failWith(ioStatusFromErrno(errno)));
    return stream;
  }
  setOption(stream->fd_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (::connect(stream->fd_.get(), address.raw(), address.size) == 0) {
    stream->phase_ = Phase::Open;
    stream->writable_ = true;
  } else if (errno != EINPROGRESS && errno != EINTR) {
    static_cast<void>(stream->failWith(connectStatusFromErrno(errno, address)));
    return stream;
  }
  stream->watch();
  return stream;
}

OsStream::OsStream(OsLoop& loop, UniqueFd fd, const Address& remote, Phase phase)
    : loop_(loop), fd_(std::move(fd)), phase_(phase), remote_(remote) {}

OsStream::~OsStream() {
  unwatch();
}

void OsStream::watch() {
  const auto callback = [](evutil_socket_t, short what, void* self) { static_cast<OsStream*>(self)->onEvent(what); };
  constexpr short kAll = EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST;
  event_assign(&event_, loop_.base(), fd_.get(), kAll, callback, this);
  if (event_add(&event_, nullptr) != 0) static_cast<void>(failWith(ioStatusFromErrno(errno)));
}

void OsStream::unwatch() {
  if (event_initialized(&event_) != 0) event_del(&event_);
}

void OsStream::want(Interest interest) {
  wanted_ = interest;
  askForReset();
  scheduleWake();
}

void OsStream::onEvent(short what) {
  loop_.enterCallback();
  QuietRead::leave();
  if (phase_ == Phase::Connecting) {
    finishConnecting();
  }
  if ((what & (EV_READ | EV_CLOSED)) != 0) readable_ = true;
  if ((what & EV_WRITE) != 0) writable_ = true;
  if ((what & EV_CLOSED) != 0) end_announced_ = true;
  // libevent reports an error as EV_READ|EV_WRITE, exactly as it reports data on a connection that can be written to.
  reset_unasked_ = (what & EV_READ) != 0 && (what & EV_WRITE) != 0 && (what & EV_CLOSED) == 0;
  reset_possible_ = reset_unasked_ && !end_announced_;
  askForReset();
  deliver();
}

// The system tells the reason once. Not without asking whether there is one: SO_ERROR also gives what the system only
// remembers, such as a router's complaint, while the connection goes on (RFC 1122 4.2.3.9).
void OsStream::askForReset() {
  if (!has(wanted_, Interest::Reset) || !reset_unasked_ || phase_ != Phase::Open) return;
  reset_unasked_ = false;
  pollfd state{.fd = fd_.get(), .events = 0, .revents = 0};
  if (::poll(&state, 1, 0) != 1 || (state.revents & POLLERR) == 0) return;
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0) failWriting(error);
}

// The system announces a connecting socket once: when it is connected or has failed.
void OsStream::finishConnecting() {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error == 0) {
    phase_ = Phase::Open;
  } else {
    static_cast<void>(failWith(ioStatusFromErrno(error)));
  }
}

// Called for a stream that was quiet since a short read that may have hidden a reset.
void OsStream::lookAgain() {
  std::byte probe{};
  const ssize_t got = ::recv(fd_.get(), &probe, 1, MSG_PEEK);
  if (got < 0 && wouldBlock(errno)) return;
  if (got < 0) static_cast<void>(readFailed(errno));
  readable_ = true;
  scheduleWake();
}

void OsStream::deliver() {
  Wakeable::unlink();
  const Interest possible = wanted_ & ready();
  if (possible == Interest::None) return;
  LB_CHECK(events_ != nullptr);
  events_->onReady(possible);
  scheduleWake();  // the object still lives: it may be retired in onReady, but not destroyed
}

// At most one wake is pending, and none if nothing wanted is ready.
void OsStream::scheduleWake() {
  if ((wanted_ & ready()) != Interest::None) {
    loop_.wake(*this);
  } else {
    Wakeable::unlink();
  }
}

Interest OsStream::ready() const {
  switch (phase_) {
    case Phase::Connecting:
    case Phase::Aborted: return Interest::None;
    case Phase::Failed: return Interest::Both | Interest::Reset;
    case Phase::Open: break;
  }
  return (readable_ ? Interest::Read : Interest::None) | (writable_ ? Interest::Write : Interest::None) |
         (write_failure_ != IoStatus::Ok ? Interest::Reset : Interest::None);
}

IoResult OsStream::read(std::span<const Space> into) {
  if (phase_ == Phase::Failed || phase_ == Phase::Aborted) return {0, failure_};
  // Whoever reads without having been told to wants the truth of this moment (a pooled connection before its reuse), so
  // the system is asked even when nothing was announced.
  if (phase_ == Phase::Connecting) return {0, IoStatus::WouldBlock};
  Vectors vectors(into);
  if (vectors.bytes() == 0) return {0, IoStatus::Ok};
  const ssize_t got = vectors.receive(fd_.get());
  if (got < 0) return readFailed(errno);
  if (got == 0) {
    end_announced_ = true;
    if (end_status_ == IoStatus::Eof) return {0, IoStatus::Eof};
    return failWith(end_status_);
  }
  const auto bytes = static_cast<std::size_t>(got);
  if (bytes < vectors.bytes() && !end_announced_ && write_failure_ == IoStatus::Ok) {
    readable_ = false;
    if (reset_possible_) loop_.quietReads().add(*this);
  }
  return {bytes, IoStatus::Ok};
}

IoResult OsStream::readFailed(int error) {
  if (!wouldBlock(error)) return failWith(ioStatusFromErrno(error));
  readable_ = false;
  return {0, IoStatus::WouldBlock};
}

IoResult OsStream::write(std::span<const Bytes> from) {
  if (phase_ == Phase::Failed || phase_ == Phase::Aborted) return {0, failure_};
  if (write_failure_ != IoStatus::Ok) return {0, write_failure_};
  if (phase_ == Phase::Connecting || !writable_) return {0, IoStatus::WouldBlock};
  Vectors vectors(from);
  if (vectors.bytes() > 2 * kPacketBytes) vectors.cutTo(kPacketBytes);
  LB_CHECK(vectors.bytes() > 0);  // nothing to write is the caller's to know: no status could say it
  const ssize_t sent = vectors.send(fd_.get());
  if (sent < 0) return writeFailed(errno);
  const auto bytes = static_cast<std::size_t>(sent);
  if (bytes < vectors.bytes()) writable_ = false;
  reset_possible_ = false;  // a reset before the last read would have failed this call
  QuietRead::leave();
  return {bytes, IoStatus::Ok};
}

// What the other side sent before it reset the connection may still be read; a server that answers early and closes
// relies on it. The system tells the reason once and then ends the received bytes with a plain end of file, so it must
// be remembered, or a cut message would look complete. EPIPE is different: it comes after a FIN, and the end is
// genuine.
IoResult OsStream::writeFailed(int error) {
  if (wouldBlock(error)) {
    writable_ = false;
    return {0, IoStatus::WouldBlock};
  }
  failWriting(error);
  return {0, write_failure_};
}

void OsStream::failWriting(int error) {
  write_failure_ = ioStatusFromErrno(error);
  if (error != EPIPE) end_status_ = write_failure_;
  readable_ = true;
  QuietRead::leave();
}

IoResult OsStream::failWith(IoStatus status) {
  phase_ = Phase::Failed;
  failure_ = status;
  unwatch();
  return {0, status};
}

IoStatus OsStream::finish() {
  if (phase_ == Phase::Failed || phase_ == Phase::Aborted) return failure_;
  if (phase_ == Phase::Connecting) return IoStatus::WouldBlock;
  return ::shutdown(fd_.get(), SHUT_WR) == 0 ? IoStatus::Ok : ioStatusFromErrno(errno);
}

void OsStream::abort() {
  Wakeable::unlink();
  QuietRead::leave();
  unwatch();
  wanted_ = Interest::None;
  phase_ = Phase::Aborted;
  failure_ = IoStatus::Reset;
  if (!fd_.valid()) return;
  const linger reset{1, 0};
  static_cast<void>(setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)));
  fd_.reset();
}

const Address& OsStream::local() const {
  if (!local_known_ && fd_.valid() && phase_ != Phase::Connecting) {
    local_ = localAddress(fd_.get());
    local_known_ = true;
  }
  return local_;
}

}  // namespace lb::os
