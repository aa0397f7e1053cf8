// See held_response.h.
#include "lb/proxy/held_response.h"

#include <utility>

namespace lb::proxy {

HeldResponse::HeldResponse(back::UpstreamConn& connection, back::Backend& backend, const http::ResponseHead& head,
                           const http::Framing& framing, Duration earlier_attempts, buf::BlockPool& blocks,
                           std::size_t body_max)
    : connection_(&connection),
      backend_(backend),
      head_(head),
      framing_(framing),
      earlier_attempts_(earlier_attempts),
      reused_(connection.reused()),
      body_max_(body_max),
      body_(blocks),
      times_at_head_(connection.times()) {
  backend_.addUser();
  connection.handOver(*this);
}

HeldResponse::~HeldResponse() {
  if (connection_ != nullptr) std::exchange(connection_, nullptr)->reset();
  backend_.dropUser();
}

back::UpstreamConn* HeldResponse::takeConnection(http::ResponseHandler& handler) {
  if (connection_ != nullptr) connection_->handOver(handler);
  return std::exchange(connection_, nullptr);
}

void HeldResponse::onResponseBody(buf::Buffer& body) {
  body.moveTo(body_);
  if (body_.size() > body_max_) connection_->pauseResponse(true);
}

void HeldResponse::onResponseEnd(const http::Fields* trailers) {
  if (trailers != nullptr) trailers_ = *trailers;
  times_ = connection_->times();
  connection_ = nullptr;
  ended_ = true;
}

void HeldResponse::onResponseFailed(http::ResponseFailure, const char*) {
  times_ = connection_->times();
  connection_ = nullptr;
  broken_ = true;
}

}  // namespace lb::proxy
