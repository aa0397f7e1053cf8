// The simulator against queueing theory: experiments whose result is known, each run through the whole proxy. A
// simulator that fails them proves nothing about anything else.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sim::validate {

struct Options {
  std::uint64_t seed = 1;
  double time = 1;     // experiments are so many times as long
  bool full = false;   // as long as the tight gates need it, and these alone
  std::string only{};  // the id of experiments, such as V1; empty: all
};

// One figure: what is expected, what came out, and whether that is near enough.
struct Verdict {
  std::string id{};
  std::string what{};
  std::string figure{};
  double expected = 0;
  double measured = 0;
  double error = 0;  // standard error of what was measured; 0: it has none
  double low = 0;    // the gate: what is still accepted
  double high = 0;
  std::string spoilt{};  // why the experiment does not count; empty: it does
  std::uint64_t requests = 0;
  [[nodiscard]] bool passed() const { return spoilt.empty() && measured >= low && measured <= high; }
};

using OnVerdict = std::function<void(const Verdict&)>;

// Runs what `options` ask for, in order. False: there is no experiment with that id.
[[nodiscard]] bool validate(const Options& options, const OnVerdict& on_verdict);
[[nodiscard]] std::vector<std::string> experimentIds();  // each once, in order

}  // namespace sim::validate
