// One worker writes while another thread reads: nothing torn, nothing lost, nothing that runs backwards. Run under the
// thread sanitizer this also shows that every shared word is an atomic.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "unit/observe/exposition.h"
#include "unit/observe/fixtures.h"

namespace lb::observe {
namespace {

constexpr int kRequests = 20'000;

// Ends a thread also when an assertion leaves the test early.
class Joined {
 public:
  explicit Joined(std::thread thread) : thread_(std::move(thread)) {}
  ~Joined() { thread_.join(); }

 private:
  std::thread thread_;
};

TEST(Concurrency, AScrapeSeesCountersThatOnlyGrow) {
  Telemetry telemetry(1, testBuild());
  const std::vector<StatsView> views = telemetry.apply(configWith({kServiceName}));
  std::atomic<bool> done{false};
  {
    const Joined writer{std::thread([&] {
      for (int i = 0; i < kRequests; ++i) {
        Record record = answeredRecord();
        record.code = static_cast<std::uint16_t>(200 + i % 100);      // several chunks of the sparse counters
        record.phases.total = Duration(std::int64_t{1} << (i % 40));  // every octave of the percentiles
        book(record, at(Duration(i * 10'000'000LL)), *views[0].services[0], views[0].backends[0][0].get());
        bookAttempt(AttemptResult::Ok, record.code, *views[0].backends[0][0]);
      }
      done.store(true);
    })};
    double last = 0;
    bool last_round = false;
    while (!last_round) {
      last_round = done.load();
      const auto families = parseExposition(telemetry.prometheusText(at(1s), {}));
      const double count = find(families, "lb_request_duration_seconds_count", {{"service", kServiceName}}).value();
      EXPECT_GE(count, last);
      EXPECT_EQ(find(families, "lb_request_duration_seconds_bucket", {{"service", kServiceName}, {"le", "+Inf"}}),
                count);
      EXPECT_FALSE(telemetry.statsJson(at(1s)).empty());
      last = count;
    }
    EXPECT_EQ(last, kRequests);
  }
}

TEST(Concurrency, AReloadWhileTheWorkerCountsLosesNothing) {
  Telemetry telemetry(1, testBuild());
  std::vector<StatsView> views = telemetry.apply(configWith({kServiceName}));
  {
    const Joined writer{std::thread([view = std::move(views[0])]() mutable {
      for (int i = 0; i < kRequests; ++i) book(answeredRecord(), at(1s), *view.services[0], nullptr);
      view = {};  // the worker takes the next configuration
    })};
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(telemetry.apply(configWith({"other", kServiceName})).size(), 1U);
      EXPECT_EQ(telemetry.apply(configWith({kServiceName})).size(), 1U);
    }
  }
  EXPECT_EQ(find(parseExposition(telemetry.prometheusText(at(1s), {})), "lb_request_duration_seconds_count",
                 {{"service", kServiceName}}),
            kRequests);
}

}  // namespace
}  // namespace lb::observe
