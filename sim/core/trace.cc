// See trace.h.
#include "sim/core/trace.h"

#include <algorithm>
#include <utility>

namespace sim {

namespace {

constexpr std::size_t at(TraceEnd end) {
  return static_cast<std::size_t>(end);
}

void update(TraceConnection& connection, const TraceEvent& event) {
  using State = TraceConnection::State;
  TraceConnection::End& sender = connection.ends[at(event.from)];
  TraceConnection::End& receiver = connection.ends[at(other(event.from))];
  TraceConnection::Flow& flow = connection.flows[at(event.from)];
  const bool sent = event.stage == TraceStage::Sent;
  switch (event.kind) {
    case TraceKind::Accept:
    case TraceKind::Confirm:
      if (sent && sender.state == State::Connecting) sender.state = State::Open;
      if (!sent && receiver.state == State::Connecting) receiver.state = State::Open;
      break;
    case TraceKind::Data:
      (sent ? flow.sent : flow.arrived) = event.offset + event.size;
      if (sent && sender.state == State::Connecting) sender.state = State::Open;  // within one host nobody shakes hands
      if (!sent && receiver.state == State::Connecting) receiver.state = State::Open;
      break;
    case TraceKind::Finish: (sent ? flow.finish_sent : flow.finish_arrived) = true; break;
    case TraceKind::Reset:
      if (!sent) receiver.reset = true;
      break;
    case TraceKind::Close: sender.state = State::Closed; break;
    case TraceKind::ConnectFailed: sender.state = State::Failed; break;
    default: break;
  }
}

}  // namespace

const char* toString(TraceKind kind) {
  switch (kind) {
    case TraceKind::Connect: return "connect";
    case TraceKind::Accept: return "accept";
    case TraceKind::Confirm: return "confirm";
    case TraceKind::Data: return "data";
    case TraceKind::Finish: return "fin";
    case TraceKind::Window: return "window";
    case TraceKind::Reset: return "rst";
    case TraceKind::ConnectFailed: return "connect_failed";
    case TraceKind::Close: return "close";
    case TraceKind::FaultOn: return "fault_on";
    case TraceKind::FaultOff: return "fault_off";
    case TraceKind::Log: return "log";
    case TraceKind::Access: return "access";
    case TraceKind::Note: return "note";
    case TraceKind::Violation: return "violation";
  }
  return "";
}

bool isPacket(TraceKind kind) {
  return kind <= TraceKind::Reset;
}

const TraceConnection* Trace::find(std::uint64_t connection) const {
  const auto found = connections_.find(connection);
  return found == connections_.end() ? nullptr : &found->second;
}

TraceConnection* Trace::change(std::uint64_t connection) {
  return const_cast<TraceConnection*>(std::as_const(*this).find(connection));
}

void Trace::push(TraceEvent event) {
  event.event = world_.events();
  if (event.event > last_event_) return;
  bytes_ += event.text.size();
  if (TraceConnection* connection = change(event.connection)) update(*connection, event);
  events_.push_back(std::move(event));
  while (events_.size() > limits_.events_max || (bytes_ > limits_.bytes_max && events_.size() > 1)) {
    bytes_ -= events_.front().text.size();
    events_.pop_front();
    ++dropped_;
  }
}

void Trace::add(TraceKind kind, std::string_view who, std::string_view text) {
  push({.time = world_.now(), .kind = kind, .text = std::string(text), .who = std::string(who)});
}

void Trace::fault(std::string_view name, std::string_view who, bool on) {
  const std::pair<std::string, std::string> what(name, who);
  if (on) {
    faults_.push_back(what);
  } else if (const auto found = std::ranges::find(faults_, what); found != faults_.end()) {
    faults_.erase(found);
  }
  add(on ? TraceKind::FaultOn : TraceKind::FaultOff, who, name);
}

void Trace::allHealedBut(std::string_view name) {
  std::erase_if(faults_, [&](const auto& one) {
    if (one.first == name) return false;
    add(TraceKind::FaultOff, one.second, one.first);
    return true;
  });
}

void Trace::violation(std::string_view invariant, std::string_view what) {
  add(TraceKind::Violation, invariant, what);
}

// A port is used again and again: the latest connection is meant, and that is near the end.
void Trace::nameEnd(const lb::Address& address, std::string_view name) {
  for (auto entry = connections_.rbegin(); entry != connections_.rend(); ++entry) {
    for (TraceConnection::End& end : entry->second.ends) {
      if (end.address != address) continue;
      end.owner = name;
      return;
    }
  }
}

void Trace::connection(std::uint64_t id, TraceConnection about) {
  if (world_.events() > last_event_) return;
  connections_[id] = std::move(about);
  if (connections_.size() > limits_.connections_max) connections_.erase(connections_.begin());
}

void Trace::owner(std::uint64_t connection, TraceEnd end, std::uint64_t loop) {
  const auto name = loops_.find(loop);
  TraceConnection* known = change(connection);
  if (known != nullptr && name != loops_.end()) known->ends[at(end)].owner = name->second;
}

void Trace::packet(MonoTime time, std::uint64_t connection, TraceKind kind, TraceStage stage, TraceEnd from,
                   std::uint64_t offset, std::uint64_t size, std::string bytes) {
  push({.time = time,
        .kind = kind,
        .stage = stage,
        .from = from,
        .connection = connection,
        .offset = offset,
        .size = size,
        .text = std::move(bytes)});
}

void Trace::read(std::uint64_t connection, TraceEnd reader, std::uint64_t bytes) {
  if (world_.events() > last_event_) return;
  if (TraceConnection* known = change(connection)) known->flows[at(other(reader))].read += bytes;
}

void Trace::connectFailed(std::uint64_t connection, std::string_view why) {
  push({.time = world_.now(), .kind = TraceKind::ConnectFailed, .connection = connection, .text = std::string(why)});
}

void Trace::closed(MonoTime time, std::uint64_t connection, TraceEnd end) {
  push({.time = time, .kind = TraceKind::Close, .from = end, .connection = connection});
}

}  // namespace sim
