// A backend that does what a script says, byte for byte: the script is called whenever a connection received something.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/actor/raw_client.h"

namespace sim::actor {

class RawBackend final : private lb::AcceptEvents {
 public:
  class Conn final : public RawEnd {
   public:
    Conn(std::unique_ptr<lb::Stream> stream, RawBackend& backend)
        : RawEnd(backend.loop_, std::move(stream)), backend_(backend) {}
    // Complete requests that have been received and not been taken yet.
    [[nodiscard]] std::vector<Message> takeRequests();
    std::size_t requests = 0;  // taken so far

   private:
    void onReceived() override { backend_.script_(*this); }
    RawBackend& backend_;
    std::size_t taken_ = 0;  // bytes
  };
  using Script = std::function<void(Conn&)>;

  RawBackend(const lb::Env& env, const lb::Address& at, Script script);
  // A script that answers every complete request with `answer`.
  [[nodiscard]] static Script answering(std::string answer);

  void setScript(Script script) { script_ = std::move(script); }
  void stopListening() { listener_.reset(); }
  [[nodiscard]] std::vector<std::unique_ptr<Conn>>& connections() { return connections_; }
  [[nodiscard]] Conn& last() { return *connections_.back(); }
  [[nodiscard]] std::size_t openConnections() const;  // that neither side has ended
  // Everything received on all connections, in the order of accepting.
  [[nodiscard]] std::string everything() const;

 private:
  void onAccept(std::unique_ptr<lb::Stream> stream) override;
  void onAcceptFailed(lb::IoStatus) override {}

  lb::Loop& loop_;
  Script script_;
  std::vector<std::unique_ptr<Conn>> connections_;
  std::unique_ptr<lb::Listener> listener_;
};

}  // namespace sim::actor
