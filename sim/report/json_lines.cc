// See json_lines.h.
#include "sim/report/json_lines.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/report/base64.h"
#include "sim/report/names.h"

namespace sim::report {

namespace {

bool printable(char c) {
  return (c >= ' ' && c <= '~') || c == '\r' || c == '\n' || c == '\t';
}

const char* stageName(TraceStage stage) {
  return stage == TraceStage::Sent ? "sent" : "arrived";
}

}  // namespace

void writeJsonLines(const Trace& trace, std::ostream& out) {
  for (const TraceEvent& event : trace.events()) {
    nlohmann::ordered_json line;
    line["time_ns"] = (event.time.since_start - World::kStart).count();
    line["event"] = event.event;
    line["kind"] = toString(event.kind);
    if (event.stage != TraceStage::Local) line["stage"] = stageName(event.stage);
    if (event.connection != 0) {
      line["connection"] = event.connection;
      line["from"] = endName(trace, event.connection, event.from);
      if (isPacket(event.kind)) line["to"] = endName(trace, event.connection, other(event.from));
    }
    if (!event.who.empty()) line["who"] = event.who;
    if (event.kind == TraceKind::Data) {
      line["offset"] = event.offset;
      line["size"] = event.size;
    } else if (event.offset != 0) {
      line[event.kind == TraceKind::Window ? "edge" : "attempt"] = event.offset;
    }
    if (!event.text.empty()) {
      const bool plain = std::ranges::all_of(event.text, printable);
      line[plain ? "text" : "base64"] = plain ? event.text : base64(event.text);
    }
    out << line.dump() << '\n';
  }
}

}  // namespace sim::report
