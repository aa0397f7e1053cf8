// The columns of a chart: clients on the left, the proxy's loops in the middle, backends on the right.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/report/names.h"

namespace sim::report {

struct Lane {
  std::string name;
  std::string host;
  Role role = Role::Client;
};

class Lanes {
 public:
  explicit Lanes(const Trace& trace);

  [[nodiscard]] const std::vector<Lane>& all() const { return lanes_; }
  [[nodiscard]] int of(const TraceConnection::End& end) const;
  // Of a lane or of a host, whose first lane it is then; -1: of none.
  [[nodiscard]] int named(const std::string& name) const;

 private:
  std::vector<Lane> lanes_;
};

// "c2" comes before "c10".
[[nodiscard]] bool naturalLess(std::string_view a, std::string_view b);

}  // namespace sim::report
