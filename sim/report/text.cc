// See text.h.
#include "sim/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "sim/report/names.h"

namespace sim::report {

namespace {

constexpr std::size_t kExcerptBytes = 80;

std::string packetText(const TraceEvent& event) {
  switch (event.kind) {
    case TraceKind::Connect: return event.offset == 0 ? "SYN" : fmt::format("SYN, attempt {}", event.offset + 1);
    case TraceKind::Accept: return "SYN ACK";
    case TraceKind::Confirm: return "ACK";
    case TraceKind::Finish: return "FIN";
    case TraceKind::Reset: return "RST";
    case TraceKind::Window: return fmt::format("window up to {}", event.offset);
    default: break;
  }
  std::string text = fmt::format("{} B at {}", event.size, event.offset);
  if (!event.text.empty()) text = fmt::format("{:<18} {}", text, excerpt(event.text, kExcerptBytes));
  return text;
}

const char* verb(const TraceEvent& event) {
  switch (event.stage) {
    case TraceStage::Sent: return "sends";
    case TraceStage::Arrived: return "arrives";
    case TraceStage::Local: break;
  }
  switch (event.kind) {
    case TraceKind::ConnectFailed: return "FAILS";
    case TraceKind::Close: return "closes";
    case TraceKind::FaultOn: return "FAULT";
    case TraceKind::FaultOff: return "healed";
    case TraceKind::Log: return "log";
    case TraceKind::Access: return "access";
    case TraceKind::Violation: return "VIOLATES";
    default: return "note";
  }
}

}  // namespace

std::string textLine(const Trace& trace, const TraceEvent& event) {
  std::string connection;
  std::string who = event.who;
  std::string what = event.text;
  if (event.connection != 0) {
    connection = fmt::format("#{}", event.connection);
    who = endName(trace, event.connection, event.from);
    if (isPacket(event.kind)) {
      who += " -> " + endName(trace, event.connection, other(event.from));
      what = packetText(event);
    }
  }
  std::string line = fmt::format("{} {:>8} {:<7} {:<20} {:<8} {}", clockTime(event.time), event.event, connection, who,
                                 verb(event), what);
  std::ranges::replace(line, '\n', ' ');
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

void writeText(const Trace& trace, std::ostream& out, std::uint64_t until_event) {
  if (trace.dropped() > 0) out << fmt::format("({} earlier events have been dropped)\n", trace.dropped());
  for (const TraceEvent& event : trace.events()) {
    if (event.event > until_event) break;
    out << textLine(trace, event) << '\n';
  }
}

// From the end: a packet that has arrived is not told again when it was sent, but its excerpt belongs to the arrival.
std::vector<std::string> lastLines(const Trace& trace, std::size_t count) {
  using Key = std::tuple<std::uint64_t, TraceEnd, TraceKind, std::uint64_t>;
  std::map<Key, std::size_t> arrivals;  // of data: which line tells its arrival
  std::vector<std::string> lines;
  for (auto event = trace.events().rbegin(); event != trace.events().rend(); ++event) {
    if (event->kind == TraceKind::Window || event->kind == TraceKind::Confirm) continue;
    const Key key{event->connection, event->from, event->kind, event->offset};
    const auto arrival = arrivals.find(key);
    if (event->stage == TraceStage::Sent && arrival != arrivals.end()) {
      if (!event->text.empty()) lines[arrival->second] += "  " + excerpt(event->text, kExcerptBytes);
      arrivals.erase(arrival);
    } else if (lines.size() < count) {
      if (event->stage == TraceStage::Arrived) arrivals[key] = lines.size();
      lines.push_back(textLine(trace, *event));
    }
    if (lines.size() == count && arrivals.empty()) break;
  }
  std::ranges::reverse(lines);
  return lines;
}

}  // namespace sim::report
