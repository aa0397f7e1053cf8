// One dummy backend: a listener that answers `service: <name>, addr: <address>` and can be told to misbehave. It stands
// on the proxy's own seams and server connection, so the simulator can run it too.
#pragma once

#include <memory>
#include <string>

#include "be/behaviour.h"
#include "lb/base/log.h"
#include "lb/front/server.h"
#include "lb/http/events.h"

namespace be {

struct BackendIdentity {
  std::string service;
  std::string address;  // as configured: "127.0.0.1:9090"
};

class Backend final : private lb::http::RequestRouter {
 public:
  Backend(const lb::Env& env, BackendIdentity identity, const Behaviour& defaults, lb::Logger& log);
  ~Backend();

  [[nodiscard]] lb::Result<void> listen(const lb::Address& at);
  void drain(std::move_only_function<void()> on_empty);  // finishes what it has begun to answer, and takes nothing new
  void shutdownNow();

 private:
  lb::http::HandlerPtr onRequest(lb::http::RequestHead& head, const lb::http::Framing& framing,
                                 lb::http::ResponseWriter& writer) override;
  lb::http::HandlerPtr onBadRequest(lb::http::RequestHead& head, const lb::http::Problem& problem,
                                    lb::http::ResponseWriter& writer) override;

  class LoggedNetwork;

  lb::Env env_;
  BackendIdentity identity_;
  Behaviour defaults_;
  lb::Logger& log_;
  lb::buf::BlockPool blocks_;
  lb::observe::WorkerStats stats_;
  std::unique_ptr<LoggedNetwork> network_;
  lb::front::Server server_;
};

}  // namespace be
