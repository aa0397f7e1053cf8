// How many of a service's backends can be used, as the automaton of health_watch.h counts them, and the mood that
// docs/health.md makes of it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sim::check {

enum class Mood : std::uint8_t {
  Fine,    // those that are out are spared
  Panic,   // too few are left, so that all are used
  Nobody,  // nobody is left, and requests get 503
};

struct Stock {  // of those with a weight that are not drained, unless it says otherwise
  std::size_t hosts = 0, up_hosts = 0, tried_hosts = 0;  // tried: on probation
  std::size_t backups = 0, up_backups = 0, tried_backups = 0;
  std::size_t never_up = 0;  // and are neither of these
  std::size_t ejected = 0;   // or on probation, of all

  [[nodiscard]] std::size_t up() const { return up_hosts + up_backups; }
  [[nodiscard]] std::size_t tried() const { return tried_hosts + tried_backups; }
  [[nodiscard]] std::size_t all() const { return hosts + backups + never_up; }

  // Who is on probation counts or does not, by whether its request is under way: so there may be several answers.
  [[nodiscard]] bool mayBe(Mood mood, std::uint32_t percent) const {
    for (std::size_t of_hosts = 0; of_hosts <= tried_hosts; ++of_hosts) {
      for (std::size_t of_backups = 0; of_backups <= tried_backups; ++of_backups) {
        if (moodWith(of_hosts, of_backups, percent) == mood) return true;
      }
    }
    return false;
  }

  friend bool operator==(const Stock&, const Stock&) = default;

 private:
  // If so many of those on probation can be used.
  [[nodiscard]] Mood moodWith(std::size_t of_hosts, std::size_t of_backups, std::uint32_t percent) const {
    const std::size_t usable_hosts = up_hosts + of_hosts;
    const std::size_t usable_backups = up_backups + of_backups;
    const bool stood_in_for = hosts > 0 && up_hosts == 0 && usable_backups > 0;
    const std::size_t usable = hosts > 0 ? usable_hosts : usable_backups;
    if (!stood_in_for && usable * 100 < (hosts > 0 ? hosts : backups) * percent) return Mood::Panic;
    return usable_hosts + usable_backups == 0 ? Mood::Nobody : Mood::Fine;
  }
};

}  // namespace sim::check
