// See queue_backend.h.
#include "sim/model/queue_backend.h"

#include <algorithm>
#include <utility>

#include "lb/base/check.h"
#include "sim/model/queue_backend_conn.h"

namespace sim::model {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::uint32_t kChecksAtOnce = 1'000'000;  // more than there ever are

std::string named(const char* what, std::uint32_t number) {
  return what + std::to_string(number);
}

}  // namespace

QueueBackend::QueueBackend(net::Fabric& fabric, net::Host& on, net::Host& proxy, BackendPlan plan)
    : fabric_(fabric),
      host_(on),
      proxy_(proxy),
      plan_(std::move(plan)),
      env_(fabric, on, named("backend", plan_.number)),
      chance_(fabric.world().chance().stream(named("answers", plan_.number))),
      station_(env_.loop, env_.clock, plan_.station, fabric.world().chance().stream(named("service", plan_.number))),
      check_station_(env_.loop, env_.clock, {.slots = kChecksAtOnce, .service = plan_.station.service},
                     fabric.world().chance().stream(named("checks", plan_.number))),
      scratch_(kReadBytes, '\0') {
  LB_CHECK(plan_.answer.problem().empty());
  listen();
}

QueueBackend::~QueueBackend() {
  mode_ = Mode::Refuse;
  listeners_.clear();
}

void QueueBackend::listen() {
  std::vector<std::uint16_t> ports{plan_.port};
  ports.insert(ports.end(), plan_.check_ports.begin(), plan_.check_ports.end());
  for (const std::uint16_t port : ports) {
    auto listener = env_.network.listen({plan_.ip.value_or(host_.address()), port}, *this);
    LB_CHECK(listener.has_value());
    listeners_.push_back(std::move(*listener));
  }
}

void QueueBackend::pauseListening(bool paused) {
  for (const auto& listener : listeners_) listener->pause(paused);
}

void QueueBackend::setService(const Distribution& law) {
  station_.setService(law);
  check_station_.setService(law);
}

// Those that are under way go along, so that what befalls the others from now on does not befall them.
void QueueBackend::setChecksApart(bool apart) {
  if (std::exchange(checks_apart_, apart) == apart) return;
  for (std::size_t i = connections_.size(); i-- > 0;) connections_[i]->moveCheck();
}

const CheckAnswer* QueueBackend::checkOf(std::string_view start_line) const {
  const auto found = std::ranges::find_if(
      plan_.checks, [&](const CheckAnswer& check) { return start_line == "GET " + check.path + " HTTP/1.1"; });
  return found == plan_.checks.end() ? nullptr : &*found;
}

void QueueBackend::setMode(Mode mode) {
  const Mode before = std::exchange(mode_, mode);
  if (before == mode) return;
  if (before == Mode::BlackHole) setBlackHole(false);
  if (before == Mode::Hang) {
    station_.pause(false);
    check_station_.pause(false);
    pauseListening(false);
    for (const auto& conn : connections_) conn->setReading(true);
  }
  if (listeners_.empty() && mode != Mode::Refuse && !isLeaving()) listen();
  switch (mode) {
    case Mode::Up: break;
    case Mode::Retire:
    case Mode::Leave:
      listeners_.clear();
      for (std::size_t i = connections_.size(); i-- > 0;) connections_[i]->leave(mode == Mode::Retire);
      break;
    case Mode::Refuse:
      listeners_.clear();
      dropAll();
      break;
    case Mode::Reset: dropAll(); break;
    case Mode::Hang:
      station_.pause(true);
      check_station_.pause(true);
      pauseListening(true);
      for (const auto& conn : connections_) conn->setReading(false);
      break;
    case Mode::BlackHole: setBlackHole(true); break;
  }
}

void QueueBackend::setBlackHole(bool on) {
  for (const auto& [from, to] : {std::pair(&host_, &proxy_), std::pair(&proxy_, &host_)}) {
    net::LinkRules rules = fabric_.rules(*from, *to);
    rules.stalled = rules.black_hole = on;
    fabric_.setRules(*from, *to, rules);
  }
}

void QueueBackend::dropAll() {
  while (!connections_.empty()) connections_.back()->abort();
  check_station_.clear();
  station_.clear();  // also what was still worked on for those who had gone
}

void QueueBackend::onAccept(std::unique_ptr<lb::Stream> stream) {
  ++counters_.accepted;
  if (mode_ == Mode::Refuse || mode_ == Mode::Reset || connections_.size() >= plan_.connections_max) {
    stream->abort();
    env_.loop.retire(std::move(stream));
    return;
  }
  connections_.push_back(std::make_unique<Conn>(*this, std::move(stream)));
  connections_.back()->slot = connections_.size() - 1;
  if (isLeaving()) connections_.back()->answerOnce();  // it was in the queue of a listener that has gone
}

// It may stand in its own event: the turn's end destroys it.
void QueueBackend::remove(Conn& conn) {
  const std::size_t slot = conn.slot;
  std::swap(connections_[slot], connections_.back());
  connections_[slot]->slot = slot;
  env_.loop.retire(std::move(connections_.back()));
  connections_.pop_back();
}

void QueueBackend::violate(std::string what) {
  if (violation_.empty()) violation_ = named("backend ", plan_.number) + ": " + what;
}

}  // namespace sim::model
