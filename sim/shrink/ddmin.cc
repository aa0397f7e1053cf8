// See ddmin.h.
#include "sim/shrink/ddmin.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace sim::shrink {
namespace {

// Takes away piece by piece what can be spared, from the end: what comes later is more often a consequence.
bool takePieces(Kept& kept, std::size_t size, const std::function<bool(const Kept&)>& enough) {
  bool changed = false;
  for (std::size_t end = kept.size(); end > 0;) {
    const std::size_t begin = end - std::min(size, end);
    Kept rest(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(begin));
    rest.insert(rest.end(), kept.begin() + static_cast<std::ptrdiff_t>(end), kept.end());
    if (!rest.empty() && enough(rest)) {
      kept = std::move(rest);
      changed = true;
    }
    end = begin;
  }
  return changed;
}

}  // namespace

Kept ddmin(std::size_t count, const std::function<bool(const Kept&)>& enough) {
  if (count == 0 || enough({})) return {};
  Kept kept(count);
  std::iota(kept.begin(), kept.end(), std::size_t{0});
  for (std::size_t size = (count + 1) / 2; size > 1; size = (size + 1) / 2) takePieces(kept, size, enough);
  while (takePieces(kept, 1, enough)) continue;
  return kept;
}

}  // namespace sim::shrink
