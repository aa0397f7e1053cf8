// The fields of a scenario's structs, described once: name and member. Reading, writing (json.cc) and shrinking
// (sim/shrink) all follow this description, and a struct with a field that is missing here does not compile.
//
// A new field takes one line here; a new enum a table of words, a new struct a `describe` of its own. Every field has
// its default in scenario.h; in files it may be left out, so that a stored scenario outlives new fields.
#pragma once

#include <array>
#include <type_traits>

#include "sim/plan/member_count.h"
#include "sim/plan/scenario.h"

namespace sim::plan {

template <class E>
struct Word {
  E value;
  const char* word;
};

inline constexpr std::array<Word<Framing>, 4> kFramingWords{{{Framing::None, "none"},
                                                             {Framing::Length, "length"},
                                                             {Framing::Chunked, "chunked"},
                                                             {Framing::UntilClose, "until_close"}}};
inline constexpr std::array<Word<AnswerFault>, 22> kAnswerFaultWords{{{AnswerFault::None, "none"},
                                                                      {AnswerFault::NoAnswerClose, "no_answer_close"},
                                                                      {AnswerFault::NoAnswerReset, "no_answer_reset"},
                                                                      {AnswerFault::Silence, "silence"},
                                                                      {AnswerFault::CutClose, "cut_close"},
                                                                      {AnswerFault::CutReset, "cut_reset"},
                                                                      {AnswerFault::Garbage, "garbage"},
                                                                      {AnswerFault::HugeHead, "huge_head"},
                                                                      {AnswerFault::TrailingBytes, "trailing_bytes"},
                                                                      {AnswerFault::IdleBytes, "idle_bytes"},
                                                                      {AnswerFault::SilentClose, "silent_close"},
                                                                      {AnswerFault::Early, "early"},
                                                                      {AnswerFault::EarlyReset, "early_reset"},
                                                                      {AnswerFault::StopsReading, "stops_reading"},
                                                                      {AnswerFault::EarlyClose, "early_close"},
                                                                      {AnswerFault::LengthTooLarge, "length_too_large"},
                                                                      {AnswerFault::LengthTooSmall, "length_too_small"},
                                                                      {AnswerFault::BadChunk, "bad_chunk"},
                                                                      {AnswerFault::SaysClose, "says_close"},
                                                                      {AnswerFault::IdleAnswer, "idle_answer"},
                                                                      {AnswerFault::Unavailable, "unavailable"},
                                                                      {AnswerFault::ResetAfter, "reset_after"}}};
inline constexpr std::array<Word<Cut>, 3> kCutWords{
    {{Cut::Reset, "reset"}, {Cut::HalfClose, "half_close"}, {Cut::Silence, "silence"}}};
inline constexpr std::array<Word<Reading>, 3> kReadingWords{
    {{Reading::Normal, "normal"}, {Reading::Small, "small"}, {Reading::Never, "never"}}};
inline constexpr std::array<Word<Tunnel::End>, 4> kTunnelEndWords{{{Tunnel::End::Client, "client"},
                                                                   {Tunnel::End::Backend, "backend"},
                                                                   {Tunnel::End::ClientReset, "client_reset"},
                                                                   {Tunnel::End::BackendReset, "backend_reset"}}};
inline constexpr std::array<Word<FaultKind>, 26> kFaultKindWords{{{FaultKind::Stall, "stall"},
                                                                  {FaultKind::StallTo, "stall_to"},
                                                                  {FaultKind::StallFrom, "stall_from"},
                                                                  {FaultKind::BlackHole, "black_hole"},
                                                                  {FaultKind::Refuse, "refuse"},
                                                                  {FaultKind::Kill, "kill"},
                                                                  {FaultKind::Slow, "slow"},
                                                                  {FaultKind::Pause, "pause"},
                                                                  {FaultKind::AcceptExhausted, "accept_exhausted"},
                                                                  {FaultKind::ConnectExhausted, "connect_exhausted"},
                                                                  {FaultKind::DnsFails, "dns_fails"},
                                                                  {FaultKind::DnsEmpty, "dns_empty"},
                                                                  {FaultKind::DnsSilent, "dns_silent"},
                                                                  {FaultKind::DnsMoves, "dns_moves"},
                                                                  {FaultKind::WallJump, "wall_jump"},
                                                                  {FaultKind::HangUp, "hang_up"},
                                                                  {FaultKind::BacklogFull, "backlog_full"},
                                                                  {FaultKind::FewPorts, "few_ports"},
                                                                  {FaultKind::Sick, "sick"},
                                                                  {FaultKind::CheckSick, "check_sick"},
                                                                  {FaultKind::DrainByHand, "drain_by_hand"},
                                                                  {FaultKind::WeighByHand, "weigh_by_hand"},
                                                                  {FaultKind::Loss, "loss"},
                                                                  {FaultKind::Far, "far"},
                                                                  {FaultKind::DnsSlow, "dns_slow"},
                                                                  {FaultKind::CutHandshake, "cut_handshake"}}};
inline constexpr std::array<Word<Trigger>, 4> kTriggerWords{
    {{Trigger::None, "none"}, {Trigger::Request, "request"}, {Trigger::Answer, "answer"}, {Trigger::Count, "count"}}};

[[nodiscard]] constexpr const auto& wordsOf(Framing) {
  return kFramingWords;
}
[[nodiscard]] constexpr const auto& wordsOf(AnswerFault) {
  return kAnswerFaultWords;
}
[[nodiscard]] constexpr const auto& wordsOf(Cut) {
  return kCutWords;
}
[[nodiscard]] constexpr const auto& wordsOf(Reading) {
  return kReadingWords;
}
[[nodiscard]] constexpr const auto& wordsOf(Tunnel::End) {
  return kTunnelEndWords;
}
[[nodiscard]] constexpr const auto& wordsOf(FaultKind) {
  return kFaultKindWords;
}
[[nodiscard]] constexpr const auto& wordsOf(Trigger) {
  return kTriggerWords;
}

// `field(name, member)` for each. Those with kAlways stand in a file even with their default value, because nobody
// would understand the file without them.
struct Always {};
inline constexpr Always kAlways;
// Here the default of zero means "as much as there is": less than a given number is not simpler, but nothing is.
struct ZeroIsAll {};
inline constexpr ZeroIsAll kZeroIsAll;
template <class Tag, class... Tags>
inline constexpr bool kTagged = (std::is_same_v<Tag, Tags> || ...);

template <class Field>
constexpr void describe(std::type_identity<Answer>, Field&& field) {
  field("status", &Answer::status);
  field("framing", &Answer::framing);
  field("bytes", &Answer::bytes);
  field("chunk", &Answer::chunk);
  field("delay", &Answer::delay);
  field("piece", &Answer::piece, kZeroIsAll);
  field("gap", &Answer::gap);
  field("interim", &Answer::interim);
  field("trailers", &Answer::trailers);
  field("fields", &Answer::fields);
  field("close", &Answer::close);
  field("duplex", &Answer::duplex);
  field("continue_after", &Answer::continue_after);
  field("fault", &Answer::fault);
  field("fault_at", &Answer::fault_at);
}

template <class Field>
constexpr void describe(std::type_identity<Tunnel>, Field&& field) {
  field("up", &Tunnel::up);
  field("down", &Tunnel::down);
  field("end", &Tunnel::end);
  field("eager", &Tunnel::eager);
}

template <class Field>
constexpr void describe(std::type_identity<Request>, Field&& field) {
  field("id", &Request::id, kAlways);
  field("method", &Request::method, kAlways);
  field("service", &Request::service);
  field("http10", &Request::http10);
  field("keep_alive", &Request::keep_alive);
  field("close", &Request::close);
  field("expect", &Request::expect);
  field("patient", &Request::patient);
  field("idempotency_key", &Request::idempotency_key);
  field("hop_by_hop", &Request::hop_by_hop);
  field("fields", &Request::fields);
  field("words", &Request::words);
  field("padding", &Request::padding);
  field("spelled", &Request::spelled);
  field("canary", &Request::canary);
  field("trailers", &Request::trailers);
  field("affinity", &Request::affinity);
  field("forwarded", &Request::forwarded);
  field("upgrade", &Request::upgrade);
  field("tunnel", &Request::tunnel);
  field("framing", &Request::framing);
  field("bytes", &Request::bytes);
  field("chunk", &Request::chunk);
  field("malformed", &Request::malformed);
  field("cut_at", &Request::cut_at);
  field("think", &Request::think);
  field("answer", &Request::answer);
}

template <class Field>
constexpr void describe(std::type_identity<Client>, Field&& field) {
  field("start", &Client::start);
  field("pipeline", &Client::pipeline);
  field("piece", &Client::piece, kZeroIsAll);
  field("gap", &Client::gap);
  field("reading", &Client::reading);
  field("pace", &Client::pace);
  field("cut", &Client::cut);
  field("half_close", &Client::half_close);
  field("second_port", &Client::second_port);
  field("patience", &Client::patience);
  field("requests", &Client::requests, kAlways);
}

template <class Field>
constexpr void describe(std::type_identity<Fault>, Field&& field) {
  field("kind", &Fault::kind, kAlways);
  field("at", &Fault::at);
  field("length", &Fault::length);
  field("who", &Fault::who, kAlways);
  field("trigger", &Fault::trigger);
  field("request", &Fault::request);
  field("byte", &Fault::byte);
  field("more", &Fault::more);
  field("rate", &Fault::rate);
  field("worker", &Fault::worker);
}

template <class Field>
constexpr void describe(std::type_identity<Backend>, Field&& field) {
  field("idle_close", &Backend::idle_close);
  field("be", &Backend::be);
}

template <class Field>
constexpr void describe(std::type_identity<Network>, Field&& field) {
  field("latency", &Network::latency);
  field("jitter", &Network::jitter);
  field("segment_max", &Network::segment_max);
  field("window", &Network::window);
  field("short_io", &Network::short_io);
  field("name_ttl", &Network::name_ttl);
}

template <class Field>
constexpr void describe(std::type_identity<Scenario>, Field&& field) {
  field("seed", &Scenario::seed, kAlways);
  field("families", &Scenario::families);
  field("calm_only", &Scenario::calm_only);
  field("drain_in_storm", &Scenario::drain_in_storm);
  field("storm", &Scenario::storm);
  field("census", &Scenario::census);
  field("backends", &Scenario::backends, kAlways);
  field("network", &Scenario::network);
  field("config", &Scenario::config, kAlways);
  field("reloads", &Scenario::reloads);
  field("touches", &Scenario::touches);
  field("faults", &Scenario::faults);
  field("clients", &Scenario::clients, kAlways);
}

template <class T>
concept Described = requires { describe(std::type_identity<T>{}, [](auto&&...) {}); };

template <Described T>
constexpr std::size_t describedCount() {
  std::size_t count = 0;
  describe(std::type_identity<T>{}, [&](auto&&...) { ++count; });
  return count;
}

static_assert(describedCount<Answer>() == memberCount<Answer>(), "a field of Answer is not described above");
static_assert(describedCount<Tunnel>() == memberCount<Tunnel>(), "a field of Tunnel is not described above");
static_assert(describedCount<Request>() == memberCount<Request>(), "a field of Request is not described above");
static_assert(describedCount<Client>() == memberCount<Client>(), "a field of Client is not described above");
static_assert(describedCount<Fault>() == memberCount<Fault>(), "a field of Fault is not described above");
static_assert(describedCount<Backend>() == memberCount<Backend>(), "a field of Backend is not described above");
static_assert(describedCount<Network>() == memberCount<Network>(), "a field of Network is not described above");
static_assert(describedCount<Scenario>() == memberCount<Scenario>(), "a field of Scenario is not described above");

}  // namespace sim::plan
