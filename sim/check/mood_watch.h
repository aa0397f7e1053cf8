// Whether a service panics when it has to and at no other time: what the proxy's log, its metrics and /backends say of
// it, against the stock that the automaton of health_watch.h has taken.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "sim/check/marks.h"
#include "sim/check/stock.h"
#include "sim/core/world.h"

namespace sim::check {

class MoodWatch {
 public:
  explicit MoodWatch(Marks& marks) : marks_(marks) {}

  // It has left the configuration: should it come back, it begins anew.
  void forget(const std::string& service) { services_.erase(service); }
  // To be called before and after each change of the stock; `certain`: that is the truth, not only the best guess.
  void look(const std::string& service, const Stock& stock, std::uint32_t percent, bool certain, MonoTime now);
  // A line of the log; "" if it is right, or about something else.
  [[nodiscard]] std::string onLine(std::string_view line);
  // Of the control plane's metrics and of its /backends.
  [[nodiscard]] std::string judgeShown(std::string_view metrics, std::string_view backends) const;
  // What was wrong at any look, once; "" if nothing was.
  [[nodiscard]] std::string takeWrong() { return std::exchange(wrong_, {}); }
  [[nodiscard]] Mood said(const std::string& service) const;

 private:
  struct Track {
    Mood said = Mood::Fine;  // by the log
    Stock stock;
    std::uint32_t percent = 0;
    bool certain = false;
    MonoTime changed_at{};  // the stock, or whether it is certain
  };

  Marks& marks_;
  std::map<std::string, Track> services_;
  std::string wrong_;
};

}  // namespace sim::check
