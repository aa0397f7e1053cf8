// A client's connection, as its client sees it: does the proxy say the truth about how long it goes on?
#pragma once

#include <cstdint>
#include <string>

namespace sim::check {

// What the request asked for.
struct Asked {
  bool http10 = false;
  bool keep_alive = false;
  bool close = false;
};

// What the final answer said.
struct Said {
  bool keep_alive = false;
  bool close = false;
  bool switches = false;  // 101: the connection is nobody's business any more
};

class ClientConnection {
 public:
  // A final head has come. Gives what is wrong with it; empty if nothing is. `requests_max` 0: no limit.
  [[nodiscard]] std::string onAnswer(const Asked& asked, const Said& said, std::uint32_t requests_max);

 private:
  std::uint32_t answers_ = 0;
};

}  // namespace sim::check
