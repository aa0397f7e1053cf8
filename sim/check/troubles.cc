// See troubles.h.
#include "sim/check/troubles.h"

#include <algorithm>

namespace sim::check {

void Troubles::end(plan::FaultKind kind, int who, MonoTime at) {
  const auto open = std::ranges::find_if(list_, [&](const Trouble& trouble) {
    return trouble.kind == kind && trouble.who == who && trouble.to == kForEver;
  });
  if (open != list_.end()) open->to = at;
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

bool Troubles::anySince(MonoTime from) const {
  return std::ranges::any_of(list_, [&](const Trouble& trouble) { return trouble.to >= from; });
}

bool Troubles::ever(plan::FaultKind kind) const {
  return std::ranges::any_of(list_, [&](const Trouble& trouble) { return trouble.kind == kind; });
}

}  // namespace sim::check
