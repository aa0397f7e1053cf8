// Runs an input through a parser whole, cut once at every place, and byte by byte, and demands one outcome.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "lb/buf/buffer.h"
#include "lb/http/message.h"

namespace lb::http {

inline void PrintTo(ParseStatus status, std::ostream* out) {
  *out << (status == ParseStatus::Done ? "Done" : status == ParseStatus::Bad ? "Bad" : "NeedMore");
}

}  // namespace lb::http

namespace lb::http::test {

// All that a parser has to say about an input.
struct Outcome {
  ParseStatus status = ParseStatus::NeedMore;
  std::uint16_t problem_status = 0;  // 0 unless Bad
  std::string problem = {};
  std::string parsed = {};  // a dump of what was understood, only when Done
  std::string body = {};    // what a decoder gave out
  std::string rest = {};    // the input behind the message, only when Done
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

inline void PrintTo(const Outcome& outcome, std::ostream* out) {
  lb::http::PrintTo(outcome.status, out);
  *out << ' ' << outcome.problem_status << " (" << outcome.problem << ")\nparsed: " << outcome.parsed
       << "\nbody: " << outcome.body << "\nrest: " << testing::PrintToString(outcome.rest);
}

inline std::string dump(const Fields& fields) {
  std::string text;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields.dropped(i)) continue;
    text.append(fields.name(i)).append("=").append(fields.value(i)).append("|");
  }
  return text;
}

inline std::string dump(const RequestHead& head) {
  std::string text(head.methodText());
  text.append(" ").append(toString(head.method)).append(" target=").append(head.target()).append(" path=");
  text.append(head.path()).append(head.version == Version::Http11 ? " 1.1" : " 1.0").append(" authority=");
  text.append(head.authority).append(" host=").append(head.host).append(" ").append(dump(head.fields));
  return text;
}

inline std::string dump(const ResponseHead& head) {
  std::string text(head.version == Version::Http11 ? "1.1 " : "1.0 ");
  text.append(std::to_string(head.status)).append(" ").append(head.reason()).append(" ").append(dump(head.fields));
  return text;
}

// Adds `bytes` to `in` as a slice of its own, so that front() is cut there too.
inline void appendSlice(buf::BlockPool& pool, buf::Buffer& in, std::string_view bytes) {
  buf::Buffer piece(pool);
  piece.append(bytes);
  piece.moveTo(in);
}

// The outcome of a head whose limits are the default ones up to `cut`, and `less` from there on.
template <class Parser, class Head, class Limits>
Outcome parseLowered(std::string_view input, std::size_t cut, const Limits& less) {
  buf::BlockPool pool;
  buf::Buffer in(pool);
  Parser parser;
  Head head;
  in.append(input.substr(0, cut));
  EXPECT_EQ(parser.parse(in, {}, head), ParseStatus::NeedMore);
  in.append(input.substr(cut));
  Outcome outcome{.status = parser.parse(in, less, head)};
  if (outcome.status == ParseStatus::Bad) {
    outcome.problem_status = parser.problem().status;
    outcome.problem = parser.problem().what;
  }
  return outcome;
}

using Pieces = std::vector<std::string_view>;

inline Pieces cutAt(std::string_view input, std::size_t at) {
  return {input.substr(0, at), input.substr(at)};
}

inline Pieces cutEverywhere(std::string_view input) {
  Pieces pieces;
  for (std::size_t i = 0; i < input.size(); ++i) pieces.push_back(input.substr(i, 1));
  return pieces;
}

// `run(pieces, at_once)` feeds the pieces one call each, or all as slices of one buffer before a single call.
template <class Run>
Outcome sameForEverySplit(std::string_view input, Run run) {
  const Outcome whole = run(Pieces{input}, false);
  const std::size_t stride = input.size() < 600 ? 1 : input.size() / 97;  // long ones only test limits
  for (std::size_t at = 1; at < input.size(); at += stride) {
    const Outcome cut = run(cutAt(input, at), false);
    EXPECT_EQ(cut, whole) << "cut at " << at << " of " << testing::PrintToString(std::string(input.substr(0, 200)));
    if (cut != whole) return whole;
  }
  EXPECT_EQ(run(cutEverywhere(input), false), whole)
      << "byte by byte: " << testing::PrintToString(std::string(input.substr(0, 200)));
  EXPECT_EQ(run(cutEverywhere(input), true), whole)
      << "in slices: " << testing::PrintToString(std::string(input.substr(0, 200)));
  return whole;
}

// The same for a head parser and its head.
template <class Parser, class Head, class Limits>
Outcome runHead(std::string_view input, const Pieces& pieces, bool at_once, const Limits& limits) {
  buf::BlockPool pool;
  buf::Buffer in(pool);
  Parser parser;
  Head head;
  Outcome outcome;
  std::size_t fed = 0;
  for (const std::string_view piece : pieces) {
    appendSlice(pool, in, piece);
    fed += piece.size();
    if (at_once && fed < input.size()) continue;
    outcome.status = parser.parse(in, limits, head);
    if (outcome.status != ParseStatus::NeedMore) break;
  }
  if (outcome.status == ParseStatus::Bad) {
    outcome.problem_status = parser.problem().status;
    outcome.problem = parser.problem().what;
  }
  if (outcome.status == ParseStatus::Done) {
    outcome.parsed = dump(head);
    outcome.rest = in.toString().append(input.substr(fed));
  }
  return outcome;
}

template <class Parser, class Head, class Limits>
Outcome parseEverySplit(std::string_view input, const Limits& limits) {
  return sameForEverySplit(
      input, [&](const Pieces& pieces, bool at_once) { return runHead<Parser, Head>(input, pieces, at_once, limits); });
}

}  // namespace lb::http::test
