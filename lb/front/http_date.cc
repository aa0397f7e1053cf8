// See http_date.h.
#include "lb/front/http_date.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace lb::front {
namespace {

template <class Out>
Out writeDate(Out out, WallTime time) {
  using namespace std::chrono;
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds seconds_since(floor<seconds>(time.since_epoch));
  const sys_days day_since = floor<days>(seconds_since);
  const year_month_day date(day_since);
  const hh_mm_ss clock(seconds_since - day_since);
  return fmt::format_to(out, "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[weekday(day_since).c_encoding()],
                        static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                        static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                        clock.seconds().count());
}

}  // namespace

std::string httpDate(WallTime time) {
  std::string text;
  writeDate(std::back_inserter(text), time);
  return text;
}

std::string_view DateOfSecond::at(WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time.since_epoch);
  if (second != second_) {
    text_.clear();
    writeDate(std::back_inserter(text_), time);
    second_ = second;
  }
  return text_;
}

}  // namespace lb::front
