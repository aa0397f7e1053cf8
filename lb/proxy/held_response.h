// A real answer of a backend that may be passed on later: kept while the request is tried elsewhere, in case that comes
// to nothing. It holds the head and the beginning of the body; the rest stays where it is, on its connection.
#pragma once

#include <optional>

#include "lb/back/backend.h"
#include "lb/buf/buffer.h"

namespace lb::proxy {

class HeldResponse final : public http::ResponseHandler {
 public:
  // Takes the response over from whoever handled it, at its head. Stays a user of the backend until it is gone.
  // `earlier_attempts`: the time that those before its own took.
  HeldResponse(back::UpstreamConn& connection, back::Backend& backend, const http::ResponseHead& head,
               const http::Framing& framing, Duration earlier_attempts, buf::BlockPool& blocks, std::size_t body_max);
  ~HeldResponse();
  HeldResponse(const HeldResponse&) = delete;
  HeldResponse& operator=(const HeldResponse&) = delete;

  [[nodiscard]] bool usable() const { return !broken_; }  // else its backend broke off meanwhile
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] http::ResponseHead& head() { return head_; }
  [[nodiscard]] const http::Framing& framing() const { return framing_; }
  [[nodiscard]] buf::Buffer& body() { return body_; }
  [[nodiscard]] const http::Fields* trailers() const { return trailers_ ? &*trailers_ : nullptr; }
  [[nodiscard]] back::Backend& backend() { return backend_; }
  [[nodiscard]] Duration earlierAttempts() const { return earlier_attempts_; }
  [[nodiscard]] bool reused() const { return reused_; }  // its connection, for this request
  [[nodiscard]] const http::MessageTimes& times() const {
    return connection_ != nullptr ? connection_->times() : times_;
  }
  [[nodiscard]] const http::MessageTimes& timesAtHead() const { return times_at_head_; }
  // The connection, if the response has not ended; its events are the caller's from now on.
  [[nodiscard]] back::UpstreamConn* takeConnection(http::ResponseHandler& handler);

  void onInterim(http::ResponseHead&) override {}
  void onResponseHead(http::ResponseHead&, const http::Framing&) override {}
  void onResponseBody(buf::Buffer& body) override;
  void onResponseEnd(const http::Fields* trailers) override;
  void onResponseBatchEnd() override {}
  [[nodiscard]] std::size_t responseRoom() const override { return buf::Block::kBytes; }
  void onRequestDrained() override {}
  void onResponseFailed(http::ResponseFailure why, const char* detail) override;

 private:
  back::UpstreamConn* connection_;  // null: the response has ended, or broken
  back::Backend& backend_;
  http::ResponseHead head_;
  http::Framing framing_;
  Duration earlier_attempts_;
  bool reused_;
  std::size_t body_max_;
  buf::Buffer body_;
  std::optional<http::Fields> trailers_;
  http::MessageTimes times_at_head_;
  http::MessageTimes times_;
  bool ended_ = false;
  bool broken_ = false;
};

}  // namespace lb::proxy
