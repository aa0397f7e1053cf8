// See text.h.
#include "sim/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "sim/report/concern.h"
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

namespace {

// The lines of a trace from its end. A packet that has arrived is not told again when it was sent, but its excerpt
// belongs to the arrival; packets one behind the other are one line.
class LastLines {
 public:
  LastLines(const Trace& trace, std::size_t count) : trace_(trace), count_(count) {}

  // REQUIRES: called from the last event on. False: there is nothing more to say.
  bool add(const TraceEvent& event) {
    if (event.kind == TraceKind::Window || event.kind == TraceKind::Confirm) return true;
    const Key key{event.connection, event.from, event.kind, event.offset};
    if (const auto arrival = arrivals_.find(key); event.stage == TraceStage::Sent && arrival != arrivals_.end()) {
      if (!event.text.empty() && arrival->second != kWithin)
        lines_[arrival->second] += "  " + excerpt(event.text, kExcerptBytes);
      arrivals_.erase(arrival);
    } else if (continues(event)) {
      row_bytes_ += event.size;
      lines_.back() =
          textLine(trace_, event) + fmt::format(" (and {} more packets, {} B in all)", ++row_more_, row_bytes_);
      arriveWithin(event, key);
    } else if (lines_.size() < count_) {
      if (event.stage == TraceStage::Arrived) arrivals_[key] = lines_.size();
      lines_.push_back(textLine(trace_, event));
      row_more_ = 0;
      row_bytes_ = event.size;
      row_ = &event;
    }
    return lines_.size() < count_ || !arrivals_.empty();
  }

  [[nodiscard]] std::vector<std::string> take() {
    std::ranges::reverse(lines_);
    return std::move(lines_);
  }

 private:
  using Key = std::tuple<std::uint64_t, TraceEnd, TraceKind, std::uint64_t>;
  static constexpr std::size_t kWithin = std::string::npos;  // of a line that tells another packet's bytes

  [[nodiscard]] bool continues(const TraceEvent& event) const {
    return row_ != nullptr && event.kind == TraceKind::Data && row_->kind == TraceKind::Data &&
           row_->connection == event.connection && row_->from == event.from && row_->stage == event.stage;
  }
  // The bytes told are those of the earliest packet.
  void arriveWithin(const TraceEvent& event, const Key& key) {
    if (event.stage != TraceStage::Arrived) return;
    for (auto& [other, line] : arrivals_) {
      if (line == lines_.size() - 1) line = kWithin;
    }
    arrivals_[key] = lines_.size() - 1;
  }

  const Trace& trace_;
  std::size_t count_;
  std::vector<std::string> lines_;
  std::map<Key, std::size_t> arrivals_;  // of data: which line tells its arrival
  const TraceEvent* row_ = nullptr;      // what the last line began with
  std::size_t row_more_ = 0;
  std::uint64_t row_bytes_ = 0;
};

}  // namespace

std::vector<std::string> lastLines(const Trace& trace, std::size_t count, std::uint64_t request) {
  const Concern concern(trace, request);
  LastLines last(trace, count);
  for (auto event = trace.events().rbegin(); event != trace.events().rend(); ++event) {
    if (concern.covers(*event) && !last.add(*event)) break;
  }
  return last.take();
}

}  // namespace sim::report
