// What routes make of a planned request, worked out from the configuration and the table of spellings alone: by
// segments and lists, in another way than lb does.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/actor/strict_reader.h"
#include "sim/plan/scenario.h"

namespace sim::check {

using FieldLines = std::vector<std::pair<std::string, std::string>>;  // names in lower case

struct RouteFate {
  enum class Kind : std::uint8_t { Forward, Answer, Refused, NoRoute };
  struct Way {  // to one service
    std::string service;
    FieldLines request;  // of those that rules are about
    FieldLines response;
  };
  Kind kind = Kind::NoRoute;
  bool by_route = false;  // not by a domain
  std::string target;     // at a backend
  std::vector<Way> ways;
  int status = 0;  // of an Answer
  std::string reason;
  std::string location;
  std::size_t body = 0;  // bytes of a fixed response
  FieldLines response;   // of an Answer
};

[[nodiscard]] RouteFate fateOf(const lb::config::Config& config, const plan::Request& request);

// Those fields of a head that rules of drawn routes are about, in their order.
[[nodiscard]] FieldLines ruledFields(const actor::Head& head);
[[nodiscard]] bool isRuled(const actor::Head& head, std::size_t index);

}  // namespace sim::check
