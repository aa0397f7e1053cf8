// The states of one exchange, and the only moves between them.
#pragma once

#include <cstdint>

namespace lb::proxy {

enum class Phase : std::uint8_t {
  Start,    // the request's head is here
  Wait,     // no backend has it: it waits for one with room, or before it is sent again
  Forward,  // a backend was chosen; the request is on its way, no final response head yet
  Relay,    // the backend's response is being passed on
  Tunnel,   // after 101: opaque bytes in both directions
  Reply,    // the proxy answers by itself
  Done,     // booked and logged
};

constexpr bool legal(Phase from, Phase to) {
  using enum Phase;
  switch (from) {
    case Start: return to == Wait || to == Forward || to == Reply || to == Done;
    case Wait: return to == Forward || to == Relay || to == Reply || to == Done;  // Relay: an answer that was kept
    case Forward: return to != Start;                                             // to itself: again
    case Relay: return to == Done;
    case Tunnel: return to == Done;
    case Reply: return to == Done;
    case Done: return false;
  }
  return false;
}
static_assert(!legal(Phase::Relay, Phase::Forward), "nothing is sent again once a response has begun");
static_assert(!legal(Phase::Reply, Phase::Relay), "one final response, never two");
static_assert(!legal(Phase::Done, Phase::Start));

}  // namespace lb::proxy
