// A client that sends what it is told, byte for byte, and keeps what it gets.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lb/env/env.h"
#include "sim/actor/http_text.h"
#include "sim/actor/outbox.h"

namespace sim::actor {

// One end of a connection whose bytes somebody writes by hand.
class RawEnd : private lb::StreamEvents {
 public:
  RawEnd(lb::Loop& loop, std::unique_ptr<lb::Stream> stream);
  virtual ~RawEnd() = default;
  RawEnd(const RawEnd&) = delete;
  RawEnd& operator=(const RawEnd&) = delete;

  void send(std::string_view text);  // as fast as the connection takes it
  void finish();                     // half close after what was sent
  void abort();
  void close();
  void setReading(bool reading);
  void setReadSize(std::size_t bytes) { read_size_ = bytes; }  // of one read

  [[nodiscard]] const std::string& received() const { return received_; }
  [[nodiscard]] std::string takeReceived() { return std::exchange(received_, {}); }
  [[nodiscard]] lb::IoStatus ended() const { return ended_; }  // Ok: it goes on
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] std::size_t unsent() const { return unsent_.size(); }
  [[nodiscard]] bool gone() const { return stream_ == nullptr; }  // closed from this side
  [[nodiscard]] const lb::Address& remote() const { return stream_->remote(); }
  [[nodiscard]] const lb::Address& local() const { return stream_->local(); }

 protected:
  virtual void onReceived() {}  // or ended

 private:
  void onReady(lb::Interest ready) override;
  void readAll();
  void writeAll();
  void updateInterest();

  lb::Loop& loop_;
  std::unique_ptr<lb::Stream> stream_;
  Outbox unsent_;
  std::string received_;
  std::size_t read_size_ = 64 * 1024;
  lb::IoStatus ended_ = lb::IoStatus::Ok;
  lb::IoStatus write_failed_ = lb::IoStatus::Ok;
  bool connected_ = false;
  bool reading_ = true;
  bool finish_wanted_ = false;
};

class RawClient final : public RawEnd {
 public:
  RawClient(const lb::Env& env, const lb::Address& to) : RawEnd(env.loop, env.network.connect(to)) {}
  // What has been received, as responses to requests that were not HEAD.
  [[nodiscard]] std::vector<Message> responses() const {
    std::string rest;
    return allMessages(received(), MessageKind::Response, ended() == lb::IoStatus::Eof, rest);
  }
};

}  // namespace sim::actor
