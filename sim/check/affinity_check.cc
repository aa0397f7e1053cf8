// See affinity_check.h; and which cookies answers may set.
#include "sim/check/affinity_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/check/in_force.h"
#include "sim/check/traffic_watch.h"
#include "sim/check/view.h"

namespace sim::check {
namespace {

using plan::FaultKind;

constexpr std::size_t kValueSize = 16;

// Whatever keeps a host from being picked or makes an attempt fail there; also long ago, because who failed may be
// avoided for a while.
bool mayBeAvoided(const Ledger& ledger, std::uint32_t backend) {
  const auto& troubles = ledger.troubles();
  const int who = static_cast<int>(backend);
  return troubles.any(
             {FaultKind::Stall, FaultKind::StallTo, FaultKind::StallFrom, FaultKind::BlackHole, FaultKind::Refuse,
              FaultKind::Kill, FaultKind::Slow, FaultKind::Pause, FaultKind::DnsFails, FaultKind::DnsEmpty,
              FaultKind::DnsSilent, FaultKind::DnsSlow, FaultKind::DnsMoves, FaultKind::HangUp, FaultKind::BacklogFull,
              FaultKind::Sick, FaultKind::Loss, FaultKind::CutHandshake},
             who, MonoTime{}, ledger.now()) ||
         troubles.any({FaultKind::Pause, FaultKind::ConnectExhausted, FaultKind::FewPorts}, plan::kProxySide,
                      MonoTime{}, ledger.now());
}

// The value of the sticky cookie that an answer sets; "": it sets none. What is not as it should be goes to `wrong`.
std::string valueSet(const lb::config::Sticky& sticky, const actor::Head& head, std::string& wrong) {
  const std::size_t count = head.count("set-cookie");
  if (count > 1) wrong = fmt::format("{} fields Set-Cookie", count);
  if (count == 0) return {};
  const std::string_view text = *head.field("set-cookie");
  std::string end = "; Path=/; HttpOnly; SameSite=Lax";
  if (sticky.secure) end += "; Secure";
  if (sticky.ttl > Duration::zero()) end += fmt::format("; Max-Age={}", sticky.ttl / std::chrono::seconds(1));
  const std::string_view value = text.substr(std::min(sticky.cookie.size() + 1, text.size()), kValueSize);
  const bool hexadecimal =
      value.size() == kValueSize && value.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!hexadecimal || text != fmt::format("{}={}{}", sticky.cookie, value, end))
    wrong = fmt::format("Set-Cookie: {}", text);
  return std::string(value);
}

// What a request's field line says in the sticky cookie, which is the last one there; "": nothing.
std::string valueTold(const lb::config::Sticky& sticky, const std::string& line) {
  const std::string name = fmt::format(" {}=", sticky.cookie);
  const std::size_t at = line.starts_with("Cookie:") ? line.rfind(name) : std::string::npos;
  return at == std::string::npos ? std::string() : line.substr(at + name.size());
}

}  // namespace

int backendOf(const plan::Scenario& scenario, const lb::config::Host& host) {
  for (std::uint32_t i = 0; i < scenario.backends.size(); ++i) {
    if (host.address == plan::backendIp(i) || host.address == plan::backendName(i)) return static_cast<int>(i);
  }
  return -1;
}

bool areAlike(const plan::Scenario& scenario, const std::vector<lb::config::Host>& hosts) {
  std::vector<int> backends;
  for (const lb::config::Host& host : hosts) {
    if (host.weight != 1 || host.backup || !lb::IpAddress::parse(host.address)) return false;
    backends.push_back(backendOf(scenario, host));
  }
  std::ranges::sort(backends);
  return std::ranges::adjacent_find(backends) == backends.end();
}

std::string whyNotThere(const Ledger& ledger, const Entry& entry, const lb::config::Service& service,
                        std::uint32_t backend) {
  const plan::Scenario& scenario = ledger.scenario();
  if (ledger.troubles().ever(FaultKind::DnsMoves)) return {};  // a name may mean any of them
  const bool reloaded = ledger.configurations().size() > 1;
  bool has_weight = false;
  bool needed = false;  // no backup, or a backup where nobody else could be picked
  forEachInForce(ledger, service, entry.started, ledger.now(), [&](const lb::config::Service& one) {
    bool others = false;
    for (const lb::config::Host& host : one.hosts) {
      const int who = backendOf(scenario, host);
      const bool looked_up_late = reloaded && host.address == plan::backendName(static_cast<std::uint32_t>(who));
      if (who == static_cast<int>(backend)) {
        has_weight = has_weight || host.weight > 0;
        needed = needed || !host.backup;
      } else if (host.weight > 0 && !host.backup && !looked_up_late) {
        const auto number = static_cast<std::uint32_t>(who);
        const bool out = ledger.wasOut(entry, number, entry.started);
        const bool tried =
            std::ranges::any_of(entry.attempts, [&](const Attempt& attempt) { return attempt.backend == number; });
        others = others || !(out || tried || mayBeAvoided(ledger, number));
      }
    }
    needed = needed || !others;
  });
  // Whoever may be sent again by his key has perhaps been on a used connection that was closed.
  if (service.retry.idempotency_key && entry.plan->idempotency_key && service.retry.attempts > 0) needed = true;
  const Duration way = 2 * plan::longestWay(scenario) + std::chrono::milliseconds(50);
  if (!has_weight) return "which has a weight of 0";
  // What was sent elsewhere first may come later than this, or never.
  const bool answered_late =
      service.retry.on.timeout && leastHeaderTime(ledger, service, entry.started, ledger.now()) <= way;
  if (!needed && way < service.timeouts.connect && !mayGetNowhere(scenario, service) && !answered_late)
    return "a backup, although there are others";
  return {};
}

// An answer of a sticky service tells its client which backend gave it, unless the client knows.
void Ledger::checkStickyCookie(Entry& entry, const actor::Head& head) {
  const plan::Request& plan = *entry.plan;
  const lb::config::Service* service = serviceOf(scenario_, plan);
  const auto& services = scenario_.config.services;
  const auto led = std::ranges::find(services, entry.routed_to, &lb::config::Service::name);
  if (led != services.end()) service = &*led;  // there are routes
  const bool sticky = service != nullptr && !service->sticky.cookie.empty() && entry.from_backend;
  std::string wrong;
  entry.pin = sticky ? valueSet(service->sticky, head, wrong) : std::string();
  if (!sticky && head.count("set-cookie") > 0) wrong = "a cookie that nobody sets";
  if (sticky && entry.attempts.size() == 1) {  // else it may be an earlier one that has answered
    const std::uint32_t backend = entry.attempts.back().backend;
    const std::string told = valueTold(service->sticky, plan.affinity);
    const auto known = pins_.find({service->name, entry.pin.empty() ? told : entry.pin});
    if (entry.pin.empty() && known == pins_.end()) wrong = "no cookie for a client that has none";
    if (entry.pin == told && !told.empty()) wrong = "a cookie that the client has already";
    if (known != pins_.end() && known->second != backend)
      wrong = fmt::format("a cookie that stands for b{} from b{}", known->second, backend);
    if (!entry.pin.empty()) pins_.try_emplace({service->name, entry.pin}, backend);
    if (!entry.pin.empty() && told.size() == kValueSize) ++books_.sticky_moved;
  }
  expect(wrong.empty(), Class::Safety, "safety.sticky", plan.id, "the answer to {} has {}", plan.id, wrong);
}

}  // namespace sim::check
