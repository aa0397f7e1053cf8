// What becomes of one request under a configuration, without sending it: the parser, the router and the edits of heads
// that lb itself has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/config/config.h"
#include "lb/http/message.h"

namespace lb::check {

struct Question {
  std::string head;                        // request line and fields, as a client sends them, with the empty line
  IpAddress client;                        // the connection's other end
  std::vector<config::HeaderLine> answer;  // the fields of a backend's answer
};

struct Outcome {
  std::vector<std::string> services;  // that may get it: one, or those of a split; none if lb answers by itself
  std::vector<std::string> backends;  // of all of them, in order, each once
  std::uint16_t status = 0;           // of lb's own answer; 0: a backend's
  std::string detail;                 // of such an answer that is an error
  std::string path;                   // as a backend gets it, with its query
  std::string location;
  std::string body;
  // What a backend gets and what a client gets, one for each of `services`, or one for lb's own answer.
  std::vector<http::Fields> requests;
  std::vector<http::Fields> responses;
};

[[nodiscard]] Outcome outcomeOf(const config::Config& config, const Question& question);

}  // namespace lb::check
