// A TCP connection as a Stream.
//
// The socket is registered once, for both directions and edge-triggered; what it is ready for is remembered here. So
// want() costs no system call, but for Reset, about which the system has to be asked.
//
// Invariants: readable_ / writable_ are false only if the system will announce the direction again (or QuietReads will
// look). A wake is pending whenever something wanted is ready and no callback of this stream is running.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include "lb/env/stream.h"
#include "lb/os/os_loop.h"
#include "lb/os/unique_fd.h"

namespace lb::os {

class OsStream final : public Stream, private Wakeable, private QuietRead {
 public:
  [[nodiscard]] static std::unique_ptr<OsStream> accepted(OsLoop& loop, UniqueFd fd, const Address& remote);
  [[nodiscard]] static std::unique_ptr<OsStream> connecting(OsLoop& loop, const Address& to);
  ~OsStream() override;
  OsStream(const OsStream&) = delete;
  OsStream& operator=(const OsStream&) = delete;

  void bind(StreamEvents* events) override { events_ = events; }
  void want(Interest interest) override;
  IoResult read(std::span<const Space> into) override;
  IoResult write(std::span<const Bytes> from) override;
  IoStatus finish() override;
  void abort() override;
  [[nodiscard]] const Address& remote() const override { return remote_; }
  [[nodiscard]] const Address& local() const override;

 private:
  enum class Phase : std::uint8_t { Connecting, Open, Failed, Aborted };

  OsStream(OsLoop& loop, UniqueFd fd, const Address& remote, Phase phase);

  void watch();
  void unwatch();
  void onEvent(short what);
  void finishConnecting();
  void onWake() override { deliver(); }
  void lookAgain() override;
  void deliver();
  void scheduleWake();
  [[nodiscard]] Interest ready() const;
  void askForReset();
  void failWriting(int error);
  IoResult failWith(IoStatus status);
  IoResult readFailed(int error);
  IoResult writeFailed(int error);

  OsLoop& loop_;
  StreamEvents* events_ = nullptr;
  UniqueFd fd_;
  Phase phase_;
  Interest wanted_ = Interest::None;
  bool readable_ = false;
  bool writable_ = false;
  bool end_announced_ = false;             // FIN is in the queue: a short read is not the last one
  bool reset_possible_ = false;            // the last event may have been a reset that came together with data
  bool reset_unasked_ = false;             // or any reset, and nobody has asked the system
  IoStatus failure_ = IoStatus::Ok;        // why the stream failed, once and for all
  IoStatus write_failure_ = IoStatus::Ok;  // writing failed, but what was received may still be read
  IoStatus end_status_ = IoStatus::Eof;    // what the end of the received bytes means
  event event_{};
  Address remote_;
  mutable Address local_;
  mutable bool local_known_ = false;
};

}  // namespace lb::os
