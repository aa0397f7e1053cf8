// The proxy's metrics against the sums of its access log: once everything is over, both have to tell the same story,
// and nothing may be counted as still there.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sim::check {

class Ledger;

// The access log, added up. REQUIRES: it is written as JSON; of a text only the lines are counted.
struct Books {
  bool detailed = false;
  std::uint64_t lines = 0;
  std::uint64_t aborted = 0;  // the client went before the end
  std::uint64_t own = 0;      // answers of the proxy's own that somebody saw
  std::uint64_t attempts = 0;
  std::uint64_t retries = 0;
  std::uint64_t sticky_moved = 0;  // answers that gave clients another cookie than they had
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t failed = 0;          // whole answers of backends that say 5xx
  std::uint64_t maybe_failed = 0;    // and those that were not seen to the end: some count, some do not
  std::vector<double> totals;        // seconds of the lines with a total time
  std::uint64_t hash_passed_on = 0;  // requests that a full backend was seen to leave to others
  std::map<std::string, std::uint64_t> by_code;
  std::map<std::string, std::uint64_t> own_by_reason;
  std::map<std::string, std::uint64_t> last_retries;  // by reason, of each line the last one
};

// `metrics`: the text that /metrics gives. `services_stayed`, `backends_stayed`: no reload has taken one of them away
// with its numbers.
void checkBooks(Ledger& ledger, std::string_view metrics, bool services_stayed, bool backends_stayed);

}  // namespace sim::check
