// Which addresses the names of a configuration stand for, as far as a log tells: to lb each of them is a backend of its
// own, with its own limits, pool and health.
//
// When an address of a name came and when it went is not in the log, so all of them are there all the time.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/rehearse/layout.h"
#include "sim/replay/line.h"

namespace sim::replay {

inline constexpr std::size_t kAddressesMax = 256;  // of a name

class Names {
 public:
  explicit Names(const rehearse::Layout& layout);  // has every name of the configuration, whatever it stands for there

  void see(const Line& line);  // in any order
  // For the layout. A name that no line has tells nothing, and is not among them.
  [[nodiscard]] std::map<std::string, rehearse::NameAnswer> answers() const;
  [[nodiscard]] std::vector<std::string> cropped() const;  // those that have more addresses: the lowest ones are kept

 private:
  struct Found {
    std::set<lb::IpAddress> addresses;
    bool cropped = false;
  };
  std::map<std::string, Found, std::less<>> found_;
};

// What is wrong with the first backend that lives where clients and lb do; "": none does.
[[nodiscard]] std::string misplaced(const rehearse::Layout& layout);

}  // namespace sim::replay
