// What requests say of whom they come from (X-Forwarded-For), and who that is where their sender is believed. A table,
// so that the oracles need no code like lb's to know it.
#pragma once

#include <array>
#include <string>

#include "sim/plan/scenario.h"

namespace sim::plan {

struct Forwarded {
  const char* sent;
  const char* client;   // null: the sender itself, as something in the row is no address
  const char* network;  // by which clients are told from each other: of IPv6 the network of a subscriber
};

inline constexpr const char* kTrustedNetwork = "10.9.0.0/16";  // believed as well as the clients' host, if that is

inline constexpr std::array kForwarded{
    Forwarded{"198.51.100.1", "198.51.100.1", "198.51.100.1"},
    Forwarded{"198.51.100.2", "198.51.100.2", "198.51.100.2"},
    Forwarded{"198.51.100.1:4711", "198.51.100.1", "198.51.100.1"},
    Forwarded{"203.0.113.9, 198.51.100.1", "198.51.100.1", "198.51.100.1"},
    Forwarded{"198.51.100.2, 10.9.0.7", "198.51.100.2", "198.51.100.2"},
    Forwarded{"unknown,198.51.100.2 ,\t10.9.1.1", "198.51.100.2", "198.51.100.2"},
    Forwarded{"198.51.100.1, unknown", nullptr, nullptr},
    Forwarded{"2001:db8::1", "2001:db8::1", "2001:db8::/64"},
    Forwarded{"2001:db8::ffff:0:0:2", "2001:db8::ffff:0:0:2", "2001:db8::/64"},
    Forwarded{"[2001:db8::3]:443", "2001:db8::3", "2001:db8::/64"},
    Forwarded{"2001:db8:0:1::1", "2001:db8:0:1::1", "2001:db8:0:1::/64"},
};

// Null: it says nothing of that.
[[nodiscard]] inline const Forwarded* forwardedOf(const Request& request) {
  return request.forwarded < 0 ? nullptr : &kForwarded.at(static_cast<std::size_t>(request.forwarded));
}

// Are the scenario's clients proxies that are believed?
[[nodiscard]] inline bool believed(const Scenario& scenario) {
  return !scenario.config.trusted_proxies.empty();
}

}  // namespace sim::plan
