// See page_data.h.
#include "sim/report/page_data.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "sim/report/base64.h"
#include "sim/report/lanes.h"

namespace sim::report {

namespace {

using Json = nlohmann::ordered_json;

// Texts and bytes, each kept once: "t" and the text, or "b" and base64 of what is not plain.
class Strings {
 public:
  std::size_t add(const std::string& text) {
    const auto [entry, fresh] = numbers_.try_emplace(text.substr(0, kPageStringMax), entries_.size());
    if (fresh) entries_.push_back(look(entry->first));
    return entry->second;
  }

  // No more than `budget` bytes of JSON: the longest are cut, all to the same length.
  [[nodiscard]] Json write(std::size_t budget) const {
    std::size_t low = 0;
    std::size_t high = kPageStringMax;
    while (low < high) {
      const std::size_t middle = (low + high + 1) / 2;
      if (cost(middle) <= budget) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    Json list = Json::array();
    for (const Entry& entry : entries_) {
      const std::string part = entry.text->substr(0, low);
      list.push_back(entry.plain ? "t" + part : "b" + base64(part));
    }
    return list;
  }

 private:
  struct Entry {
    const std::string* text;
    bool plain;
    std::size_t escapes;  // bytes that JSON needs beyond the text's own, with "<" escaped
  };

  static Entry look(const std::string& text) {
    Entry entry{.text = &text, .plain = true, .escapes = 0};
    for (const char c : text) {
      const bool space = c == '\r' || c == '\n' || c == '\t';
      if (!space && (c < ' ' || c > '~')) entry.plain = false;
      if (space || c == '"' || c == '\\') entry.escapes += 1;
      if (c == '<') entry.escapes += 5;
    }
    return entry;
  }

  [[nodiscard]] std::size_t cost(std::size_t max) const {
    std::size_t sum = 0;
    for (const Entry& entry : entries_) {
      constexpr std::size_t kAround = 4;  // two quotes, a letter, a comma
      const std::size_t size = std::min(entry.text->size(), max);
      sum += kAround + (entry.plain ? size + std::min(entry.escapes, 5 * size) : (size + 2) / 3 * 4);
    }
    return sum;
  }

  std::map<std::string, std::size_t> numbers_;
  std::vector<Entry> entries_;
};

class Builder {
 public:
  Builder(const Trace& trace, const PageHead& head) : trace_(trace), head_(head), lanes_(trace) {}

  std::string build() {
    const auto& events = trace_.events();
    const std::size_t first = events.size() - std::min(events.size(), kPageRowsMax);
    for (std::size_t i = first; i < events.size(); ++i) add(events[i]);
    Json data = header(first);
    data["rows"] = {{"time", std::move(times_)}, {"event", std::move(numbers_)}};
    data["messages"] = std::move(messages_);
    data["marks"] = std::move(marks_);
    const std::size_t rest = text(data).size();
    data["strings"] = strings_.write(kPageDataMax - std::min(rest, kPageDataMax));
    return safe(text(data));
  }

 private:
  Json header(std::size_t first) const {
    Json data;
    data["title"] = head_.title;
    data["failed"] = head_.failed;
    data["facts"] = head_.facts;
    data["left_out"] = trace_.dropped() + first;
    Json kinds = Json::array();
    for (int kind = 0; kind <= static_cast<int>(TraceKind::Violation); ++kind)
      kinds.push_back(toString(static_cast<TraceKind>(kind)));
    data["kinds"] = std::move(kinds);
    Json lanes = Json::array();
    for (const Lane& lane : lanes_.all()) lanes.push_back({lane.name, lane.host, static_cast<int>(lane.role)});
    data["lanes"] = std::move(lanes);
    data["connections"] = connections_;
    return data;
  }

  void add(const TraceEvent& event) {
    const std::int64_t time = (event.time.since_start - World::kStart).count();
    const std::size_t row = times_.size();
    times_.push_back(time - std::exchange(last_time_, time));
    numbers_.push_back(event.event - std::exchange(last_number_, event.event));
    const std::int64_t text = event.text.empty() ? -1 : static_cast<std::int64_t>(strings_.add(event.text));
    const int connection = connectionOf(event.connection);
    if (!isPacket(event.kind)) {
      const int lane = event.connection != 0 ? laneOf(event.connection, event.from) : lanes_.named(event.who);
      Json mark{static_cast<int>(event.kind), row, lane, connection, text};
      if (lane < 0 || event.kind == TraceKind::FaultOn || event.kind == TraceKind::FaultOff)
        mark.push_back(strings_.add(event.who));
      marks_.push_back(std::move(mark));
      return;
    }
    const std::tuple key{event.connection, event.from, event.kind, event.offset};
    const auto sent = flying_.find(key);
    if (event.stage == TraceStage::Arrived && sent != flying_.end()) {
      messages_[sent->second][4] = row;
      flying_.erase(sent);
      return;
    }
    const bool sends = event.stage == TraceStage::Sent;
    if (sends) flying_[key] = messages_.size();
    messages_.push_back(Json{static_cast<int>(event.kind), connection, static_cast<int>(event.from),
                             sends ? static_cast<std::int64_t>(row) : -1, sends ? -1 : static_cast<std::int64_t>(row),
                             event.offset, event.size, text});
  }

  int laneOf(std::uint64_t connection, TraceEnd end) const {
    const TraceConnection* known = trace_.find(connection);
    return known == nullptr ? -1 : lanes_.of(known->ends[static_cast<std::size_t>(end)]);
  }

  int connectionOf(std::uint64_t id) {
    if (id == 0) return -1;
    const auto [entry, fresh] = connection_numbers_.try_emplace(id, static_cast<int>(connections_.size()));
    if (fresh) {
      const TraceConnection* known = trace_.find(id);
      const auto address = [&](std::size_t end) {
        return known == nullptr ? "?" : known->ends[end].address.toString();
      };
      connections_.push_back(
          Json{id, laneOf(id, TraceEnd::Client), laneOf(id, TraceEnd::Server), address(0), address(1)});
    }
    return entry->second;
  }

  // What people wrote need not be UTF-8.
  static std::string text(const Json& data) { return data.dump(-1, ' ', true, Json::error_handler_t::replace); }
  static std::string safe(const std::string& json) {
    std::string out;
    out.reserve(json.size());
    for (const char c : json) {
      if (c == '<') {
        out += "\\u003c";
      } else {
        out += c;
      }
    }
    return out;
  }

  const Trace& trace_;
  const PageHead& head_;
  Lanes lanes_;
  Strings strings_;
  Json times_ = Json::array();    // nanoseconds since the row before
  Json numbers_ = Json::array();  // of the world's events, since the row before
  // kind, connection, end that sends, row of sending or -1, row of arrival or -1, offset, size, string or -1
  Json messages_ = Json::array();
  Json marks_ = Json::array();  // kind, row, lane or -1, connection or -1, string or -1, and whose it is
  Json connections_ = Json::array();
  std::map<std::uint64_t, int> connection_numbers_;
  std::map<std::tuple<std::uint64_t, TraceEnd, TraceKind, std::uint64_t>, std::size_t> flying_;
  std::int64_t last_time_ = 0;
  std::uint64_t last_number_ = 0;
};

}  // namespace

std::string pageData(const Trace& trace, const PageHead& head) {
  return Builder(trace, head).build();
}

}  // namespace sim::report
