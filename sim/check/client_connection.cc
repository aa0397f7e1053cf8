// See client_connection.h.
#include "sim/check/client_connection.h"

#include <fmt/format.h>

namespace sim::check {

std::string ClientConnection::onAnswer(const Asked& asked, const Said& said, std::uint32_t requests_max) {
  ++answers_;
  if (said.switches) return {};
  if (said.keep_alive && (said.close || (asked.http10 && !asked.keep_alive)))
    return "the answer keeps a connection that is to end";
  if (asked.close && !said.close) return "the request asked for the connection to end, the answer does not say it";
  if (requests_max == 0) return {};
  if (answers_ > requests_max) return fmt::format("answer {} on a connection that is for {}", answers_, requests_max);
  if (answers_ == requests_max && !asked.http10 && !said.close)
    return fmt::format("answer {} of {} does not say that it is the last one", answers_, requests_max);
  return {};
}

}  // namespace sim::check
