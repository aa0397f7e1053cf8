// `sim check-determinism`: the same runs in several processes, which see other addresses, other environments and other
// garbage in fresh memory, and in other builds. Whatever differs is a fault of ours.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/cli/common_options.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/help.h"
#include "sim/cli/scenario_option.h"
#include "sim/cli/stopwatch.h"
#include "sim/repeat/fingerprint.h"
#include "sim/repeat/process.h"

namespace sim::cli {
namespace {

using repeat::Fingerprint;

struct Options {
  std::uint64_t seed = 0;
  SeedRange seeds;
  std::string file;
  std::vector<std::string> binaries;
};

struct Way {
  std::string name;
  std::string program;
  repeat::Surroundings surroundings;
};

std::vector<Way> waysOf(const std::vector<std::string>& binaries) {
  constexpr const char* kSelf = "/proc/self/exe";
  const std::string large(60'000, 'x');
  std::vector<Way> ways{
      {"addresses as they come", kSelf, {}},
      {"fixed addresses", kSelf, {.fixed_addresses = true, .environment = {}}},
      {"a large environment, memory full of 0x5a", kSelf, {false, {{"MALLOC_PERTURB_", "165"}, {"PADDING", large}}}},
      {"memory full of 0xfe, nothing used again soon",
       kSelf,
       {false, {{"MALLOC_PERTURB_", "1"}, {"GLIBC_TUNABLES", "glibc.malloc.tcache_count=0"}}}},
  };
  for (const std::string& binary : binaries) ways.push_back({binary, binary, {}});
  return ways;
}

std::vector<std::string> linesOf(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

class Check {
 public:
  Check(const Options& options, SeedRange range) : options_(options), range_(range), ways_(waysOf(options.binaries)) {}

  int go() {
    const Stopwatch watch;
    const auto wanted = printsOf(ways_.front());
    if (!wanted) return kUsage;
    std::size_t compared = 1;
    for (std::size_t i = 1; i < ways_.size(); ++i) {
      const auto others = printsOf(ways_[i]);
      if (!others) return kUsage;
      if (others->empty()) continue;  // cannot be had here, and that was said
      ++compared;
      for (std::size_t k = 0; k < wanted->size(); ++k) {
        const auto differs = repeat::difference((*wanted)[k], (*others)[k]);
        if (differs) return report(ways_[i], (*wanted)[k], (*others)[k], *differs);
      }
    }
    std::uint64_t notes = 0;
    for (const Fingerprint& print : *wanted) notes += print.notes;
    fmt::print("{} runs, each in {} ways: every time the same {} events and draws  ({:.1f} s)\n", wanted->size(),
               compared, notes, watch.seconds());
    return kFine;
  }

 private:
  [[nodiscard]] std::vector<std::string> whatToRun(std::uint64_t first, std::uint64_t last) const {
    if (!options_.file.empty()) return {"fingerprint", "--scenario", options_.file};
    return {"fingerprint", "--seeds", fmt::format("{}..{}", first, last)};
  }

  // A process that dies has done with the seed that it died of; another one goes on behind it.
  std::optional<std::vector<Fingerprint>> printsOf(const Way& way) {
    std::vector<Fingerprint> prints;
    const std::uint64_t count = range_.last - range_.first + 1;
    while (prints.size() < count) {
      const repeat::Ended ended =
          repeat::runProgram(way.program, whatToRun(range_.first + prints.size(), range_.last), way.surroundings);
      if (way.surroundings.fixed_addresses && ended.how == repeat::kCannotFixAddresses) {
        fmt::print(stderr, "left out: {} (this system does not allow it)\n", way.name);
        return prints;
      }
      const std::size_t before = prints.size();
      for (const std::string& line : linesOf(ended.out)) {
        if (auto print = repeat::fromLine(line)) prints.push_back(*std::move(print));
      }
      if (ended.how.empty() && prints.size() == before) break;
      if (prints.size() >= count) break;
      if (ended.how == fmt::format("crash.exit_{}", kUsage) || ended.how == "crash.exit_127") break;
      prints.push_back({.seed = range_.first + prints.size(), .outcome = ended.how, .draws = {}, .checkpoints = {}});
    }
    if (prints.size() == count) return prints;
    fmt::print(stderr, "{}: gave {} of {} fingerprints; is it a `sim` of this version?\n", way.name, prints.size(),
               count);
    return std::nullopt;
  }

  [[nodiscard]] std::vector<std::string> told(const Way& way, std::uint64_t seed, const repeat::Window& window) const {
    std::vector<std::string> arguments = whatToRun(seed, seed);
    arguments.insert(arguments.end(), {"--window", fmt::format("{}..{}", window.first, window.last)});
    return linesOf(repeat::runProgram(way.program, arguments, way.surroundings).out);
  }

  int report(const Way& other, const Fingerprint& mine, const Fingerprint& its,
             const repeat::Difference& differs) const {
    const Way& first = ways_.front();
    const std::string asked =
        options_.file.empty() ? fmt::format("--seed {}", mine.seed) : fmt::format("--scenario {}", options_.file);
    fmt::print("FAIL nondeterminism  {}\n  what     {}\n", asked, differs.what);
    for (const auto& [way, print] : {std::pair(&first, &mine), std::pair(&other, &its)})
      fmt::print("  {:8} {}: {}, {} events, hash {:016x}\n", way == &first ? "one" : "other", way->name, print->outcome,
                 print->notes, print->hash);
    if (differs.window) showWindow(other, mine.seed, *differs.window);
    fmt::print("  again    sim check-determinism {}{}\n", asked,
               other.program == first.program ? "" : " --binary " + other.program);
    return kNondeterminism;
  }

  void showWindow(const Way& other, std::uint64_t seed, const repeat::Window& window) const {
    constexpr std::ptrdiff_t kBefore = 3;
    constexpr std::ptrdiff_t kAfter = 10;
    const std::vector<std::string> mine = told(ways_.front(), seed, window);
    const std::vector<std::string> its = told(other, seed, window);
    const auto [here, there] = std::ranges::mismatch(mine, its);
    if (here == mine.end() && there == its.end()) {
      fmt::print("  but      when they ran once more, both told the same\n");
      return;
    }
    const std::ptrdiff_t equal = here - mine.begin();
    for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(equal - kBefore, 0); i < equal; ++i)
      fmt::print("  both     {}\n", mine[static_cast<std::size_t>(i)]);
    for (const auto* lines : {&mine, &its}) {
      const auto size = static_cast<std::ptrdiff_t>(lines->size());
      for (std::ptrdiff_t i = equal; i < std::min(equal + kAfter, size); ++i)
        fmt::print("  {:8} {}\n", lines == &mine ? "one" : "other", (*lines)[static_cast<std::size_t>(i)]);
    }
    showTraces(mine, its);
  }

  // What a person sees of the window, from the first line on that is not the same.
  static void showTraces(const std::vector<std::string>& mine, const std::vector<std::string>& its) {
    const auto traces = [](const std::vector<std::string>& lines) {
      std::vector<std::string> some;
      for (const std::string& line : lines) {
        if (line.starts_with("trace ")) some.push_back(line);
      }
      return some;
    };
    constexpr std::ptrdiff_t kLines = 8;
    const std::vector<std::string> one = traces(mine);
    const std::vector<std::string> other = traces(its);
    const std::ptrdiff_t equal = std::ranges::mismatch(one, other).in1 - one.begin();
    for (const auto* lines : {&one, &other}) {
      const auto size = static_cast<std::ptrdiff_t>(lines->size());
      for (std::ptrdiff_t i = std::max<std::ptrdiff_t>(equal - 2, 0); i < std::min(equal + kLines, size); ++i)
        fmt::print("  {:8} {}\n", lines == &one ? "one" : "other", (*lines)[static_cast<std::size_t>(i)]);
    }
  }

  const Options& options_;
  SeedRange range_;
  std::vector<Way> ways_;
};

}  // namespace

void addCheckDeterminism(CLI::App& app, int& code) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("check-determinism", "Run the same in several processes and builds, and compare");
  addFooter(*command,
            {"sim check-determinism --seeds 1..200",
             "sim check-determinism --seed 7 --binary build-O0/bin/sim --binary build-clang/bin/sim"},
            {kNondeterminism});
  CLI::Option_group* from = command->add_option_group("Scenario", "What to run");
  const CLI::Option* one = addSeed(*from, options->seed, "Make the scenario from this number");
  addSeeds(*from, options->seeds, "From each of these");
  from->add_option("--scenario,FILE", options->file, "Read it from this file");
  from->require_option(1);
  command->add_option("--binary", options->binaries, "Another build of sim to compare with, any number of times")
      ->check(CLI::ExistingFile)
      ->allow_extra_args(false);
  command->callback([options, one, &code] {
    if (one->count() > 0) options->seeds = {options->seed, options->seed};
    const bool readable = options->file.empty() || readScenario(options->file);  // said here once, not by each process
    code = readable ? Check(*options, options->seeds).go() : kUsage;
  });
}

}  // namespace sim::cli
