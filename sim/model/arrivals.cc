// See arrivals.h.
#include "sim/model/arrivals.h"

#include <cmath>
#include <limits>

#include "sim/model/portable_math.h"

namespace sim::model {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kRateMax = 1e7;

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

double onLine(const RatePoint& a, const RatePoint& b, double time) {
  const double share = (time - seconds(a.at)) / (seconds(b.at) - seconds(a.at));
  return a.per_second + share * (b.per_second - a.per_second);
}

// How long until a rate that begins with `rate` and changes by `slope` a second has done `work`; infinite: never.
double timeFor(double work, double rate, double slope) {
  if (std::abs(slope) < 1e-12) return rate > 0 ? work / rate : kInfinite;
  const double square = rate * rate + 2 * slope * work;
  return square < 0 ? kInfinite : 2 * work / (rate + std::sqrt(square));
}

}  // namespace

std::string_view Arrivals::problem() const {
  if (rate.empty() && bursts.empty()) return "there is neither a rate nor a burst";
  for (std::size_t i = 0; i < rate.size(); ++i) {
    if (!(rate[i].per_second >= 0 && rate[i].per_second <= kRateMax)) return "a rate is not between 0 and 10 million";
    if (rate[i].at < Duration::zero() || (i > 0 && rate[i].at < rate[i - 1].at)) return "the times do not ascend";
  }
  for (std::size_t i = 0; i < bursts.size(); ++i) {
    if (bursts[i].at < Duration::zero() || (i > 0 && bursts[i].at < bursts[i - 1].at))
      return "the bursts do not ascend";
  }
  return "";
}

double Arrivals::rateAt(Duration time) const {
  if (rate.empty()) return 0;
  if (time < rate.front().at) return rate.front().per_second;
  for (std::size_t i = 1; i < rate.size(); ++i) {
    if (time < rate[i].at) return onLine(rate[i - 1], rate[i], seconds(time));
  }
  return rate.back().per_second;
}

// Two points at one time are a jump: the way between them is skipped, because no time passes on it.
double ArrivalSource::afterWork(double work) const {
  const std::vector<RatePoint>& points = plan_.rate;
  if (points.empty()) return kInfinite;
  double time = now_;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double end = seconds(points[i].at);
    if (end <= time) continue;
    const double rate = i == 0 ? points[0].per_second : onLine(points[i - 1], points[i], time);
    const double slope = i == 0 ? 0 : (points[i].per_second - rate) / (end - time);
    const double length = timeFor(work, rate, slope);
    if (time + length <= end) return time + length;
    work -= (rate + points[i].per_second) / 2 * (end - time);
    time = end;
  }
  return time + timeFor(work, points.back().per_second, 0);
}

Duration ArrivalSource::next(Prng& chance) {
  if (ahead_ < 0) {
    const double work = plan_.kind == Arrivals::Kind::Poisson ? -naturalLog(uniform(chance)) : 1;
    ahead_ = afterWork(work);
  }
  const bool by_rate = ahead_ < 9e9;  // seconds that a Duration can hold
  const Duration rate_time = by_rate ? Duration(static_cast<Duration::rep>(std::floor(ahead_ * 1e9 + 0.5))) : kNever;
  while (burst_ < plan_.bursts.size() && of_burst_ == plan_.bursts[burst_].requests) {
    ++burst_;
    of_burst_ = 0;
  }
  Duration time = rate_time;
  if (burst_ < plan_.bursts.size() && plan_.bursts[burst_].at <= rate_time) {
    time = plan_.bursts[burst_].at;
    ++of_burst_;
  } else if (by_rate) {
    now_ = ahead_;
    ahead_ = -1;
  }
  return time < plan_.end ? time : kNever;
}

}  // namespace sim::model
