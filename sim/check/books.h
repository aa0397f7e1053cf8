// The proxy's metrics against the sums of its access log: once everything is over, both have to tell the same story,
// and nothing may be counted as still there.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sim::check {

class Ledger;

// A time that each line of the log tells, and the histogram that it went into.
struct TimeFamily {
  const char* histogram;
  const char* member;
  bool of_backend;  // of the backend that was chosen last
};

// In the order of the line.
constexpr std::array kTimeFamilies{
    TimeFamily{"lb_request_duration_seconds", "t_total", false},
    TimeFamily{"lb_request_receive_duration_seconds", "t_receive", false},
    TimeFamily{"lb_queue_duration_seconds", "t_queue", false},
    TimeFamily{"lb_backend_connect_duration_seconds", "t_connect", true},
    TimeFamily{"lb_backend_send_duration_seconds", "t_send", true},
    TimeFamily{"lb_backend_wait_duration_seconds", "t_wait", true},
    TimeFamily{"lb_backend_receive_duration_seconds", "t_backend_receive", true},
    TimeFamily{"lb_response_send_duration_seconds", "t_response", false},
};

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
  std::uint64_t failed = 0;        // whole answers of backends that say 5xx
  std::uint64_t maybe_failed = 0;  // and those that were not seen to the end: some count, some do not
  std::array<std::vector<double>, kTimeFamilies.size()> times;  // seconds, of the lines that have them
  std::uint64_t hash_passed_on = 0;  // requests that a full backend was seen to leave to others
  std::map<std::string, std::uint64_t> by_code;
  std::map<std::string, std::uint64_t> own_by_reason;
  std::map<std::string, std::uint64_t> last_retries;  // by reason, of each line the last one
  std::map<std::string, std::uint64_t> denials;       // of further attempts, by reason
  std::map<std::string, std::uint64_t> moves;         // of backends, by the state that the log says they went to
};

// `metrics`: the text that /metrics gives. `services_stayed`, `backends_stayed`: no reload has taken one of them away
// with its numbers.
void checkBooks(Ledger& ledger, std::string_view metrics, bool services_stayed, bool backends_stayed);

}  // namespace sim::check
