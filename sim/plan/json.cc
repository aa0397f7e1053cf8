// A scenario as JSON, for eyes and for files. Durations are nanoseconds; the configuration is the YAML that lb reads.
#include <nlohmann/json.hpp>

#include "lb/config/parse.h"
#include "sim/plan/scenario.h"

namespace sim::plan {
namespace {

using Json = nlohmann::ordered_json;

Json number(Duration time) {
  return time.count();
}

const char* name(Framing framing) {
  constexpr const char* kNames[] = {"none", "length", "chunked", "until_close"};
  return kNames[static_cast<std::size_t>(framing)];
}

const char* name(AnswerFault fault) {
  constexpr const char* kNames[] = {
      "none",      "no_answer_close", "no_answer_reset", "silence",      "cut_close", "cut_reset",  "garbage",
      "huge_head", "trailing_bytes",  "idle_bytes",      "silent_close", "early",     "early_reset"};
  return kNames[static_cast<std::size_t>(fault)];
}

Json of(const Answer& answer) {
  Json json{{"status", answer.status},
            {"framing", name(answer.framing)},
            {"bytes", answer.bytes},
            {"delay", number(answer.delay)}};
  if (answer.framing == Framing::Chunked) json["chunk"] = answer.chunk;
  if (answer.piece > 0) json["piece"] = answer.piece, json["gap"] = number(answer.gap);
  if (answer.interim) json["interim"] = true;
  if (answer.trailers) json["trailers"] = true;
  if (answer.close) json["close"] = true;
  if (answer.fault != AnswerFault::None) json["fault"] = name(answer.fault), json["fault_at"] = answer.fault_at;
  return json;
}

Json of(const Request& request) {
  Json json{{"id", request.id}, {"method", request.method}, {"service", request.service}};
  if (request.http10) json["http10"] = true;
  if (request.keep_alive) json["keep_alive"] = true;
  if (request.close) json["close"] = true;
  if (request.expect) json["expect"] = true;
  if (request.hop_by_hop) json["hop_by_hop"] = true;
  if (request.trailers) json["trailers"] = true;
  if (request.framing != Framing::None) json["framing"] = name(request.framing), json["bytes"] = request.bytes;
  if (request.framing == Framing::Chunked) json["chunk"] = request.chunk;
  if (request.malformed >= 0) json["malformed"] = request.malformed;
  if (request.cut_at >= 0) json["cut_at"] = request.cut_at;
  if (request.think > Duration::zero()) json["think"] = number(request.think);
  json["answer"] = of(request.answer);
  return json;
}

Json of(const Client& client) {
  constexpr const char* kCuts[] = {"reset", "half_close", "silence"};
  constexpr const char* kReadings[] = {"normal", "small", "never"};
  Json json{{"start", number(client.start)},
            {"pipeline", client.pipeline},
            {"piece", client.piece},
            {"gap", number(client.gap)},
            {"reading", kReadings[static_cast<std::size_t>(client.reading)]},
            {"cut", kCuts[static_cast<std::size_t>(client.cut)]},
            {"half_close", client.half_close},
            {"patience", number(client.patience)},
            {"requests", Json::array()}};
  for (const Request& request : client.requests) json["requests"].push_back(of(request));
  return json;
}

Json of(const Fault& fault) {
  constexpr const char* kKinds[] = {"stall", "stall_to", "stall_from", "black_hole", "refuse", "kill", "slow", "pause", "accept_exhausted", "connect_exhausted", "dns_fails", "dns_empty", "dns_silent", "dns_moves", "wall_jump"};
  return {{"kind", kKinds[static_cast<std::size_t>(fault.kind)]},
          {"at", number(fault.at)},
          {"length", number(fault.length)},
          {"who", fault.who}};
}

}  // namespace

std::string toJson(const Scenario& scenario) {
  const Network& net = scenario.network;
  Json json{{"seed", scenario.seed},
            {"families", scenario.families},
            {"calm_only", scenario.calm_only},
            {"drain_in_storm", scenario.drain_in_storm},
            {"storm", number(scenario.storm)},
            {"backends", scenario.backends.size()},
            {"network",
             {{"latency", number(net.latency)},
              {"jitter", number(net.jitter)},
              {"segment_max", net.segment_max},
              {"window", net.window},
              {"short_io", net.short_io}}},
            {"config", lb::config::dump(scenario.config)},
            {"reloads", Json::array()},
            {"faults", Json::array()},
            {"clients", Json::array()}};
  for (const Duration at : scenario.reloads) json["reloads"].push_back(number(at));
  for (const Fault& fault : scenario.faults) json["faults"].push_back(of(fault));
  for (const Client& client : scenario.clients) json["clients"].push_back(of(client));
  return json.dump(1);
}

}  // namespace sim::plan
