// One check of one address: connects, asks, reads the answer to its end, and says how it went. Once. Part of the
// library lb/health: see checker.h.
#pragma once

#include <memory>
#include <string>

#include "lb/buf/buffer.h"
#include "lb/env/loop.h"
#include "lb/env/network.h"
#include "lb/health/check_settings.h"
#include "lb/http/body_decoder.h"
#include "lb/http/head_parser.h"

namespace lb::health {

enum class Verdict : std::uint8_t {
  Passed,
  Failed,
  Inconclusive,  // this machine could not ask: out of descriptors or ports
};

class ProbeEvents {
 public:
  // Once, never from the constructor. `why` is a sentence fragment for people. The probe is to be retired.
  virtual void onProbed(Verdict verdict, const std::string& why) = 0;

 protected:
  ~ProbeEvents() = default;
};

class Probe final : public Disposable, private StreamEvents {
 public:
  static constexpr std::size_t kHeadBytesMax = 16 * 1024;
  static constexpr std::size_t kBodyBytesMax = 64 * 1024;  // what comes after them is neither read nor looked at

  // `settings` are copied as far as they are needed later; everything else outlives the probe.
  Probe(Loop& loop, Network& network, buf::BlockPool& blocks, const Address& target, const CheckSettings& settings,
        ProbeEvents& events);
  ~Probe() override;

 private:
  enum class Phase : std::uint8_t { Connect, Ask, Head, Body, Done };

  void onReady(Interest ready) override;
  void onConnected();
  void ask();
  void readOnce();
  void process();
  [[nodiscard]] bool parseHead();
  void decodeBody();
  void onEof();
  void judgeBody();
  void failed(IoStatus status);
  void finish(Verdict verdict, std::string why);

  Loop& loop_;
  ProbeEvents& events_;
  CheckSettings settings_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Timer> timeout_;
  buf::Buffer out_;
  buf::Buffer in_;
  buf::Buffer body_;
  http::ResponseHead head_;
  http::ResponseParser parser_;
  http::BodyDecoder decoder_;
  Phase phase_ = Phase::Connect;
};

}  // namespace lb::health
