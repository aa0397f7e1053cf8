// See sim_resolver.h.
#include "sim/net/sim_resolver.h"

#include <optional>
#include <string>

namespace sim::net {
namespace {

using lb::IpAddress;
using lb::Resolved;

constexpr Duration kUnknownNameDelay = std::chrono::milliseconds(1);

// What a question without the network's help is answered with, unless the world says otherwise of localhost.
std::optional<Resolved> knownToEverybody(const std::string& host, const NameRule* rule) {
  if (const auto literal = IpAddress::parse(host)) return Resolved{{*literal}, {}};
  if (host == "localhost" && rule == nullptr)
    return Resolved{{*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")}, {}};
  return std::nullopt;
}

// The caller's handle; its event comes as I/O does, never from inside lookup().
class Lookup final : public lb::Disposable, private IoItem {
 public:
  Lookup(SimLoop& loop, Fabric& fabric, std::string host, lb::ResolveEvents& events)
      : loop_(loop), fabric_(fabric), host_(std::move(host)), events_(events) {}
  ~Lookup() override { *alive_ = false; }

  void start() {
    const NameRule* rule = fabric_.findName(host_);
    if (knownToEverybody(host_, rule)) {
      loop_.announce(*this);
      return;
    }
    if (rule != nullptr && rule->silent) return;
    loop_.world().at(loop_.localTime() + (rule != nullptr ? rule->delay : kUnknownNameDelay), [this, alive = alive_] {
      if (*alive) loop_.announce(*this);
    });
  }

 private:
  void onIo() override {
    loop_.world().digest().note(loop_.world().now(), Kind::Lookup, 0, std::as_bytes(std::span(host_)));
    events_.onResolved(answer());  // may destroy this object
  }

  [[nodiscard]] lb::Result<Resolved> answer() const {
    const NameRule* rule = fabric_.findName(host_);
    if (auto known = knownToEverybody(host_, rule)) return std::move(*known);
    if (rule == nullptr) return lb::fail("cannot resolve " + host_ + ": domain name not found");
    if (rule->fails) return lb::fail("cannot resolve " + host_ + ": the server failed");
    return Resolved{rule->addresses, rule->ttl};
  }

  SimLoop& loop_;
  Fabric& fabric_;
  std::string host_;
  lb::ResolveEvents& events_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<lb::Disposable> SimResolver::lookup(std::string_view host, lb::ResolveEvents& events) {
  ++lookups_;
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  auto lookup =
      std::make_unique<Lookup>(loop_, fabric_, std::string(bracketed ? host.substr(1, host.size() - 2) : host), events);
  lookup->start();
  return lookup;
}

}  // namespace sim::net
