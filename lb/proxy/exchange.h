// One request and its response: the state machine between a client's connection and a backend's.
//
// It speaks message events on both sides and knows neither sockets nor HTTP/1 framing. Its state is one enum, changed
// in one function (enter). Whoever calls into it owns the stack below: every flush() and every reset() of the client's
// side stands last in its function, because it may end the exchange.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "lb/back/service.h"
#include "lb/base/deadlines.h"
#include "lb/base/free_list.h"
#include "lb/front/http_date.h"
#include "lb/http/events.h"
#include "lb/observe/record.h"
#include "lb/proxy/exchange_phase.h"
#include "lb/proxy/forward_headers.h"
#include "lb/proxy/held_response.h"
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
                       public DeadlineEvents,
                       private back::Waiter {
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
  enum Slot : std::size_t { kTotalSlot, kTunnelSlot, kTrySlot, kBackoffSlot };
  static constexpr std::size_t kTriedMax = 12;  // more than retry.attempts can be
  struct Failure {
    std::uint16_t status = 0;
    observe::Reason reason = observe::Reason::None;
    const char* detail = "";
  };

  void enter(Phase next);
  void enterReply(std::uint16_t status, observe::Reason reason, const char* detail);
  [[nodiscard]] back::Backend* pick();
  void adopt(back::Backend& chosen);
  void send(bool fresh);
  void sendWhatIsKnown();
  void keepForReplay(const buf::Buffer& body);
  void relayHead(http::ResponseHead& head, const http::Framing& framing);
  void endAnswer(const http::Fields* trailers);
  void editResponse(http::Fields& fields) const;
  [[nodiscard]] std::optional<http::Fields> editTrailers(const http::Fields* trailers, std::string_view named,
                                                         config::HeaderRules config::Headers::* direction) const;
  void abandonBackend(observe::AttemptResult result);
  void attemptEnded(observe::AttemptResult result, std::uint16_t code = 0);
  void countBytes(const http::MessageTimes& now, const http::MessageTimes& before);
  [[nodiscard]] std::optional<MonoTime> backendsTurn() const;
  [[nodiscard]] bool isOfThisBackend() const;
  void backendAnswered(const http::ResponseHead& head);
  void markBackend(http::ResponseHead& head);
  void backendFailed(observe::AttemptResult result);
  void learnLatency(Duration took);
  void reportHealth(observe::AttemptResult result, std::uint16_t code);
  void beginTunnel(http::ResponseHead& head);
  void touchTunnel();
  bool tunnelMayGoOn();
  Deadlines& deadlines();
  void watchTry();
  [[nodiscard]] bool answering() const { return phase_ == Phase::Relay || phase_ == Phase::Tunnel; }
  [[nodiscard]] bool unanswered() const { return phase_ == Phase::Forward || phase_ == Phase::Wait; }

  // Before the first attempt (exchange_admit.cc).
  bool withinRate();
  void dispatch();
  void leaveQueue();
  back::Backend* findSlot() override { return pick(); }
  void onSlot(back::Backend& backend) override;
  void onNoSlot(NoSlot why) override;

  // After a failed one (exchange_retry.cc).
  [[nodiscard]] std::span<const std::uint64_t> tried() const { return std::span(tried_).first(tried_count_); }
  [[nodiscard]] bool safeToRepeat() const;
  [[nodiscard]] Duration drawBackoff();
  [[nodiscard]] std::optional<observe::RetryDenial> denialOf(observe::RetryReason why);
  void denyRetry(observe::RetryDenial why);
  bool decideRetry(observe::RetryReason why);
  void releasePermit();
  void again();
  void resend();
  [[nodiscard]] bool sendsAgain(http::ResponseFailure why) const override;
  [[nodiscard]] bool isStale(http::ResponseFailure why) const;
  bool replayStale(http::ResponseFailure why);
  void onTryTimeout();
  bool holdAnswer(const http::ResponseHead& head, const http::Framing& framing);
  void dropHeld();
  void giveUp();
  void passOnHeld();

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
  std::shared_ptr<const config::Headers> rules_;  // of the route; null: none
  std::string named_up_;                          // by Connection, of a request that may have trailers
  std::string named_down_;                        // of a response
  std::size_t fields_sent_ = 0;                   // by the client, of all that head_ has
  http::Part path_text_;                          // as the client sent it, for the log
  http::MessageTimes backend_times_;              // of the last attempt
  http::MessageTimes counted_;                    // of these, the bytes that are booked already
  Duration earlier_attempts_{};  // time that attempts before the last one took, with what was waited between them
  MonoTime attempt_begin_{};
  std::unique_ptr<HeldResponse> held_;
  std::array<std::uint64_t, kTriedMax> tried_{};  // ids: who is no more may be anybody's address in memory
  Failure failure_;                               // of the last attempt that failed
  MonoTime total_due_{};
  MonoTime queued_since_{};
  Duration held_time_{};  // for which the answer that is passed on was kept
  Duration queue_time_ = observe::kUnknown;
  Duration backoff_{};  // before the attempt that has been decided on
  std::chrono::seconds retry_after_{1};
  std::uint64_t body_bytes_ = 0;
  std::uint64_t replay_max_ = 0;  // retry.body_limit as it was in the beginning
  std::uint64_t backend_bytes_in_ = 0;
  std::uint64_t backend_bytes_out_ = 0;
  const char* detail_ = "";
  std::uint32_t attempts_ = 0;
  std::uint32_t health_epoch_ = 0;  // of the backend when the attempt began
  std::uint32_t retries_ = 0;       // of the attempts, those that retry.attempts counts
  std::uint32_t backoffs_ = 0;
  std::uint32_t tried_count_ = 0;
  observe::RetryReason retry_why_ = observe::RetryReason::StaleConnection;  // of the next attempt
  std::optional<observe::RetryReason> retried_for_;                         // of the last one that was made
  std::optional<observe::RetryDenial> retry_denied_;                        // why there was no further one
  std::uint16_t status_ = 0;
  observe::Reason reason_ = observe::Reason::None;
  observe::AbortPhase aborted_ = observe::AbortPhase::None;
  bool replayable_ = false;
  bool request_ended_ = false;
  bool reused_ = false;
  bool backend_broke_ = false;
  bool backend_judged_ = false;  // what the attempt says of its backend has been said, or is nothing
  bool continued_ = false;       // 100 (Continue) has been passed on
  bool interim_passed_ = false;  // a part of an answer, so no other attempt may follow
  bool budgeted_ = false;        // counts as a request under way for the retry budget
  bool permit_ = false;          // and as a retry under way
  bool queued_ = false;          // stands in the service's queue
  bool attempt_booked_ = false;  // the attempt that goes on has been counted
};

}  // namespace lb::proxy
