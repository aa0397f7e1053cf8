// One HTTP/1 connection to a backend: writes a request, reads its response, and waits in the pool between the two.
//
// It may be used again only if the request was sent in full, the response was read to its exact end, neither side said
// close, and not one byte has come since (RFC 9112 9.3 and 6.3). Anything else closes it.
// A handler is attached from begin() until the response ended, failed, or reset(). In a tunnel (after 101) it stays
// attached until reset() or a failure, because the two directions end one by one.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "lb/base/deadlines.h"
#include "lb/base/free_list.h"
#include "lb/buf/buffer.h"
#include "lb/config/config.h"
#include "lb/env/env.h"
#include "lb/http/body_decoder.h"
#include "lb/http/events.h"
#include "lb/http/head_parser.h"
#include "lb/observe/telemetry.h"

namespace lb::back {

class UpstreamConn;

class UpstreamConnOwner {
 public:
  // Its request is over, or its place at the backend is kept because it will be sent again at once.
  virtual void onDetached(UpstreamConn& connection, bool keeps_place) = 0;
  virtual void onIdle(UpstreamConn& connection) = 0;    // and it may be used again
  virtual void onClosed(UpstreamConn& connection) = 0;  // unlink it and retire it

 protected:
  ~UpstreamConnOwner() = default;
};

// The part of the configuration that connections of one service read as they go; updated in place on reload.
struct UpstreamSettings {
  config::ServiceTimeouts timeouts;
  config::Pool pool;
  config::ServiceLimits limits;
  http::HeadLimits head;
  http::BodyLimits body;
  std::size_t buffer_high = 64 * 1024;
};

// What a connection holds only while a response is expected.
struct ResponseState {
  http::ResponseHead head;
  http::ResponseParser parser;
  http::BodyDecoder decoder;

  void clear();
};

// What all connections of one backend share; it outlives them.
struct UpstreamContext {
  Loop& loop;
  const Clock& clock;
  buf::BlockPool& blocks;
  const UpstreamSettings& settings;
  FreeList<ResponseState>& states;
  observe::BackendStats& stats;
  UpstreamConnOwner& owner;
};

class UpstreamConn final : public Disposable, public http::RequestWriter, private StreamEvents, private DeadlineEvents {
 public:
  using Place = std::list<std::unique_ptr<UpstreamConn>>::iterator;
  Place place_{};  // where the owner keeps it

  UpstreamConn(std::unique_ptr<Stream> connecting, const UpstreamContext& context);
  ~UpstreamConn() override;

  // Starts a request: sendHead is next. REQUIRES: new or idle.
  void begin(http::ResponseHandler& handler);
  // Reads once to see that nothing has come on an idle connection; costs a system call, so it is for requests that
  // could not be sent again. False: it is closed now.
  [[nodiscard]] bool verifyQuiet();
  void closeIdle();  // REQUIRES: idle
  // The settings of the pool have changed: by the new ones it stays, shorter or longer, or closes. REQUIRES: idle.
  void judgeIdle();
  // Who hears of the response from now on. REQUIRES: somebody does.
  void handOver(http::ResponseHandler& handler);
  // The exchange is over: detaches. A tunnel still sends what it has for the backend, then closes; anything else
  // closes.
  void leave();
  void abortNow();  // whatever it is doing; its handler is not told
  [[nodiscard]] bool idle() const { return state_ == State::Idle; }
  [[nodiscard]] bool reused() const { return requests_ > 1; }
  // Did the response begin, and were bytes of the request written? To be asked when a response failed.
  [[nodiscard]] bool anyByteRead() const { return times_.bytes_read > 0; }
  [[nodiscard]] bool anyByteWritten() const { return times_.bytes_written > 0; }

  void sendHead(const http::RequestHead& head, const http::Framing& framing, std::string_view upgrade) override;
  void sendBody(buf::Buffer& body) override;
  void sendEnd(const http::Fields* trailers) override;
  void flush() override;
  void reset() override;
  bool congested() const override { return out_.size() > context_.settings.buffer_high; }
  std::size_t room() const override { return out_.roomBelow(context_.settings.buffer_high); }
  void pauseResponse(bool paused) override;
  const http::MessageTimes& times() const override { return times_; }

 private:
  enum class State : std::uint8_t { Connecting, Busy, Idle, Closed };
  enum class Reading : std::uint8_t { Head, Body, Done };
  enum Slot : std::size_t { kReadSlot, kWriteSlot, kKickSlot };

  void onReady(Interest ready) override;
  void onDeadline(std::size_t slot) override;
  [[nodiscard]] bool cameBeforeTheRequest() const;
  [[nodiscard]] bool nothingToRead();
  void onConnected();
  void readWhatThereIs();
  void readOnce();
  [[nodiscard]] std::size_t readWish() const;
  void processInput();
  bool parseHead();
  bool acceptHead();
  bool acceptUpgrade() const;
  bool decodeBody();
  void onEof();
  void expectBody();
  void finishResponse();
  [[nodiscard]] bool reusable() const;
  [[nodiscard]] bool poolable() const;
  [[nodiscard]] Duration idleTimeout() const;
  void expectNothing();
  void goIdle();
  void flushOut();
  void onWriteFailed(IoStatus status);
  void fail(http::ResponseFailure why, const char* detail);
  http::ResponseHandler* detach(bool keeps_place = false);
  void close();
  [[nodiscard]] bool wantsRead() const;
  void updateInterest();

  const UpstreamContext& context_;
  std::unique_ptr<Stream> stream_;
  Deadlines deadlines_;
  buf::Buffer in_;
  buf::Buffer out_;
  buf::Buffer body_;  // decoded, on its way to the handler; empty between events
  FreeList<ResponseState>::Ptr response_;
  http::ResponseHandler* handler_ = nullptr;
  http::MessageTimes times_;
  std::string upgrade_;  // what the request offered
  MonoTime opened_{};
  MonoTime begun_{};  // the turn in which the request in progress began
  MonoTime last_read_{};
  MonoTime idle_since_{};
  Duration promised_ = Duration::max();  // a second less than the backend's Keep-Alive field says, if it has one
  std::uint64_t requests_ = 0;
  std::uint64_t usual_bytes_ = 0;  // of the response before: the next one may be as large
  State state_ = State::Connecting;
  Reading reading_ = Reading::Head;
  http::Method method_ = http::Method::Get;
  http::BodyKind request_kind_ = http::BodyKind::None;
  Interest interest_ = Interest::None;
  bool expects_continue_ = false;
  bool request_ended_ = false;
  bool request_sent_ = false;  // ended, and every byte written
  bool said_close_ = false;    // with the request, when nothing was to be pooled
  bool response_keeps_alive_ = false;
  bool tunnel_ = false;
  bool paused_ = false;
  bool was_congested_ = false;
  bool write_failed_ = false;
  bool read_was_full_ = false;  // the last read took all that it had room for: there may be more
  bool in_own_event_ = false;
};

}  // namespace lb::back
