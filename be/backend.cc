// See backend.h.
#include "be/backend.h"

#include <fmt/format.h>

#include "be/answer.h"
#include "lb/front/reply.h"

namespace be {
namespace {

lb::front::ClientSettings settings() {
  lb::front::ClientSettings settings;
  settings.min_body_rate = 0;  // a dummy waits for whoever plays with it
  settings.requests_max = 0;
  return settings;
}

// Tells of each connection before passing it on.
class LoggedAccept final : public lb::AcceptEvents {
 public:
  LoggedAccept(lb::AcceptEvents& next, lb::Logger& log, std::string label)
      : next_(next), log_(log), label_(std::move(label)) {}
  void onAccept(std::unique_ptr<lb::Stream> stream) override {
    log_.write(lb::LogLevel::Info, fmt::format("{}: connection from {}", label_, stream->remote().toString()));
    next_.onAccept(std::move(stream));
  }
  void onAcceptFailed(lb::IoStatus why) override { next_.onAcceptFailed(why); }

 private:
  lb::AcceptEvents& next_;
  lb::Logger& log_;
  std::string label_;
};

}  // namespace

class Backend::LoggedNetwork final : public lb::Network {
 public:
  LoggedNetwork(lb::Network& network, lb::Logger& log, std::string label)
      : network_(network), log_(log), label_(std::move(label)) {}
  lb::Result<std::unique_ptr<lb::Listener>> listen(const lb::Address& at, lb::AcceptEvents& events) override {
    if (!accept_) accept_ = std::make_unique<LoggedAccept>(events, log_, label_);  // one for all its addresses
    return network_.listen(at, *accept_);
  }
  std::unique_ptr<lb::Stream> connect(const lb::Address& to) override { return network_.connect(to); }

 private:
  lb::Network& network_;
  lb::Logger& log_;
  std::string label_;
  std::unique_ptr<LoggedAccept> accept_;
};

Backend::Backend(const lb::Env& env, BackendIdentity identity, const Behaviour& defaults, lb::Logger& log)
    : env_(env),
      identity_(std::move(identity)),
      defaults_(defaults),
      log_(log),
      stats_(lb::observe::Layouts(lb::config::Metrics{})),
      network_(std::make_unique<LoggedNetwork>(env.network, log, identity_.address)),
      server_({env.loop, env.clock, *network_, env.resolver, env.random}, blocks_, *this, log, stats_, settings()) {}

Backend::~Backend() = default;

lb::Result<void> Backend::listen(const lb::Address& at) {
  return server_.listen(at);
}

void Backend::drain(std::move_only_function<void()> on_empty) {
  server_.drain(std::move(on_empty));
}

void Backend::shutdownNow() {
  server_.shutdownNow();
}

lb::http::HandlerPtr Backend::onRequest(lb::http::RequestHead& head, const lb::http::Framing&,
                                        lb::http::ResponseWriter& writer) {
  if (log_.enabled(lb::LogLevel::Info)) {
    log_.write(lb::LogLevel::Info,
               fmt::format("{}: {} {} host={} id={}", identity_.address, head.methodText(), head.target(), head.host,
                           head.fields.find(lb::http::FieldId::XRequestId).value_or("-")));
  }
  const Behaviour behaviour = behaviourOf(head.target(), defaults_);
  return lb::http::HandlerPtr(
      std::make_unique<Answer>(env_, blocks_, log_, identity_, behaviour, writer, head).release());
}

lb::http::HandlerPtr Backend::onBadRequest(lb::http::RequestHead& head, const lb::http::Problem& problem,
                                           lb::http::ResponseWriter& writer) {
  log_.write(lb::LogLevel::Warn, fmt::format("{}: bad request: {}", identity_.address, problem.what));
  lb::http::HandlerPtr handler(
      std::make_unique<Answer>(env_, blocks_, log_, identity_, Behaviour{}, writer, lb::http::RequestHead{}).release());
  const std::string body = fmt::format("{}: {}\n", problem.status, problem.what);
  lb::front::sendReply(writer, {.status = problem.status, .body = body}, head.method, env_.clock.wall(), blocks_);
  return handler;
}

}  // namespace be
