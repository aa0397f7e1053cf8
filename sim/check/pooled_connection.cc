// See pooled_connection.h.
#include "sim/check/pooled_connection.h"

#include <fmt/format.h>

namespace sim::check {
namespace {

double milliseconds(Duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

void PooledConnection::onSpoilt(MonoTime now, const char* how) {
  if (how_ != nullptr) return;
  spoilt_ = now;
  how_ = how;
}

std::string PooledConnection::onRequest(const lb::config::Pool& pool, MonoTime now, Duration delivery) {
  ++requests_;
  if (requests_ == 1) return {};
  if (said_close_) return "a connection is used again although a request on it said close";
  if (pool.max_idle == 0) return "a connection is used again although nothing may be pooled";
  if (pool.max_requests > 0 && requests_ > pool.max_requests)
    return fmt::format("request {} on a connection that is for {}", requests_, pool.max_requests);
  // Whoever pooled it had read the answer's end, which was not sent before then, and had opened it earlier than this.
  if (pool.max_age > Duration::zero() && answered_ - accepted_ >= pool.max_age)
    return fmt::format("a connection of {} ms was pooled; {} ms is the limit", milliseconds(answered_ - accepted_),
                       milliseconds(pool.max_age));
  if (delivery == Duration::max()) return {};
  if (pool.max_age > Duration::zero() && now - accepted_ >= pool.max_age + delivery)
    return fmt::format("a request on a connection of {} ms; {} ms is the limit", milliseconds(now - accepted_),
                       milliseconds(pool.max_age));
  if (now - answered_ > pool.idle_timeout + delivery)
    return fmt::format("a connection was idle for {} ms; {} ms is the limit", milliseconds(now - answered_),
                       milliseconds(pool.idle_timeout));
  if (how_ != nullptr && now - spoilt_ > delivery)
    return fmt::format("a connection is used again {} ms after {}", milliseconds(now - spoilt_), how_);
  return {};
}

}  // namespace sim::check
