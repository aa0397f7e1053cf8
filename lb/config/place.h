// Where a value stands in the file, for messages.
#pragma once

namespace lb::config {

struct Place {
  int line = 0;  // 0: it is a default
  int column = 0;
  // Two configurations that mean the same are equal wherever their values stand in the file.
  friend constexpr bool operator==(const Place&, const Place&) { return true; }
};

}  // namespace lb::config
