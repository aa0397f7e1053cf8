// A client's connection, as its client sees it: does the proxy say the truth about how long it goes on?
#pragma once

#include <cstdint>
#include <string>

#include "sim/check/ledger.h"

namespace sim::check {

// What the request asked for.
struct Asked {
  bool http10 = false;
  bool keep_alive = false;
  bool close = false;
  bool simple = false;  // nothing but the proxy's own limits may end the connection with its answer
};

// What the final answer said.
struct Said {
  bool keep_alive = false;
  bool close = false;
  bool switches = false;  // 101: the connection is nobody's business any more
};

// Of the connection when the answer began; nobody but the proxy knows when it accepted it.
struct Age {
  Duration least{};
  Duration most{};
};

class ClientConnection {
 public:
  explicit ClientConnection(MonoTime opened = {}) : opened_(opened) {}

  // A final head has come. Gives what is wrong with it; empty if nothing is. 0: no limit.
  [[nodiscard]] std::string onAnswer(const Asked& asked, const Said& said, const Age& age, std::uint32_t requests_max,
                                     Duration age_max);
  // The same of an answer as it is. `sending_ended`: the client has closed its side.
  [[nodiscard]] std::string onHead(Ledger& ledger, const plan::Request& request, const actor::Head& head,
                                   bool sending_ended);

 private:
  [[nodiscard]] Age age(const Entry& entry, MonoTime now);

  MonoTime opened_;
  MonoTime arrived_ = kNever;  // its first request at a backend, so that the proxy had taken it
  std::uint32_t answers_ = 0;
};

}  // namespace sim::check
