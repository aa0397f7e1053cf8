// What is wrong with a file, collected while it is read: nothing stops at the first error.
#pragma once

#include <string>
#include <vector>

#include "lb/config/parse.h"

namespace lb::config {

class Issues {
 public:
  void error(Place place, std::string path, std::string message);
  void warning(Place place, std::string path, std::string message);

  [[nodiscard]] bool hasErrors() const { return !errors_.empty(); }
  // In the order of the file. Beyond a limit only their number is kept, as a last entry.
  [[nodiscard]] std::vector<Issue> takeErrors() { return take(errors_, errors_dropped_); }
  [[nodiscard]] std::vector<Issue> takeWarnings() { return take(warnings_, warnings_dropped_); }

 private:
  static void add(std::vector<Issue>& issues, std::size_t& dropped, Issue issue);
  static std::vector<Issue> take(std::vector<Issue>& issues, std::size_t dropped);

  std::vector<Issue> errors_, warnings_;
  std::size_t errors_dropped_ = 0, warnings_dropped_ = 0;
};

}  // namespace lb::config
