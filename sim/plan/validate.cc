// See validate.h.
#include "sim/plan/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sim/actor/bad_requests.h"
#include "sim/plan/forwarded.h"
#include "sim/plan/route_paths.h"

namespace sim::plan {
namespace {

constexpr std::uint64_t kIdMax = 999'999;  // above are the requests that a run makes itself
constexpr std::size_t kBackendsMax = 200;
constexpr std::uint32_t kCensusMax = 100'000;
constexpr std::uint32_t kThreadsMax = 64;
constexpr std::uint32_t kBytesMax = 1U << 30U;
constexpr std::size_t kRequestsMax = 1'000'000;
constexpr std::uint32_t kFieldsMax = 10'000;

// What a type can hold and a run cannot do, and what a run can do and the oracles could not judge.
class Validator {
 public:
  explicit Validator(const Scenario& scenario) : scenario_(scenario) {}

  std::string first() {
    const std::size_t backends = scenario_.backends.size();
    if (backends < 1 || backends > kBackendsMax)
      say("/backends", fmt::format("{} are not within 1 and {}", backends, kBackendsMax));
    check("/census", scenario_.census, 0U, kCensusMax);
    be_ = std::ranges::any_of(scenario_.backends, &Backend::be);
    network();
    config();
    for (std::size_t i = 0; i < scenario_.faults.size(); ++i) fault(scenario_.faults[i], fmt::format("/faults/{}", i));
    for (std::size_t i = 0; i < scenario_.clients.size(); ++i)
      client(scenario_.clients[i], fmt::format("/clients/{}", i));
    return std::move(wrong_);
  }

 private:
  void say(const std::string& path, const std::string& message) {
    if (wrong_.empty()) wrong_ = fmt::format("{}: {}", path, message);
  }
  template <class T>
  void check(const std::string& path, T value, T first, T last) {
    if (value < first || value > last) say(path, fmt::format("{} is not within {} and {}", value, first, last));
  }

  void network() {
    const Network& net = scenario_.network;
    check("/network/segment_max", net.segment_max, 1U, kBytesMax);
    check("/network/window", net.window, 1U, kBytesMax);
    check("/network/short_io", net.short_io, 0U, 100U);
  }

  void config() {
    const lb::config::Config& config = scenario_.config;
    if (std::ranges::none_of(config.listen,
                             [](const auto& one) { return one.address == kProxyIp && one.port == kProxyPort; }))
      say("/config", fmt::format("clients connect to {}:{}, where the proxy does not listen", kProxyIp, kProxyPort));
    const bool asks = std::ranges::any_of(scenario_.clients, &Client::second_port);
    if (asks && std::ranges::none_of(config.listen, [](const auto& one) { return one.port == kSecondPort; }))
      say("/config", fmt::format("clients connect to port {}, where the proxy does not listen", kSecondPort));
    if (config.threads < 1 || config.threads > kThreadsMax)
      say("/config", fmt::format("proxy.threads has to be a number within 1 and {}", kThreadsMax));
    if (config.services.empty()) say("/config", "there is no service");
    for (const lb::config::Service& service : config.services) {
      if (service.hosts.empty()) say("/config", fmt::format("service {} has no host", service.name));
    }
  }

  // Whom a fault can befall: every kind can a backend.
  static int firstSide(FaultKind kind) {
    switch (kind) {
      case FaultKind::Stall:
      case FaultKind::StallTo:
      case FaultKind::StallFrom:
      case FaultKind::Loss:
      case FaultKind::Far:
      case FaultKind::Slow: return kClientsSide;
      case FaultKind::Pause:
      case FaultKind::AcceptExhausted:
      case FaultKind::ConnectExhausted:
      case FaultKind::BacklogFull:
      case FaultKind::FewPorts:
      case FaultKind::WallJump: return kProxySide;
      case FaultKind::BlackHole:
      case FaultKind::Refuse:
      case FaultKind::Kill:
      case FaultKind::HangUp:
      case FaultKind::CutHandshake:
      case FaultKind::Sick:
      case FaultKind::CheckSick:
      case FaultKind::DrainByHand:
      case FaultKind::WeighByHand:
      case FaultKind::DnsFails:
      case FaultKind::DnsEmpty:
      case FaultKind::DnsSilent:
      case FaultKind::DnsSlow:
      case FaultKind::DnsMoves: break;
    }
    return 0;
  }

