// The control plane over HTTP: /metrics, /livez, /readyz, /config, /stats, /version, /backends, behind an address list;
// whatever changes something (POST /reload, orders for backends) is for this machine only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/buf/block_pool.h"
#include "lb/env/clock.h"
#include "lb/http/events.h"

namespace lb::admin {

// What an operator wants of a backend.
struct BackendOrder {
  enum class Kind : std::uint8_t { Drain, Enable, Weight };
  Kind kind = Kind::Drain;
  std::string service;
  std::string backend;                  // "address:port", as configured or as looked up
  std::optional<std::uint32_t> weight;  // of kind Weight; none: the configured one
};

struct Reloaded {
  std::uint16_t status = 200;  // 200, 409 where it cannot be done now, 422 where the file is wrong
  std::string json;
};

// Where the answers come from.
class AdminSource {
 public:
  virtual ~AdminSource() = default;
  [[nodiscard]] virtual std::string metrics() = 0;        // Prometheus text
  [[nodiscard]] virtual std::string stats() = 0;          // JSON
  [[nodiscard]] virtual std::string configuration() = 0;  // YAML
  [[nodiscard]] virtual std::string version() = 0;        // JSON
  [[nodiscard]] virtual std::string notReady() = 0;       // why not; empty: ready
  [[nodiscard]] virtual std::string backends() = 0;       // JSON
  // How many backends it was for; 0: there is none of that name.
  [[nodiscard]] virtual std::size_t order(const BackendOrder& order) = 0;
  [[nodiscard]] virtual Reloaded reloadNow() = 0;
};

class AdminRouter final : public http::RequestRouter {
 public:
  // An empty `allow` allows nobody.
  AdminRouter(AdminSource& source, std::vector<Cidr> allow, const Clock& clock, buf::BlockPool& blocks);
  void setAllow(std::vector<Cidr> allow) { allow_ = std::move(allow); }

  http::HandlerPtr onRequest(http::RequestHead& head, const http::Framing& framing,
                             http::ResponseWriter& writer) override;
  http::HandlerPtr onBadRequest(http::RequestHead& head, const http::Problem& problem,
                                http::ResponseWriter& writer) override;

 private:
  AdminSource& source_;
  std::vector<Cidr> allow_;
  const Clock& clock_;
  buf::BlockPool& blocks_;
};

}  // namespace lb::admin
