// See troubles.h.
#include "sim/check/troubles.h"

#include <algorithm>

namespace sim::check {

namespace {

constexpr Duration kFirstRepeatMax = std::chrono::seconds(1);  // of an attempt to connect; of others it is less
constexpr Duration kBreak = std::chrono::milliseconds(100);

}  // namespace

void Troubles::end(plan::FaultKind kind, int who, MonoTime at) {
  const auto open = std::ranges::find_if(list_, [&](const Trouble& trouble) {
    return trouble.kind == kind && trouble.who == who && trouble.to == kForEver;
  });
  if (open == list_.end()) return;
  // What was lost again and again is sent again only as long after the last time as all times before together.
  const Duration more = kind == plan::FaultKind::Loss ? at - open->from + kFirstRepeatMax : Duration::zero();
  open->to = at + more;
}

void Troubles::endAll(MonoTime at) {
  for (Trouble& trouble : list_) trouble.to = std::min(trouble.to, at);
}

bool Troubles::any(std::initializer_list<plan::FaultKind> kinds, int who, MonoTime from, MonoTime to) const {
  return std::ranges::any_of(list_, [&](const Trouble& trouble) {
    return trouble.who == who && trouble.from <= to && trouble.to >= from &&
           std::ranges::find(kinds, trouble.kind) != kinds.end();
  });
}

MonoTime Troubles::endOf(plan::FaultKind kind, int who, MonoTime from) const {
  MonoTime end = from;
  for (bool grown = true; grown && end != kForEver;) {
    grown = false;
    for (const Trouble& trouble : list_) {
      if (trouble.kind != kind || trouble.who != who || trouble.to <= end || trouble.from > end + kBreak) continue;
      end = trouble.to;
      grown = true;
    }
  }
  return end;
}

bool Troubles::anySince(MonoTime from) const {
  return std::ranges::any_of(list_, [&](const Trouble& trouble) { return trouble.to >= from; });
}

bool Troubles::ever(plan::FaultKind kind) const {
  return std::ranges::any_of(list_, [&](const Trouble& trouble) { return trouble.kind == kind; });
}

}  // namespace sim::check
