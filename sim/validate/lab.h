// An experiment's apparatus: open-loop traffic, the whole proxy, and queueing stations behind it, in a world of their
// own. Whatever is not answered as it should be spoils the experiment.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/model/open_loop.h"
#include "sim/model/queue_backend.h"
#include "sim/run/proxy.h"

namespace sim::validate {

// The unit of time of every experiment: so long that what the proxy and the network add is nothing.
constexpr lb::Duration kUnit = std::chrono::milliseconds(100);

struct LabPlan {
  lb::config::Service service{};  // its policy and limits; the lab gives it hosts and endless patience
  std::uint32_t servers = 1;
  std::uint32_t late = 0;                // of those: they come with a reload, just when the traffic begins
  std::uint32_t down = 0;                // of those, the first ones: nobody listens there
  lb::Duration settle{};                 // from the proxy's start to the traffic, for what it finds out by itself
  std::vector<std::uint32_t> weights{};  // of the servers; those that have none are 1
  model::StationPlan station{};
  model::Arrivals arrivals{};
  std::vector<std::uint32_t> paths{};  // how often each path is asked for, against the others; none: one path
  std::uint64_t requests = 0;
  bool losses = false;  // a 503 is what is being measured; otherwise it spoils
  bool log = false;     // the access log is kept, in JSON, and its lines are told
  std::uint64_t seed = 1;
};

class Lab final : public model::TrafficObserver, public run::ProxyOutput {
 public:
  explicit Lab(LabPlan plan);
  ~Lab();

  // Until everything has been answered; `on_done` is told of each request, `on_line` of each line of the access log.
  // False: it was spoilt.
  bool run(std::function<void(const model::Outcome&)> on_done, std::function<void(std::string_view)> on_line = {});
  [[nodiscard]] const std::string& spoilt() const { return spoilt_; }  // by what

  [[nodiscard]] std::uint64_t requests() const { return traffic_->counters().done; }
  // Of one server: how many requests are there, and the integral of that over time up to now, in nanoseconds.
  [[nodiscard]] std::size_t inside(std::uint32_t server) const { return backends_[server]->station().inside(); }
  [[nodiscard]] std::uint64_t insideNs(std::uint32_t server) {
    return backends_[server]->station().counters().inside_ns;
  }
  // How far the sum of all times inside is from the integral of the number inside, relatively: Little's law for a run
  // that ends empty.
  [[nodiscard]] double offLittleAtClient() const;
  [[nodiscard]] double offLittleAtStations();
  // What a request spends outside the stations, in units.
  [[nodiscard]] double overhead();

 private:
  void onDone(const model::Outcome& outcome) override;
  void onLog(lb::LogLevel level, std::string_view line) override;
  void onAccess(std::string_view line) override {
    if (on_line_) on_line_(line);
  }
  void build();
  void spoil(std::string why);
  [[nodiscard]] lb::config::Config config(std::uint32_t servers) const;

  LabPlan plan_;
  World world_;
  net::Fabric fabric_{world_};
  net::Host& client_host_;
  net::Host& proxy_host_;
  net::SimEnv client_;
  std::vector<std::unique_ptr<model::QueueBackend>> backends_;
  std::unique_ptr<run::Proxy> proxy_;
  std::unique_ptr<model::OpenLoop> traffic_;
  std::function<void(const model::Outcome&)> on_done_;
  std::function<void(std::string_view)> on_line_;
  std::string spoilt_;
};

}  // namespace sim::validate
