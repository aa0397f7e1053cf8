// See failure.h.
#include "sim/report/failure.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "sim/report/names.h"

namespace sim::report {

namespace {

constexpr std::size_t kRowBytes = 16;

class Printer {
 public:
  explicit Printer(std::string head) : text_(std::move(head)) { text_ += '\n'; }
  void section(std::string_view label, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      if (line.empty()) continue;
      text_ += fmt::format("  {:<9}{}\n", label, line);
      label = "";
    }
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// Broken between words where a line gets too long.
std::vector<std::string> faultLines(const FailureReport& report) {
  if (report.faults_on.empty() && report.faults_off.empty()) return {};
  constexpr std::size_t kLineMax = 100;
  std::vector<std::string> lines;
  const auto add = [&](std::string line, const std::vector<std::string>& names) {
    if (names.empty()) line += " none";
    for (const std::string& name : names) {
      if (line.size() + 1 + name.size() > kLineMax) lines.push_back(std::exchange(line, "   "));
      line += ' ' + name;
    }
    lines.push_back(line);
  };
  add("on: ", report.faults_on);
  if (!report.faults_off.empty()) add("off:", report.faults_off);
  lines.back() += fmt::format("   ({})", firedText(report));
  return lines;
}

// "00000010  47 45 54 ...  |GET ...|"; a byte that one side does not have is blank.
std::string hexRow(std::uint64_t offset, std::string_view bytes) {
  std::string hex;
  std::string plain;
  for (std::size_t i = 0; i < kRowBytes; ++i) {
    if (i == kRowBytes / 2) hex += ' ';
    if (i >= bytes.size()) {
      hex += "   ";
      continue;
    }
    hex += fmt::format("{:02x} ", static_cast<unsigned char>(bytes[i]));
    plain += bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.';
  }
  return fmt::format("{:08x}  {} |{}|", offset, hex, plain);
}

std::string_view row(std::string_view bytes, std::size_t begin) {
  return begin < bytes.size() ? bytes.substr(begin, kRowBytes) : std::string_view();
}

}  // namespace

std::string firedText(const FailureReport& report) {
  if (report.faults_fired == 0) return "none fired";
  return fmt::format("{} fired, last at event {}", report.faults_fired, report.faults_last);
}

std::vector<std::string> differenceLines(const Difference& difference) {
  const std::string& expected = difference.expected;
  const std::string& seen = difference.seen;
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(expected, seen).in1 - expected.begin());
  if (at == expected.size() && at == seen.size()) return {};
  std::vector<std::string> lines;
  const std::string of = difference.what.empty() ? "" : difference.what + ": ";
  lines.push_back(fmt::format("{}differs at byte {}; from byte {} on {} B were expected, {} B seen", of,
                              difference.from + at, difference.from, expected.size(), seen.size()));
  const std::size_t begin = at / kRowBytes * kRowBytes;
  const std::size_t end = std::min(begin + 2 * kRowBytes, std::max(expected.size(), seen.size()));
  for (std::size_t i = begin < kRowBytes ? 0 : begin - kRowBytes; i < end; i += kRowBytes) {
    const std::uint64_t offset = difference.from + i;
    if (row(expected, i) == row(seen, i)) {
      lines.push_back("both      " + hexRow(offset, row(seen, i)));
      continue;
    }
    lines.push_back("expected  " + hexRow(offset, row(expected, i)));
    lines.push_back("seen      " + hexRow(offset, row(seen, i)));
    if (i != begin) continue;
    const std::size_t column = at - begin;
    constexpr std::size_t kHexBegins = 20;
    lines.push_back(std::string(kHexBegins + 3 * column + (column >= kRowBytes / 2 ? 1 : 0), ' ') + "^^");
  }
  return lines;
}

std::string toText(const FailureReport& report) {
  std::string head = fmt::format("FAIL {}  seed={}  ", report.invariant, report.seed);
  if (!report.build.empty()) head += fmt::format("build={}  ", report.build);
  Printer out(head + fmt::format("t={}  event={}", clockTime(report.time), report.event));
  out.section("what", {report.what});
  out.section("who", report.who);
  if (report.difference) out.section("bytes", differenceLines(*report.difference));
  out.section("faults", faultLines(report));
  out.section("last", report.last);
  out.section("replay", {report.replay});
  out.section("smaller", {report.shrink});
  out.section("files", report.files);
  out.section("speed", {report.speed});
  return out.take();
}

}  // namespace sim::report
