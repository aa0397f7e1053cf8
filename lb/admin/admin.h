// The control plane over HTTP: /metrics, /livez, /readyz, /config, /stats, /version, POST /reload, behind an
// address list; whatever changes something is for this machine only.
#pragma once

#include <string>
#include <vector>

#include "lb/base/address.h"
#include "lb/buf/block_pool.h"
#include "lb/env/clock.h"
#include "lb/http/events.h"

namespace lb::admin {

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
