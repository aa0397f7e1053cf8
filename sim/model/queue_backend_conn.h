// One connection of a queue backend: reads a request, waits to be served, answers. See queue_backend.h.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sim/model/fast_http.h"
#include "sim/model/queue_backend.h"

namespace sim::model {

class QueueBackend::Conn final : public lb::Disposable, private lb::StreamEvents, private Station::Job {
 public:
  Conn(QueueBackend& owner, std::unique_ptr<lb::Stream> stream);
  void setReading(bool reading);
  void abort();
  void leave(bool graceful);  // closes now, or after the answer; graceful: or after one that comes soon
  void answerOnce() { close_ = true; }
  void moveCheck();      // to the station where checks are served now, if this is one that is being served
  std::size_t slot = 0;  // in the owner's list

 private:
  enum class Phase : std::uint8_t { Head, Body, Service, Answer };

  void onReady(lb::Interest ready) override;
  void onServed() override;
  void onPace();
  void updateInterest();
  void readSome();
  void receive(std::string_view text);
  void receiveBody(std::string_view text);
  void requestComplete();
  void enter(std::optional<lb::Duration> work);  // a station
  void answer(int status);
  void answerAsWritten();
  void answerCheck();
  void planBody(int status);  // the body that follows the head
  [[nodiscard]] bool hasToWrite() const { return !outbox_.empty() || answer_queued_ < answer_due_; }
  void answered();
  void writeSome();
  void close();
  void violate(const char* what);

  QueueBackend& owner_;
  std::unique_ptr<lb::Stream> stream_;
  Phase phase_ = Phase::Head;
  std::string partial_;  // of a head
  std::uint64_t id_ = 0;
  std::optional<std::uint64_t> wanted_bytes_;  // of the answer
  const CheckAnswer* check_ = nullptr;         // null: it is a request of traffic
  Station* station_ = nullptr;                 // where it is served
  bool head_request_ = false;
  bool close_ = false;
  bool reading_ = true;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t body_received_ = 0;
  std::string outbox_;
  std::size_t outbox_sent_ = 0;
  std::uint64_t answer_bytes_ = 0;  // of its body
  std::uint64_t answer_due_ = 0;    // of these, by now
  std::uint64_t answer_queued_ = 0;
  const ScriptedAnswer* written_ = nullptr;  // the answer, by the script; null: there is none
  int pieces_ = 1;                           // that the body is sent in
  int pieces_due_ = 1;
  std::unique_ptr<lb::Timer> pace_;
  std::unique_ptr<lb::Timer> leave_;
};

}  // namespace sim::model
