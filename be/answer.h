// One request to a dummy backend, from its head to the last byte of the answer.
#pragma once

#include <memory>
#include <string>

#include "be/backend.h"
#include "be/behaviour.h"

namespace be {

class Answer final : public lb::Disposable, public lb::http::RequestHandler {
 public:
  Answer(const lb::Env& env, lb::buf::BlockPool& blocks, lb::Logger& log, const BackendIdentity& identity,
         const Behaviour& behaviour, lb::http::ResponseWriter& writer, const lb::http::RequestHead& head);

  void onRequestBody(lb::buf::Buffer& body) override;
  void onRequestEnd(const lb::http::Fields* trailers) override;
  void onRequestBatchEnd() override {}
  std::size_t requestRoom() const override { return 4 * lb::buf::Block::kBytes; }
  void onResponseDrained() override;
  void onResponseSent() override {}
  void onRequestFailed(const lb::http::Problem& problem) override;
  void onRequestReset(lb::http::RequestReset why) override;
  void release() override;

 private:
  static constexpr std::uint64_t kPieceMax = 64 * 1024;
  static constexpr std::uint64_t kDripPieces = 10;

  void begin();     // the delay is over
  void sendMore();  // as much body as the client takes now; ends in a flush or a reset
  void step();
  [[nodiscard]] std::uint64_t pieceSize() const;
  void describe(const lb::http::RequestHead& head);

  lb::Env env_;
  lb::buf::BlockPool& blocks_;
  lb::Logger& log_;
  Behaviour behaviour_;
  lb::http::ResponseWriter* writer_;  // null once the client has gone
  std::unique_ptr<lb::Timer> delay_;
  std::unique_ptr<lb::Timer> next_;  // the next piece of a drip, or the cut
  bool cutting_ = false;
  std::string text_;        // the body unless a size is asked for
  lb::buf::Buffer echoed_;  // request body to send back
  std::uint64_t sent_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t received_ = 0;
  std::uint16_t early_status_ = 0;
  bool request_ended_ = false;
  bool head_request_ = false;
  bool begun_ = false;
};

}  // namespace be
