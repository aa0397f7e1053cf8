// See names.h.
#include "sim/report/names.h"

#include <fmt/format.h>

namespace sim::report {

std::string endName(const Trace& trace, std::uint64_t connection, TraceEnd end) {
  const TraceConnection* known = trace.find(connection);
  if (known == nullptr) return "?";
  const TraceConnection::End& found = known->ends[static_cast<std::size_t>(end)];
  return found.owner.empty() ? found.host : found.owner;
}

std::string clockTime(MonoTime time) {
  using namespace std::chrono;
  const auto all = duration_cast<microseconds>(time.since_start - World::kStart).count();
  constexpr std::int64_t kSecond = 1'000'000;
  return fmt::format("{:02}:{:02}:{:02}.{:06}", all / (3600 * kSecond), all / (60 * kSecond) % 60, all / kSecond % 60,
                     all % kSecond);
}

std::string excerpt(std::string_view bytes, std::size_t max) {
  std::string text;
  for (const char c : bytes.substr(0, max)) {
    switch (c) {
      case '\r': text += "\\r"; break;
      case '\n': text += "\\n"; break;
      case '\t': text += "\\t"; break;
      case '\\': text += "\\\\"; break;
      default:
        if (c >= ' ' && c <= '~') {
          text += c;
        } else {
          text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
  }
  if (bytes.size() > max) text += "...";
  return text;
}

std::map<std::string, Role> rolesOfHosts(const Trace& trace) {
  struct Deeds {
    bool connects = false;
    bool accepts = false;
  };
  std::map<std::string, Deeds> hosts;
  for (const auto& [id, connection] : trace.connections()) {
    if (connection.ends[0].host == connection.ends[1].host) continue;
    hosts[connection.ends[0].host].connects = true;
    hosts[connection.ends[1].host].accepts = true;
  }
  std::map<std::string, Role> roles;
  for (const auto& [name, deeds] : hosts) {
    if (deeds.connects && deeds.accepts) {
      roles[name] = Role::Proxy;
    } else {
      roles[name] = deeds.connects ? Role::Client : Role::Backend;
    }
  }
  return roles;
}

}  // namespace sim::report
