// Who takes part in a rehearsal: the services of all configurations that come into force, and a simulated backend for
// every address that any of their hosts may stand for.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/config/config.h"

namespace sim::rehearse {

// What the simulated name service says.
struct NameAnswer {
  bool made_up = false;  // it has one address of 198.18.0.0/16, as nobody says which
  std::vector<lb::IpAddress> addresses;
  lb::Duration ttl = std::chrono::seconds(30);
  lb::Duration delay = std::chrono::milliseconds(1);
  bool fails = false;
  bool silent = false;
};

// What somebody says of a name; what is not said stays.
struct NamePatch {
  std::optional<std::vector<lb::IpAddress>> addresses;
  std::optional<lb::Duration> ttl;
  std::optional<lb::Duration> delay;
  bool fails = false;
  bool silent = false;
  void apply(NameAnswer& answer) const {
    if (addresses) answer.addresses = *addresses;
    answer.ttl = ttl.value_or(answer.ttl);
    answer.delay = delay.value_or(answer.delay);
    answer.fails = answer.fails || fails;
    answer.silent = answer.silent || silent;
  }
};

// What active checks by HTTP ask of a backend: one path, which several services may look at.
struct CheckedPath {
  std::string path;
  std::string host;                     // that they name; "": the backend's own
  std::vector<std::uint16_t> statuses;  // that pass with all of them, as the first lists them
  std::string body;                     // in which each finds what it looks for
  friend bool operator==(const CheckedPath&, const CheckedPath&) = default;
};

struct Site {
  std::string label;                         // what people call it: "10.0.0.3:8080", "api.internal:8080"
  std::vector<std::string> also;             // further names that match it
  lb::Address address;                       // where it listens; on lb's own machine if that is a loopback address
  std::vector<std::size_t> services;         // that may send to it
  std::vector<CheckedPath> checks{};         // each path once
  std::vector<std::uint16_t> check_ports{};  // where it listens as well
};

struct Layout {
  std::vector<std::string> services;
  std::vector<Site> sites;
  std::map<std::string, NameAnswer> names;  // as they are at the start
  std::vector<std::string> conflicts;       // between active checks, for people: no backend can pass all of them

  [[nodiscard]] std::vector<std::size_t> matching(std::string_view pattern) const;  // `*` stands for any text
  [[nodiscard]] std::vector<std::string_view> labels() const;
};

// `names`: what the scenario says of names at the start; `later`: which addresses they may get during the rehearsal.
// A name of which neither says anything gets an address of the range for benchmarks (RFC 2544).
[[nodiscard]] Layout layOut(const std::vector<const lb::config::Config*>& configs,
                            std::map<std::string, NameAnswer> names,
                            const std::map<std::string, std::vector<lb::IpAddress>>& later);

// The service that serves this host, by the rules of docs/configuration.md; null: none.
[[nodiscard]] const lb::config::Service* serviceOfHost(const lb::config::Config& config, std::string_view host);

[[nodiscard]] bool isLoopback(const lb::IpAddress& ip);
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text);

}  // namespace sim::rehearse
