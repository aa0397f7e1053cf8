// In the calm: clients that are late with a body for a reason, or for none, cost nobody anything.
#include <algorithm>

#include "sim/check/affinity_check.h"
#include "sim/run/run.h"

namespace sim::run {

using check::Class;
using namespace std::chrono_literals;

namespace {

constexpr Duration kSoon = 200ms;

bool isPlain(const lb::config::Host& host) {
  return host.weight > 0 && lb::IpAddress::parse(host.address).has_value();
}

}  // namespace

void Run::uploads() {
  const lb::config::ClientTimeouts& timeouts = scenario_.config.timeouts;
  if (scenario_.calm_only || !config_.routes.empty() || !waysAreShort()) return;
  if (timeouts.request_header < 1s || timeouts.request_body_idle > 60s || timeouts.request_body_idle < kSoon) return;
  for (std::size_t service = 0; service < config_.services.size(); ++service) {
    if (!ledger_.failed()) stoppedIsForgiven(service);
    if (!ledger_.failed()) expectantMayWait(service);
    if (!ledger_.failed() && scenario_.has("huge")) clientKeepsTheRest(service);
  }
}

// Each upload stops when its answer has begun, and its backend waits for the rest: as often as would eject one of them.
void Run::stoppedIsForgiven(std::size_t service) {
  lb::config::Service& settings = config_.services[service];
  const lb::config::Outlier& rules = settings.outlier;
  if (!rules.enabled || rules.consecutive_failures == 0 || rules.max_ejection_percent == 0) return;
  if (rules.latency_factor > 0 || settings.hosts.size() < 2 || !std::ranges::all_of(settings.hosts, isPlain)) return;
  if (scenario_.has("be") || scenario_.config.timeouts.request_body_idle <= 2 * kSoon) return;
  const lb::config::ServiceTimeouts before = settings.timeouts;
  settings.timeouts = {.connect = 2s, .response_header = 10s, .response_idle = kSoon, .total = 0s, .tunnel_idle = 1h};
  takeOver(config_);
  pass(100ms);
  const std::size_t enough = settings.hosts.size() * (rules.consecutive_failures - 1) + 1;
  for (std::size_t i = 0; i < enough && !ledger_.failed(); ++i) {
    plan::Client& client = *more_.emplace_back(std::make_unique<plan::Client>());
    client.cut = plan::Cut::Silence;
    client.requests.push_back(plainRequest("POST", service));
    client.requests.back().cut_at = 950;  // per mille: within its body
    client.requests.back().answer.duplex = true;
    ledger_.setTolerant(true);
    ask(client);
    ledger_.setTolerant(false);
    expect(until([&] { return clients_.back()->done(); }, 10s), Class::Liveness, "liveness.deadlines",
           "an upload that has stopped is not given up");
  }
  if (ledger_.failed()) return;
  ledger_.leave(check::Mark::StoppedForgiven);
  settings.timeouts = before;
  takeOver(config_);
}

// Its request has to wait for its turn, then its backend takes longer to say 100 (Continue) than a body may.
void Run::expectantMayWait(std::size_t service) {
  lb::config::Service& settings = config_.services[service];
  const Duration idle = scenario_.config.timeouts.request_body_idle;
  if (!hasRoom()) return;
  if (settings.hosts.size() != 1 || !isPlain(settings.hosts.front()) || scenario_.has("be")) return;
  const lb::config::Service before = settings;
  settings.timeouts = {
      .connect = 2s, .response_header = idle + 30s, .response_idle = idle + 30s, .total = 0s, .tunnel_idle = 1h};
  settings.limits.max_inflight = 1;
  settings.limits.queue = {.max = 10, .timeout = 10s};
  takeOver(config_);
  pass(100ms);
  static_cast<void>(askFor(service, {.bytes = 100, .delay = kSoon}, true));
  if (ledger_.failed()) return;
  plan::Client& client = *more_.emplace_back(std::make_unique<plan::Client>());
  client.patience = 1h;
  plan::Request& upload = client.requests.emplace_back(plainRequest("POST", service));
  upload.expect = upload.patient = upload.close = true;
  upload.answer.interim = true;
  upload.answer.continue_after = idle + 1s;
  ask(client);
  expect(until([&] { return ledger_.of(upload.id).good; }, idle + 30s), Class::Liveness, "liveness.fresh",
         "a client that waits for 100 (Continue) gets no answer");
  if (ledger_.failed()) return;
  ledger_.leave(check::Mark::ExpectantWaited);
  settings = before;
  takeOver(config_);
}

// What its backend does not take yet: a body that is larger than all that may be held, on a slow way (safety.memory).
void Run::clientKeepsTheRest(std::size_t service) {
  constexpr std::uint64_t kBytesMax = 8 * 1024 * 1024;
  constexpr std::uint64_t kRate = 1'000'000;
  constexpr std::uint32_t kWindowLeast = 8000;
  lb::config::Service& settings = config_.services[service];
  const int who = onlyBackend(settings);
  if (who < 0 || !isPlain(settings.hosts.front()) || settings.limits.max_body > 0 || !hasRoom()) return;
  if (scenario_.network.window < kWindowLeast || scenario_.network.segment_max < 536) return;
  const Proxy::Gauges now = stage_->proxy().gauges();
  const std::uint64_t bytes = (heldMax(now.connections + now.backend_active + now.backend_idle + 2) + 32) *
                              std::uint64_t{lb::buf::Block::kBytes};
  if (bytes > kBytesMax) return;
  const lb::config::Service before = settings;
  settings.timeouts = {.connect = 2s, .response_header = 60s, .response_idle = 60s, .total = 0s, .tunnel_idle = 1h};
  takeOver(config_);
  pass(100ms);
  stage_->slowDown(static_cast<std::uint32_t>(who), kRate);
  plan::Client& client = *more_.emplace_back(std::make_unique<plan::Client>());
  client.patience = 1h;
  plan::Request& upload = client.requests.emplace_back(plainRequest("POST", service));
  upload.bytes = static_cast<std::uint32_t>(bytes);
  upload.close = true;
  ask(client);
  expect(until([&] { return ledger_.of(upload.id).good; }, 60s), Class::Liveness, "liveness.fresh",
         "a large upload on a slow way gets no answer");
  if (ledger_.failed()) return;
  ledger_.leave(check::Mark::UploadKeptBack);
  stage_->slowDown(static_cast<std::uint32_t>(who), 0);
  settings = before;
  takeOver(config_);
}

}  // namespace sim::run
