// See fingerprint.h.
#include "sim/repeat/fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sstream>

#include "sim/report/text.h"
#include "sim/run/run.h"

namespace sim::repeat {
namespace {

constexpr std::string_view kBegin = "fingerprint";

const char* nameOf(Kind kind) {
  switch (kind) {
    case Kind::Turn: return "turn";
    case Kind::Timer: return "timer";
    case Kind::Task: return "task";
    case Kind::Packet: return "packet";
    case Kind::Data: return "data";
    case Kind::Lookup: return "lookup";
    case Kind::Accept: return "accept";
    case Kind::Close: return "close";
    case Kind::Wall: return "wall";
  }
  return "?";
}

}  // namespace

std::string toLine(const Fingerprint& print) {
  std::string line = fmt::format("{} {} {} {:x} {} {}", kBegin, print.seed, print.outcome, print.hash, print.notes,
                                 print.draws.size());
  for (const auto& [name, next] : print.draws) line += fmt::format(" {} {:x}", name, next);
  line += fmt::format(" {}", print.checkpoints.size());
  for (const std::uint64_t checkpoint : print.checkpoints) line += fmt::format(" {:x}", checkpoint);
  return line;
}

std::optional<Fingerprint> fromLine(std::string_view line) {
  std::istringstream in{std::string(line)};
  Fingerprint print;
  std::string begin;
  std::size_t draws = 0;
  std::size_t checkpoints = 0;
  in >> begin >> print.seed >> print.outcome >> std::hex >> print.hash >> std::dec >> print.notes >> draws;
  for (std::size_t i = 0; in && i < draws; ++i) {
    auto& [name, next] = print.draws.emplace_back();
    in >> name >> std::hex >> next >> std::dec;
  }
  in >> checkpoints >> std::hex;
  for (std::size_t i = 0; in && i < checkpoints; ++i) in >> print.checkpoints.emplace_back();
  if (!in || begin != kBegin) return std::nullopt;
  return print;
}

std::optional<Difference> difference(const Fingerprint& one, const Fingerprint& other) {
  if (one == other) return std::nullopt;
  const auto died = [](const Fingerprint& print) { return print.outcome.starts_with("crash."); };
  if (died(one) || died(other))
    return Difference{fmt::format("one ends with \"{}\", the other with \"{}\"", one.outcome, other.outcome), {}};
  if (one.hash != other.hash || one.notes != other.notes || one.checkpoints != other.checkpoints) {
    const auto [mine, its] = std::ranges::mismatch(one.checkpoints, other.checkpoints);
    const auto equal = static_cast<std::uint64_t>(mine - one.checkpoints.begin());
    const Window window{equal * Digest::kCheckpointEvents, (equal + 1) * Digest::kCheckpointEvents};
    return Difference{fmt::format("they part between events {} and {}", window.first, window.last), window};
  }
  if (one.outcome != other.outcome)
    return Difference{fmt::format("the same events, but \"{}\" and \"{}\"", one.outcome, other.outcome), {}};
  for (std::size_t i = 0; i < std::min(one.draws.size(), other.draws.size()); ++i) {
    if (one.draws[i] == other.draws[i]) continue;
    return Difference{fmt::format("the same events, but other draws from the stream \"{}\"", one.draws[i].first), {}};
  }
  return Difference{"the same events, but other streams of random numbers", {}};
}

Fingerprint take(const plan::Scenario& scenario) {
  auto run = std::make_unique<run::Run>(scenario);
  const bool fine = run->go();
  Fingerprint print;
  print.seed = scenario.seed;
  if (!fine) print.outcome = run->ledger().violation().invariant;
  print.draws = run->nextDraws();
  const Digest& digest = run->world().digest();
  print.hash = digest.value();
  print.notes = digest.events();
  print.checkpoints = digest.checkpoints();
  if (!fine) static_cast<void>(run.release());
  return print;
}

std::vector<std::string> tell(const plan::Scenario& scenario, const Window& window) {
  auto run = std::make_unique<run::Run>(scenario, true);
  std::vector<std::string> lines;
  Window events{report::kEveryEvent, 0};  // of the world, which counts otherwise
  run->world().digest().watch(
      window.first, window.last,
      [&](std::uint64_t number, MonoTime when, Kind kind, std::uint64_t who, std::uint64_t amount, std::uint64_t hash) {
        const std::uint64_t event = run->world().events();
        events.first = std::min(events.first, event);
        events.last = std::max(events.last, event);
        lines.push_back(fmt::format("note {:7} event {:7} {:14.9f} {:6} of {}: {} -> {:016x}", number, event,
                                    std::chrono::duration<double>(when.since_start - World::kStart).count(),
                                    nameOf(kind), who, amount, hash));
      });
  const bool fine = run->go();
  for (const TraceEvent& event : run->trace().events()) {
    if (event.event >= events.first && event.event <= events.last)
      lines.push_back("trace " + report::textLine(run->trace(), event));
  }
  if (!fine) static_cast<void>(run.release());
  return lines;
}

}  // namespace sim::repeat
