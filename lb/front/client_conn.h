// One downstream HTTP/1 connection: reads requests in order, hands each to a handler, writes the responses.
//
// It knows nothing of proxying: lb's exchanges, the control plane and be all stand behind it as RequestHandlers.
// Invariants: at most one request is being handled; a request starts only from the connection's own events, never from
// inside a handler's call; while idle it holds no buffer block, no head and no handler.
// The rules of closing: a request that was not read to its end, or bytes that follow a last response, whole or cut,
// lead to a lingering close (FIN, then discard for a while), or the reset that unread bytes cause would destroy the
// answers.
#pragma once

#include <memory>

#include "lb/base/deadlines.h"
#include "lb/base/free_list.h"
#include "lb/buf/buffer.h"
#include "lb/env/env.h"
#include "lb/front/client_settings.h"
#include "lb/http/events.h"
#include "lb/observe/telemetry.h"

namespace lb::front {

class ClientConn;

class ClientConnOwner {
 public:
  virtual void onClosed(ClientConn& connection) = 0;  // unlink it and retire it

 protected:
  ~ClientConnOwner() = default;
};

// What a connection holds only while a request is on it.
struct RequestState {
  explicit RequestState(buf::BlockPool& blocks) : body(blocks) {}
  http::RequestHead head;
  http::RequestParser parser;
  http::BodyDecoder decoder;
  http::MessageTimes times;
  buf::Buffer body;  // decoded, on its way to the handler; empty between events

  void clear();
};

// What all connections of one server share. It outlives them, as does everything in it.
struct ClientContext {
  Loop& loop;
  const Clock& clock;
  buf::BlockPool& blocks;
  const ClientSettings& settings;
  http::RequestRouter& router;
  FreeList<RequestState>& states;
  observe::WorkerStats& stats;
  ClientConnOwner& owner;
  const bool& draining;
};

class ClientConn final : public Disposable, private StreamEvents, private DeadlineEvents, private http::ResponseWriter {
 public:
  static constexpr Duration kLingerTime = std::chrono::seconds(5);
  static constexpr Duration kDrainGrace = std::chrono::seconds(1);  // for the first request of a new connection

  ClientConn(std::unique_ptr<Stream> stream, const ClientContext& context);
  ~ClientConn() override;

  std::uint32_t place_ = 0;          // where the owner keeps it
  bool counted_for_client_ = false;  // by the owner, among the connections of its address
  [[nodiscard]] const Address& peer() const override { return stream_->remote(); }

  void start();
  void drain();        // closes if idle, else after the response in progress
  void shutdownNow();  // resets whatever is in progress

 private:
  enum class Reading : std::uint8_t { Head, Body, Done, Failed, Linger, Closed };
  enum class Writing : std::uint8_t { Nothing, Head, Body, Ended, Finished };
  enum Slot : std::size_t { kReadSlot, kWriteSlot, kRateSlot, kKickSlot };

  // Events.
  void onReady(Interest ready) override;
  void onDeadline(std::size_t slot) override;

  // Reading side (client_conn_read.cc).
  void readWhatThereIs();
  bool readOnce();  // true: it got all that it had room for, and there may be more
  void processInput();
  bool advance();  // one step; true if there may be another
  bool parseHead();
  bool startRequest();
  bool decodeBody();
  void onEof();
  void endEarly();
  void giveUp();
  void onGone();
  void tell(http::RequestReset why);
  void onReadDeadline();
  void onRateDeadline();
  void expectBody();
  void watchRate();
  void endEvent();
  void refuse(const http::Problem& problem);
  void failRequest(const http::Problem& problem);
  void wakeSoon();

  // Writing side (client_conn_write.cc).
  void sendInterim(const http::ResponseHead& head) override;
  void sendHead(const http::ResponseHead& head, const http::Framing& framing, std::string_view upgrade) override;
  void sendBody(buf::Buffer& body) override;
  void sendEnd(const http::Fields* trailers) override;
  void flush() override;
  void reset() override;
  void closeAfterResponse() override { close_after_response_ = true; }
  bool congested() const override { return out_.size() > context_.settings.buffer_high; }
  std::size_t room() const override { return out_.roomBelow(context_.settings.buffer_high); }
  void pauseRequest(bool paused) override;
  const http::MessageTimes& times() const override { return state_->times; }
  const Address& local() const override { return stream_->local(); }
  void flushOut();
  void onWritten();
  void responseWritten();
  void finishRequest();
  void becomeIdle();
  void closeAfterAll(bool request_incomplete);
  void linger();
  void close();
  [[nodiscard]] bool mustClose() const;     // asked when an answer has ended
  [[nodiscard]] bool isLastAnswer() const;  // asked when its head is written, which says so

  [[nodiscard]] bool over() const { return reading_ >= Reading::Linger; }  // no request will be on it any more
  [[nodiscard]] bool idle() const { return reading_ == Reading::Head && !state_; }
  [[nodiscard]] bool wantsRead() const;
  void updateInterest();

  const ClientContext& context_;
  std::unique_ptr<Stream> stream_;
  Deadlines deadlines_;
  buf::Buffer in_;
  buf::Buffer out_;
  FreeList<RequestState>::Ptr state_;
  http::HandlerPtr handler_;
  MonoTime opened_{};
  MonoTime last_read_{};
  MonoTime last_write_{};
  std::uint64_t window_bytes_ = 0;  // of the body, in the current rate window
  Duration window_{};               // how long that is
  std::uint32_t requests_ = 0;
  Reading reading_ = Reading::Head;
  Writing writing_ = Writing::Nothing;
  http::BodyKind response_kind_ = http::BodyKind::None;
  Interest interest_ = Interest::None;
  bool in_own_event_ = false;
  bool counted_idle_ = false;
  bool keep_alive_ = true;  // what the request asked for
  bool close_after_response_ = false;
  bool tunnel_ = false;
  bool client_eof_ = false;
  bool paused_ = false;
  bool was_congested_ = false;
  bool waits_for_continue_ = false;  // with the body, as the client has said
  bool next_pending_ = false;
};

}  // namespace lb::front
