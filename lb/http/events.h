// The language between the two sides of an exchange: heads, bodies, trailers, ends and resets, whatever the protocol
// that carries them. A server connection (lb/front) speaks to a RequestHandler and is written to as a ResponseWriter;
// a backend connection (lb/back) speaks to a ResponseHandler and is written to as a RequestWriter.
//
// Events that come from one read form a batch, closed by onBatchEnd: a handler passes parts on as they come and flushes
// what it wrote to at the end, so that a head, its body and its end leave in one system call.
// A handler may write, reset or detach from inside any event; the sender notices and stops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "lb/buf/buffer.h"
#include "lb/env/clock.h"
#include "lb/http/message.h"

namespace lb::http {

// Readings of Clock::precise(), one per I/O operation; zero (since_start == 0) means not yet.
struct MessageTimes {
  MonoTime read_first{};     // first byte of the message read
  MonoTime read_head{};      // head complete
  MonoTime read_last{};      // last byte read
  MonoTime write_first{};    // first byte written towards the other side
  MonoTime write_last{};     // last byte written
  MonoTime write_latest{};   // the latest write so far
  MonoTime connect_begin{};  // backend side only; zero on a reused connection
  MonoTime connect_end{};
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
};

// Why a connection ended under its request.
enum class RequestReset : std::uint8_t {
  ClientGone,    // reset, or closed before the request was complete
  WriteTimeout,  // the client stopped reading the response
  Shutdown,      // this program ends
};

class ResponseWriter {
 public:
  virtual void sendInterim(const ResponseHead& head) = 0;  // 1xx but 101; dropped for HTTP/1.0 clients
  // Framing is what is known of the body: Chunked and UntilClose both mean "unknown length", and the connection frames
  // it as the client's version allows. With status 101 `upgrade` names the protocol, and both directions become opaque
  // bytes until each side ends.
  virtual void sendHead(const ResponseHead& head, const Framing& framing, std::string_view upgrade) = 0;
  virtual void sendBody(buf::Buffer& body) = 0;  // takes all of it
  virtual void sendEnd(const Fields* trailers) = 0;
  virtual void flush() = 0;
  // The response cannot be completed: make that visible, close. No further event reaches the handler but release.
  virtual void reset() = 0;
  virtual void closeAfterResponse() = 0;             // no further request on this connection
  [[nodiscard]] virtual bool congested() const = 0;  // more than the high mark waits to be written
  // How much of a body may come at once: much while the other side keeps pace, so that large bodies move in large
  // pieces, and else what is left up to the high mark.
  [[nodiscard]] virtual std::size_t room() const = 0;
  virtual void pauseRequest(bool paused) = 0;  // stop and go for onRequestBody
  [[nodiscard]] virtual const MessageTimes& times() const = 0;
  [[nodiscard]] virtual const Address& peer() const = 0;   // the client's end of the connection
  [[nodiscard]] virtual const Address& local() const = 0;  // ours; the first time may cost a system call

 protected:
  ~ResponseWriter() = default;
};

// Handles one request. Owned by the server connection through HandlerPtr; release() gives it back to its maker.
class RequestHandler {
 public:
  virtual void onRequestBody(buf::Buffer& body) = 0;      // takes all of it
  virtual void onRequestEnd(const Fields* trailers) = 0;  // null: none
  virtual void onRequestBatchEnd() = 0;
  [[nodiscard]] virtual std::size_t requestRoom() const = 0;  // the room() of whoever the body goes to
  virtual void onResponseDrained() = 0;                       // not congested() any more
  virtual void onResponseSent() = 0;                          // the last byte has left; release follows
  // The request will never be complete, but its client can still be answered: broken framing (400), or too slow (408).
  // No further request event comes. Answer, or reset the writer if an answer is on its way already.
  virtual void onRequestFailed(const Problem& problem) = 0;
  virtual void onRequestReset(RequestReset why) = 0;  // release follows; the writer is no longer to be used
  virtual void release() = 0;

 protected:
  ~RequestHandler() = default;
};

struct ReleaseHandler {
  void operator()(RequestHandler* handler) const { handler->release(); }
};
using HandlerPtr = std::unique_ptr<RequestHandler, ReleaseHandler>;

// Decides who handles a request. `head` stays valid, and the handler may edit it, until the handler is released.
class RequestRouter {
 public:
  virtual HandlerPtr onRequest(RequestHead& head, const Framing& framing, ResponseWriter& writer) = 0;  // never null
  // A request that never became one: the head was refused (400, 414, 431, ...) or did not come in time (408). `head`
  // may be incomplete. The handler answers; the connection closes after that.
  virtual HandlerPtr onBadRequest(RequestHead& head, const Problem& problem, ResponseWriter& writer) = 0;  // never null

 protected:
  ~RequestRouter() = default;
};

class RequestWriter {
 public:
  virtual void sendHead(const RequestHead& head, const Framing& framing, std::string_view upgrade) = 0;
  virtual void sendBody(buf::Buffer& body) = 0;
  virtual void sendEnd(const Fields* trailers) = 0;
  virtual void flush() = 0;
  virtual void reset() = 0;  // give the request up; the connection closes and no further event comes
  [[nodiscard]] virtual bool congested() const = 0;
  [[nodiscard]] virtual std::size_t room() const = 0;
  virtual void pauseResponse(bool paused) = 0;
  [[nodiscard]] virtual const MessageTimes& times() const = 0;

 protected:
  ~RequestWriter() = default;
};

enum class ResponseFailure : std::uint8_t {
  ConnectRefused,  // refused or unreachable
  ConnectTimeout,
  Exhausted,      // this machine is out of descriptors or ports
  Closed,         // closed or reset before the response was complete
  BadResponse,    // not HTTP, or broken framing
  HeaderTimeout,  // no response head in time
  IdleTimeout,    // the backend stopped sending, or reading
  ClientStalled,  // the same, but it waits for the rest of the request, or nobody takes its response
};

class ResponseHandler {
 public:
  virtual void onInterim(ResponseHead& head) = 0;
  virtual void onResponseHead(ResponseHead& head, const Framing& framing) = 0;
  virtual void onResponseBody(buf::Buffer& body) = 0;
  virtual void onResponseEnd(const Fields* trailers) = 0;  // the connection has detached itself already
  virtual void onResponseBatchEnd() = 0;
  [[nodiscard]] virtual std::size_t responseRoom() const = 0;
  virtual void onRequestDrained() = 0;
  virtual void onResponseFailed(ResponseFailure why, const char* detail) = 0;  // detached already
  // Whether onResponseFailed will send the request again to the same backend at once. Asked before the connection
  // detaches, so that the request keeps its place there.
  [[nodiscard]] virtual bool sendsAgain(ResponseFailure) const { return false; }

 protected:
  ~ResponseHandler() = default;
};

}  // namespace lb::http
