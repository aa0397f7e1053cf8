// See failure_rows.h.
#include "sim/check/failure_rows.h"

namespace sim::check {

void FailureRows::add(const std::string& service, std::uint32_t backends, const End& end) {
  const std::uint64_t earlier = end.attempts > 1 ? end.attempts - 1 : 0;
  for (std::uint32_t i = 0; i < backends; ++i) {
    std::vector<MonoTime>& row = rows_[{service, i}];
    row.insert(row.end(), earlier, end.now);
    if (end.known ? i != end.backend : end.attempts == 0) continue;
    if (!end.good) {
      row.push_back(end.now);
    } else if (end.head != MonoTime{}) {
      // Whatever was over when it came to the backend was over before it succeeded.
      std::erase_if(row, [&](MonoTime time) { return time < end.head; });
    }
  }
}

std::uint64_t FailureRows::atMost(const std::string& service, std::uint32_t backend) const {
  const auto row = rows_.find({service, backend});
  return row == rows_.end() ? 0 : row->second.size();
}

}  // namespace sim::check
