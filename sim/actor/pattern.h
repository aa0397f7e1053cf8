// Bodies whose every 16 bytes say whose they are and where they stand: "00002a<0000001f\n" is cell 31 of the answer to
// request 42. A byte of somebody else, a gap or a shift shows at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sim::actor {

enum class Direction : char { ToBackend = '>', ToClient = '<', TunnelUp = '}', TunnelDown = '{' };

void appendPattern(std::string& out, std::uint64_t id, Direction direction, std::uint64_t offset, std::size_t count);
[[nodiscard]] bool isPattern(std::string_view bytes, std::uint64_t id, Direction direction, std::uint64_t offset);

}  // namespace sim::actor