  void fault(const Fault& fault, const std::string& path) {
    check(path + "/rate", fault.rate, std::uint64_t{1}, std::uint64_t{kBytesMax});
    const bool proxy = fault.who == kProxySide && firstSide(fault.kind) == kProxySide;
    const bool clients = fault.who == kClientsSide && firstSide(fault.kind) == kClientsSide;
    if (!proxy && !clients) check(path + "/who", fault.who, 0, static_cast<int>(scenario_.backends.size()) - 1);
  }

  void client(const Client& client, const std::string& path) {
    check(path + "/pipeline", client.pipeline, 1U, kBytesMax);
    for (std::size_t i = 0; i < client.requests.size(); ++i)
      request(client.requests[i], fmt::format("{}/requests/{}", path, i));
  }

  void request(const Request& request, const std::string& path) {
    check(path + "/id", request.id, std::uint64_t{1}, kIdMax);
    if (!ids_.insert(request.id).second) say(path + "/id", fmt::format("{} stands twice", request.id));
    if (ids_.size() > kRequestsMax) say(path, fmt::format("more than {} requests", kRequestsMax));
    check(path + "/service", request.service, -2, static_cast<int>(scenario_.config.services.size()) - 1);
    check(path + "/bytes", request.bytes, 0U, kBytesMax);
    check(path + "/chunk", request.chunk, 1U, kBytesMax);
    check(path + "/fields", request.fields, 0U, kFieldsMax);
    check(path + "/padding", request.padding, 0U, kBytesMax);
    check(path + "/malformed", request.malformed, -1, static_cast<int>(actor::badRequests().size()) - 1);
    check(path + "/forwarded", request.forwarded, -1, static_cast<int>(kForwarded.size()) - 1);
    check(path + "/spelled", request.spelled, -1, static_cast<int>(kRoutePaths.size()) - 1);
    check(path + "/cut_at", request.cut_at, -1, 1000);
    if (request.method.empty() || request.method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos)
      say(path + "/method", fmt::format("capital letters are wanted, not \"{}\"", request.method));
    if (request.framing == Framing::UntilClose) say(path + "/framing", "the end of a request cannot be a close");
    if (be_ && (!request.words || request.upgrade || request.malformed >= 0))
      say(path + "/words", "where a backend is be, all requests have them, and are neither malformed nor upgrades");
    if (request.tunnel.eager && request.tunnel.down == 0) say(path + "/tunnel", "an eager one has bytes down");
    answer(request, path + "/answer");
  }

  void answer(const Request& request, const std::string& path) {
    const Answer& answer = request.answer;
    if (answer.status != 101 || !request.upgrade) check(path + "/status", answer.status, 200, 599);
    check(path + "/bytes", answer.bytes, 0U, kBytesMax);
    check(path + "/chunk", answer.chunk, 1U, kBytesMax);
    check(path + "/fields", answer.fields, 0U, kFieldsMax);
    check(path + "/fault_at", answer.fault_at, 0U, 1000U);
    using enum AnswerFault;
    if (!canShow(request)) say(path + "/fault", "an answer of this kind cannot be wrong in this way");
    const bool unclear = answer.fault == CutClose || answer.fault == TrailingBytes || answer.fault == IdleBytes ||
                         answer.fault == IdleAnswer;
    if (answer.framing == Framing::UntilClose && unclear)
      say(path + "/fault", "where a close is the end, neither an early one nor bytes too many can be told");
  }

  const Scenario& scenario_;
  std::set<std::uint64_t> ids_;
  bool be_ = false;
  std::string wrong_;
};

}  // namespace

bool canShow(const Request& request) {
  using enum AnswerFault;
  const Answer& answer = request.answer;
  const bool body = request.method != "HEAD" && answer.status != 101 && answer.status != 204 && answer.status != 304;
  switch (answer.fault) {
    case LengthTooLarge: return body && answer.framing == Framing::Length;
    case LengthTooSmall: return body && answer.framing == Framing::Length && answer.bytes > 0;
    case BadChunk: return body && answer.framing == Framing::Chunked && answer.bytes > 0;
    case ResetAfter:
    case EarlyClose:  // what it has not sent yet is lost, and a close is no end of such an answer
    case SaysClose: return answer.framing != Framing::UntilClose;
    default: return true;
  }
}

std::string validate(const Scenario& scenario) {
  return Validator(scenario).first();
}

}  // namespace sim::plan
