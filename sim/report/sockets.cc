// See sockets.h.
#include "sim/report/sockets.h"

#include <fmt/format.h>

#include "sim/report/names.h"

namespace sim::report {

namespace {

constexpr std::size_t index(TraceEnd end) {
  return static_cast<std::size_t>(end);
}

}  // namespace

// Without acknowledgements of a FIN: it counts as acknowledged when it has arrived.
std::string socketState(const TraceConnection& connection, TraceEnd end) {
  using State = TraceConnection::State;
  const TraceConnection::End& here = connection.ends[index(end)];
  const TraceConnection::Flow& out = connection.flows[index(end)];
  const TraceConnection::Flow& in = connection.flows[index(other(end))];
  if (here.state == State::Failed) return "FAILED";
  if (here.state == State::Connecting) return end == TraceEnd::Client ? "SYN_SENT" : "LISTEN";
  if (here.reset) return here.state == State::Closed ? "CLOSED" : "RESET";
  if (!out.finish_sent) {
    if (here.state == State::Closed) return "CLOSED";  // with a reset, or with bytes that may never leave
    return in.finish_arrived ? "CLOSE_WAIT" : "ESTABLISHED";
  }
  if (in.finish_arrived) return out.finish_arrived ? "CLOSED" : "LAST_ACK";
  return out.finish_arrived ? "FIN_WAIT2" : "FIN_WAIT1";
}

void writeSockets(const Trace& trace, std::ostream& out) {
  out << fmt::format("{:<8} {:<10} {:<24} {:<24} {:<12} {:>8} {:>8} {:>10} {:>10}\n", "conn", "who", "local", "remote",
                     "state", "unread", "flying", "received", "sent");
  std::size_t ended = 0;
  for (const auto& [id, connection] : trace.connections()) {
    const auto over = [](const std::string& state) {
      return state == "CLOSED" || state == "FAILED" || state == "LISTEN";
    };
    if (over(socketState(connection, TraceEnd::Client)) && over(socketState(connection, TraceEnd::Server))) {
      ++ended;
      continue;
    }
    for (const TraceEnd end : {TraceEnd::Client, TraceEnd::Server}) {
      const TraceConnection::Flow& sends = connection.flows[index(end)];
      const TraceConnection::Flow& gets = connection.flows[index(other(end))];
      out << fmt::format("{:<8} {:<10} {:<24} {:<24} {:<12} {:>8} {:>8} {:>10} {:>10}\n", fmt::format("#{}", id),
                         endName(trace, id, end), connection.ends[index(end)].address.toString(),
                         connection.ends[index(other(end))].address.toString(), socketState(connection, end),
                         gets.arrived - gets.read, sends.sent - sends.arrived, gets.arrived, sends.sent);
    }
  }
  out << fmt::format("({} more connections have ended)\n", ended);
}

}  // namespace sim::report
