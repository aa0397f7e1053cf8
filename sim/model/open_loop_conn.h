// One connection of open-loop traffic: idle, or busy with one request. See open_loop.h.
#pragma once

#include <memory>
#include <string>

#include "sim/model/fast_http.h"
#include "sim/model/open_loop.h"

namespace sim::model {

class OpenLoop::Conn final : public lb::Disposable, private lb::StreamEvents {
 public:
  Conn(OpenLoop& owner, std::unique_ptr<lb::Stream> stream);

  void ask(const Outcome& outcome);  // REQUIRES: not busy
  void giveUp();                     // patience is over
  void close();                      // the owner lets go of this object afterwards
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }

  // For the owner's lists.
  std::size_t slot = 0;
  Conn* older = nullptr;
  Conn* younger = nullptr;

 private:
  void onReady(lb::Interest ready) override;
  void writeSome();
  void readSome();
  void receive(std::string_view text);
  void receiveBody(std::string_view text);
  [[nodiscard]] const char* judge(const FastHead& head) const;  // null: nothing is wrong with it
  void broken(lb::IoStatus status);
  void garbage(std::string what);
  void end(Outcome::Result result);
  void armPatience(Duration patience);

  OpenLoop& owner_;
  std::unique_ptr<lb::Stream> stream_;
  Outcome outcome_;
  std::string outbox_;
  std::size_t outbox_sent_ = 0;
  std::uint64_t body_unsent_ = 0;
  std::string partial_;  // of a head
  bool connected_ = false;
  bool busy_ = false;
  bool reused_ = false;
  bool received_any_ = false;
  bool head_done_ = false;
  bool close_ = false;
  bool known_body_ = false;
  std::uint64_t body_left_ = 0;
  std::unique_ptr<lb::Timer> patience_;  // of a request that has one of its own; null: there was none yet
};

}  // namespace sim::model
