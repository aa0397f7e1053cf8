// See concern.h.
#include "sim/report/concern.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "sim/report/names.h"

namespace sim::report {
namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

// The number behind `word` where it stands in the text for the first time; 0: there is none.
std::uint64_t numberBehind(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::string_view rest = text.substr(at + word.size());
    std::uint64_t number = 0;
    if (!rest.empty() && isDigit(rest.front())) std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (number != 0) return number;
  }
  return 0;
}

}  // namespace

Concern::Concern(const Trace& trace, std::uint64_t request) : request_(request) {
  if (request_ != 0) findConnections(trace);
}

void Concern::findConnections(const Trace& trace) {
  const std::string mark = fmt::format("X-Sim-Id: {}\r\n", request_);
  std::map<std::uint64_t, std::string> asked;  // what came last on each connection, as far as a mark may begin there
  for (const TraceEvent& event : trace.events()) {
    const bool asks =
        event.kind == TraceKind::Data && event.stage == TraceStage::Sent && event.from == TraceEnd::Client;
    if (!asks || connections_.contains(event.connection)) continue;
    std::string& text = asked[event.connection];
    text += event.text;
    if (text.find(mark) != std::string::npos) {
      connections_.insert(event.connection);
    } else if (text.size() >= mark.size()) {
      text.erase(0, text.size() - mark.size() + 1);
    }
  }
  for (const std::uint64_t id : connections_) {
    for (const TraceEnd end : {TraceEnd::Client, TraceEnd::Server}) {
      parties_.insert(endName(trace, id, end));
      if (const TraceConnection* known = trace.find(id))
        parties_.insert(known->ends.at(static_cast<std::size_t>(end)).host);
    }
  }
}

bool Concern::saysOfAnother(std::string_view text) const {
  const std::uint64_t number = numberBehind(text, "request ");
  return number != 0 && number != request_;
}

bool Concern::covers(const TraceEvent& event) const {
  if (request_ == 0) return true;
  if (event.connection != 0) return connections_.contains(event.connection);
  switch (event.kind) {
    case TraceKind::FaultOn:
    case TraceKind::FaultOff: return parties_.contains(event.who);
    case TraceKind::Access: return numberBehind(event.text, "/r/") == request_;
    case TraceKind::Note: return !saysOfAnother(event.text) && (event.who.empty() || parties_.contains(event.who));
    default: return true;
  }
}

}  // namespace sim::report
