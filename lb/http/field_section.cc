#include "lb/http/field_section.h"

#include "lb/http/chars.h"
#include "lb/http/scan.h"

namespace lb::http {
namespace {

const char* nameProblem(char c, bool first) {
  if (c == ':') return "empty field name";
  if (c == '\n') return "bare LF";
  if (isWhite(c)) return first ? "folded field line" : "white space in a field name";
  if (c == '\r') return "field line without a colon";
  return "field name is not a token";
}

const char* valueProblem(char c) {
  return c == '\n' ? "bare LF" : "control character in a field value";
}

}  // namespace

void FieldSection::addField(Fields& fields, std::uint32_t name_begin, std::uint32_t name_end, std::uint32_t value_begin,
                            std::uint32_t value_end) {
  const char* bytes = fields.bytes().data();
  while (value_end > value_begin && isWhite(bytes[value_end - 1])) --value_end;
  const std::uint32_t name_size = name_end - name_begin;
  fields.addParsed({.name_begin = name_begin,
                    .name_size = name_size,
                    .value_begin = value_begin,
                    .value_size = value_end - value_begin,
                    .id = fieldIdFrom({bytes + name_begin, name_size}),
                    .dropped = false});
}

// The lines from p on that are there whole and beyond doubt; returns where they end. Everything else is the machine's
// below, which alone refuses, so that there is one place that says why.
const char* FieldSection::takeWholeLines(Fields& fields, const char* p, const char* stop, std::size_t fields_max) {
  const char* const bytes = fields.bytes().data();
  const auto offset = [bytes](const char* at) { return static_cast<std::uint32_t>(at - bytes); };
  while (fields.size() < fields_max) {
    const char* const colon = skipTokenChars(p, stop);
    if (colon == p || colon == stop || *colon != ':') return p;
    const char* value = colon + 1;
    while (value != stop && isWhite(*value)) ++value;
    const char* const end = skipFieldChars(value, stop);
    if (stop - end < 2 || end[0] != '\r' || end[1] != '\n') return p;
    addField(fields, offset(p), offset(colon), offset(value), offset(end));
    p = end + 2;
  }
  return p;
}

ParseStatus FieldSection::scan(Fields& fields, std::uint32_t end, std::size_t fields_max, Problem& problem) {
  const char* const bytes = fields.bytes().data();
  const char* const stop = bytes + end;
  const char* p = bytes + position_;
  const auto offset = [bytes](const char* at) { return static_cast<std::uint32_t>(at - bytes); };
  const auto leave = [&](ParseStatus status) {
    position_ = offset(p);
    return status;
  };
  const auto bad = [&](std::uint16_t status, const char* what) {
    problem = {status, what};
    return leave(ParseStatus::Bad);
  };
  while (p != stop) {
    switch (state_) {
      case State::LineStart:
        p = takeWholeLines(fields, p, stop, fields_max);
        if (p == stop) break;
        if (*p == '\r') {
          ++p;
          state_ = State::SectionEnd;
          break;
        }
        if (!is(kTokenChar, *p)) return bad(400, nameProblem(*p, true));
        if (fields.size() >= fields_max) return bad(431, "too many fields");
        name_begin_ = offset(p);
        state_ = State::Name;
        [[fallthrough]];
      case State::Name:
        p = skipTokenChars(p, stop);
        if (p == stop) break;
        if (*p != ':') return bad(400, nameProblem(*p, false));
        name_end_ = offset(p);
        ++p;
        state_ = State::ValueStart;
        break;
      case State::ValueStart:
        if (isWhite(*p)) {
          ++p;
          break;
        }
        value_begin_ = offset(p);
        state_ = State::Value;
        [[fallthrough]];
      case State::Value:
        p = skipFieldChars(p, stop);
        if (p == stop) break;
        if (*p != '\r') return bad(400, valueProblem(*p));
        value_end_ = offset(p);
        ++p;
        state_ = State::LineEnd;
        break;
      case State::LineEnd:
        if (*p != '\n') return bad(400, "bare CR");
        ++p;
        addField(fields, name_begin_, name_end_, value_begin_, value_end_);
        state_ = State::LineStart;
        break;
      case State::SectionEnd:
        if (*p != '\n') return bad(400, "bare CR");
        ++p;
        return leave(ParseStatus::Done);
    }
  }
  return leave(ParseStatus::NeedMore);
}

}  // namespace lb::http
