// One request and its response: the state machine between a client's connection and a backend's.
//
// It speaks message events on both sides and knows neither sockets nor HTTP/1 framing. Its state is one enum, changed
// in one function (enter). Whoever calls into it owns the stack below: every flush() and every reset() of the client's
// side stands last in its function, because it may end the exchange.
#pragma once

#include <memory>
#include <string>

#include "lb/back/service.h"
#include "lb/base/deadlines.h"
#include "lb/base/free_list.h"
#include "lb/front/http_date.h"
#include "lb/http/events.h"
#include "lb/observe/record.h"
#include "lb/proxy/exchange_phase.h"
#include "lb/proxy/forward_headers.h"
#include "lb/proxy/router.h"

namespace lb::proxy {

class Exchange;

// What all exchanges of a worker share. Everything outlives them.
struct ExchangeContext {
  Loop& loop;
  const Clock& clock;
  Random& random;
  buf::BlockPool& blocks;
  Logger& log;
  LineSink* access_log;  // null: off
  config::LogFormat access_format = config::LogFormat::Text;
  const config::Config* config = nullptr;  // the one in force
  observe::ServiceStats* none = nullptr;   // for requests without a service
  FreeList<Exchange>* exchanges = nullptr;
  std::string line;  // scratch: a line of the access log, a cookie
  front::DateOfSecond date{};
};

class Exchange final : public Disposable,
                       public http::RequestHandler,
                       public http::ResponseHandler,
                       public DeadlineEvents {
 public:
  explicit Exchange(ExchangeContext& context);

  // One of these first; the handler returned by the router is this exchange.
  void begin(http::RequestHead& head, const http::Framing& framing, http::ResponseWriter& client);
  void forward(back::Service& service, const Decision& decision);
  void reply(std::uint16_t status, observe::Reason reason, const char* detail);
  void answer(const config::Route& route);  // REQUIRES: it redirects or responds

  void onRequestBody(buf::Buffer& body) override;
  void onRequestEnd(const http::Fields* trailers) override;
  void onRequestBatchEnd() override;
  std::size_t requestRoom() const override { return upstream_ != nullptr ? upstream_->room() : buf::Block::kBytes; }
  void onResponseDrained() override;
  void onResponseSent() override;
  void onRequestFailed(const http::Problem& problem) override;
  void onRequestReset(http::RequestReset why) override;
  void release() override;

  void onInterim(http::ResponseHead& head) override;
  void onResponseHead(http::ResponseHead& head, const http::Framing& framing) override;
  void onResponseBody(buf::Buffer& body) override;
  void onResponseEnd(const http::Fields* trailers) override;
  void onResponseBatchEnd() override;
  std::size_t responseRoom() const override { return client_->room(); }
  void onRequestDrained() override;
  void onResponseFailed(http::ResponseFailure why, const char* detail) override;
  void onDeadline(std::size_t slot) override;

 private:
  enum Slot : std::size_t { kTotalSlot, kTunnelSlot };

  void enter(Phase next);
  void enterReply(std::uint16_t status, observe::Reason reason, const char* detail);
  enum class Retry : std::uint8_t { No, SameBackend, OtherBackend };
  [[nodiscard]] Retry retryAfter(http::ResponseFailure why) const;
  bool choose(const back::Backend* tried);
  void send(bool fresh);
  void again(Retry how);
  void keepForReplay(const buf::Buffer& body);
  void editResponse(http::Fields& fields) const;
  void abandonBackend(observe::AttemptResult result);
  void attemptEnded(observe::AttemptResult result);
  void backendAnswered(http::ResponseHead& head);
  void backendFailed(observe::AttemptResult result);
  void learnLatency(Duration took);
  void touchTunnel();
  [[nodiscard]] bool answering() const { return phase_ == Phase::Relay || phase_ == Phase::Tunnel; }
  void finish();
  void writeToLog(observe::Record& record);
  [[nodiscard]] observe::Phases phases() const;

  ExchangeContext& context_;
  Phase phase_ = Phase::Done;
  http::RequestHead* head_ = nullptr;
  http::Framing framing_;
  http::ResponseWriter* client_ = nullptr;
  back::Service* service_ = nullptr;
  back::Backend* backend_ = nullptr;
  back::UpstreamConn* upstream_ = nullptr;
  std::unique_ptr<Deadlines> deadlines_;  // made when first needed: most exchanges have none
  buf::Buffer replay_;                    // request body bytes that were sent, while they may have to be sent again
  back::PickRequest affinity_;
  Identity identity_;
  Address peer_;
  Address listener_;
  std::string upgrade_;
  std::shared_ptr<const config::HeaderRules> response_rules_;  // of the route; null: none
  http::Part path_text_;                                       // as the client sent it, for the log
  http::MessageTimes backend_times_;                           // of the last attempt
  Duration earlier_attempts_{};                                // time that attempts before the last one took
  MonoTime attempt_begin_{};
  std::uint64_t body_bytes_ = 0;
  std::uint64_t backend_bytes_in_ = 0;
  std::uint64_t backend_bytes_out_ = 0;
  const char* detail_ = "";
  std::uint32_t attempts_ = 0;
  std::uint32_t connect_retries_ = 0;
  std::uint16_t status_ = 0;
  observe::Reason reason_ = observe::Reason::None;
  observe::AbortPhase aborted_ = observe::AbortPhase::None;
  bool replayable_ = false;
  bool request_ended_ = false;
  bool reused_ = false;
  bool backend_broke_ = false;
  bool continued_ = false;  // 100 (Continue) has been passed on
};

}  // namespace lb::proxy
