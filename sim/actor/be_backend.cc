// See be_backend.h.
#include "sim/actor/be_backend.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/base/check.h"
#include "sim/actor/strict_reader.h"

namespace sim::actor {
namespace {

// A connection as it is; what is read of it is also read by somebody strict.
class WatchedStream final : public lb::Stream, private StrictEvents {
 public:
  WatchedStream(std::unique_ptr<lb::Stream> stream, const AnyBackend& backend, check::Ledger& ledger,
                std::uint32_t number)
      : stream_(std::move(stream)),
        backend_(backend),
        ledger_(ledger),
        number_(number),
        reader_(StrictReader::Kind::Request, *this) {}

  void bind(lb::StreamEvents* events) override { stream_->bind(events); }
  void want(lb::Interest interest) override { stream_->want(interest); }
  lb::IoResult read(std::span<const lb::Space> into) override {
    const lb::IoResult result = stream_->read(into);
    std::size_t left = result.bytes;
    for (const lb::Space& space : into) {
      const std::size_t count = std::min(left, space.size());
      if (count == 0) break;
      reader_.feed({reinterpret_cast<const char*>(space.data()), count});
      left -= count;
    }
    if (cut_) {  // be is told that the other side has gone
      stream_->abort();
      return {.bytes = 0, .status = lb::IoStatus::Reset};
    }
    return result;
  }
  lb::IoResult write(std::span<const lb::Bytes> from) override { return stream_->write(from); }
  lb::IoStatus finish() override { return stream_->finish(); }
  void abort() override { stream_->abort(); }
  [[nodiscard]] const lb::Address& remote() const override { return stream_->remote(); }
  [[nodiscard]] const lb::Address& local() const override { return stream_->local(); }

 private:
  void onHead(const Head& head) override {
    checked_ = head.target() == kCheckPath;
    if (checked_) {
      ledger_.checkAtBackend(head, number_);
      return;
    }
    const check::Entry* entry = ledger_.headAtBackend(head, number_, requests_++ > 0);
    if (entry == nullptr) {
      reader_.stop();
      return;
    }
    id_ = entry->plan->id;
    bytes_ = 0;
    if (!backend_.sick()) return;
    reader_.stop();
    cut_ = true;
  }
  void onBody(std::string_view bytes) override {
    ledger_.bodyAtBackend(id_, bytes_, bytes);
    bytes_ += bytes.size();
  }
  void onEnd() override {
    if (!checked_) ledger_.endAtBackend(id_, bytes_, reader_.trailers());
  }
  void onViolation(std::string what) override {
    ledger_.fail(check::Class::Safety, "safety.parse_backend", id_, fmt::format("b{}: {}", number_, what));
  }

  std::unique_ptr<lb::Stream> stream_;
  const AnyBackend& backend_;
  check::Ledger& ledger_;
  std::uint32_t number_;
  StrictReader reader_;
  bool checked_ = false;  // by lb
  bool cut_ = false;      // because its backend is sick
  std::uint64_t id_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t requests_ = 0;
};

}  // namespace

class BeBackend::Watch final : public lb::Network, private lb::AcceptEvents {
 public:
  Watch(lb::Network& network, AnyBackend& backend, check::Ledger& ledger, std::uint32_t number)
      : network_(network), backend_(backend), ledger_(ledger), number_(number) {}
  lb::Result<std::unique_ptr<lb::Listener>> listen(const lb::Address& at, lb::AcceptEvents& events) override {
    events_ = &events;
    return network_.listen(at, *this);
  }
  std::unique_ptr<lb::Stream> connect(const lb::Address& to) override { return network_.connect(to); }

 private:
  void onAccept(std::unique_ptr<lb::Stream> stream) override {
    if (backend_.hangsUpOn(*stream)) return;
    events_->onAccept(std::make_unique<WatchedStream>(std::move(stream), backend_, ledger_, number_));
  }
  void onAcceptFailed(lb::IoStatus why) override { events_->onAcceptFailed(why); }

  lb::Network& network_;
  AnyBackend& backend_;
  check::Ledger& ledger_;
  std::uint32_t number_;
  lb::AcceptEvents* events_ = nullptr;  // of the last who listened
};

BeBackend::BeBackend(const lb::Env& env, const lb::Address& at, check::Ledger& ledger, std::uint32_t number)
    : at_(at),
      ledger_(ledger),
      number_(number),
      watch_(std::make_unique<Watch>(env.network, *this, ledger, number)),
      env_{env.loop, env.clock, *watch_, env.resolver, env.random} {
  restart();
}

BeBackend::~BeBackend() = default;

void BeBackend::end() {
  if (backend_) backend_->shutdownNow();
}

void BeBackend::kill() {
  ledger_.trace("b{} dies", number_);
  if (!backend_) return;
  backend_->shutdownNow();
  killed_.push_back(std::move(backend_));
}

void BeBackend::restart() {
  if (backend_) return;
  backend_ = std::make_unique<be::Backend>(env_, be::BackendIdentity{"simulated", at_.toString()}, be::Behaviour{},
                                           static_cast<lb::Logger&>(*this));
  const auto listening = backend_->listen(at_);
  LB_CHECK(listening.has_value());
}

}  // namespace sim::actor
