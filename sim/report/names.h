// What things of a trace are called and where they stand in a picture of it, the same in every rendering.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sim/core/trace.h"

namespace sim::report {

// "c3", "proxy0", "b1": who holds this end, or its host as long as nobody does. "?": the trace has forgotten it.
[[nodiscard]] std::string endName(const Trace& trace, std::uint64_t connection, TraceEnd end);

// Since the world began: "00:03:11.204518".
[[nodiscard]] std::string clockTime(MonoTime time);

// The first `max` bytes on one line, with escapes for what is not printable.
[[nodiscard]] std::string excerpt(std::string_view bytes, std::size_t max);

// A host that only connects is a client, one that only accepts is a backend, one that does both is a proxy.
enum class Role : std::uint8_t { Client, Proxy, Backend };
[[nodiscard]] std::map<std::string, Role> rolesOfHosts(const Trace& trace);

}  // namespace sim::report
