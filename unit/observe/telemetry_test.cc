// Who shares what over configurations, and when series vanish.
#include "lb/observe/telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "unit/observe/exposition.h"
#include "unit/observe/fixtures.h"

namespace lb::observe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class TelemetryTest : public testing::Test {
 protected:
  std::vector<ExposedFamily> scrape() { return parseExposition(telemetry_.prometheusText(at(1s), {})); }
  // The values that a label has anywhere.
  std::set<std::string> valuesOf(const std::string& label) {
    std::set<std::string> values;
    for (const ExposedFamily& family : scrape()) {
      for (const Sample& sample : family.samples) {
        if (sample.labels.contains(label)) values.insert(sample.labels.at(label));
      }
    }
    return values;
  }
  std::optional<double> requestsOf(const std::string& service) {
    return find(scrape(), "lb_requests_total",
                {{"service", service}, {"method", "GET"}, {"code", "200"}, {"origin", "backend"}});
  }

  Telemetry telemetry_{2, testBuild()};
};

TEST_F(TelemetryTest, GivesEachWorkerItsOwnObjectsInTheOrderOfTheConfiguration) {
  const std::vector<StatsView> views = telemetry_.apply(configWith({"b", "a"}));
  ASSERT_EQ(views.size(), 2U);
  for (const StatsView& view : views) {
    ASSERT_EQ(view.services.size(), 2U);
    EXPECT_EQ(view.services[0]->name, "b");
    EXPECT_EQ(view.services[1]->name, "a");
    EXPECT_EQ(view.none->name, "_none");
    ASSERT_EQ(view.backends.size(), 2U);
    ASSERT_EQ(view.backends[1].size(), 2U);
    EXPECT_EQ(view.backends[1][0]->label, "127.0.0.1:9090");
    EXPECT_EQ(view.backends[1][1]->label, "127.0.0.1:9091");
    EXPECT_NE(view.backends[0][0], view.backends[1][0]) << "services do not share backends";
  }
  EXPECT_NE(views[0].services[0], views[1].services[0]);
  EXPECT_NE(views[0].backends[0][0], views[1].backends[0][0]);
  EXPECT_NE(views[0].none, views[1].none);
  EXPECT_NE(views[0].worker, views[1].worker);
}

TEST_F(TelemetryTest, HostsWithTheSameLabelShareOne) {
  config::Config config = configWith({});
  config.services.push_back(service("a", {9090, 9091, 9090}));
  const std::vector<StatsView> views = telemetry_.apply(config);
  EXPECT_EQ(views[0].backends[0][0], views[0].backends[0][2]);
  EXPECT_NE(views[0].backends[0][0], views[0].backends[0][1]);
}

TEST_F(TelemetryTest, WhatBothConfigurationsHaveGoesOnCounting) {
  const std::vector<StatsView> old_views = telemetry_.apply(configWith({"a", "b"}));
  config::Config config = configWith({});
  config.services.push_back(service("b", {9091, 9092}));
  config.services.push_back(service("a", {9090}));
  const std::vector<StatsView> views = telemetry_.apply(config);
  for (std::size_t worker = 0; worker < 2; ++worker) {
    EXPECT_EQ(views[worker].worker, old_views[worker].worker);
    EXPECT_EQ(views[worker].none, old_views[worker].none);
    EXPECT_EQ(views[worker].services[0], old_views[worker].services[1]);
    EXPECT_EQ(views[worker].services[1], old_views[worker].services[0]);
    EXPECT_EQ(views[worker].backends[0][0], old_views[worker].backends[1][1]);
    EXPECT_EQ(views[worker].backends[1][0], old_views[worker].backends[0][0]);
  }
}

TEST_F(TelemetryTest, WorkersAddUpToOneSeries) {
  const std::vector<StatsView> views = telemetry_.apply(configWith({kServiceName}));
  book(answeredRecord(), at(1s), *views[0].services[0], views[0].backends[0][0].get());
  Record slow = answeredRecord();
  slow.phases.total = 50ms;
  book(slow, at(1s), *views[1].services[0], views[1].backends[0][0].get());
  const auto families = scrape();
  EXPECT_EQ(requestsOf(kServiceName), 2);
  EXPECT_EQ(find(families, "lb_request_duration_seconds_count", {{"service", kServiceName}}), 2);
  EXPECT_DOUBLE_EQ(find(families, "lb_request_duration_seconds_sum", {{"service", kServiceName}}).value(), 0.0522);
  EXPECT_DOUBLE_EQ(find(families, "lb_request_duration_max_seconds", {{"service", kServiceName}}).value(), 0.05);
  EXPECT_EQ(
      find(families, "lb_backend_wait_duration_seconds_count", {{"service", kServiceName}, {"backend", kBackendName}}),
      2);
}

TEST_F(TelemetryTest, ARemovedServiceVanishesOnceEveryWorkerLetGo) {
  std::vector<StatsView> old_views = telemetry_.apply(configWith({"kept", "gone"}));
  std::vector<StatsView> views = telemetry_.apply(configWith({"kept"}));
  EXPECT_THAT(valuesOf("service"), UnorderedElementsAre("kept", "gone", "_none"));
  old_views[0] = {};
  EXPECT_THAT(valuesOf("service"), UnorderedElementsAre("kept", "gone", "_none")) << "the other worker holds it";
  old_views[1] = {};
  EXPECT_THAT(valuesOf("service"), UnorderedElementsAre("kept", "_none"));
}

TEST_F(TelemetryTest, AServiceStaysWhileOneOfItsBackendsIsHeld) {
  std::vector<StatsView> old_views = telemetry_.apply(configWith({"gone"}));
  const std::shared_ptr<BackendStats> pooled = old_views[0].backends[0][1];
  old_views.clear();
  old_views = telemetry_.apply(configWith({}));
  pooled->connections_idle.add();
  EXPECT_EQ(
      find(scrape(), "lb_backend_connections", {{"service", "gone"}, {"backend", "127.0.0.1:9091"}, {"state", "idle"}}),
      1);
  EXPECT_THAT(valuesOf("backend"), ElementsAre("127.0.0.1:9091")) << "the other one is not held";
}

TEST_F(TelemetryTest, AServiceStaysWhileItAloneIsHeld) {
  std::vector<StatsView> old_views = telemetry_.apply(configWith({"gone"}));
  std::shared_ptr<ServiceStats> in_flight = old_views[0].services[0];
  old_views = telemetry_.apply(configWith({}));
  book(answeredRecord(), at(1s), *in_flight, nullptr);
  EXPECT_EQ(requestsOf("gone"), 1);
  EXPECT_THAT(valuesOf("backend"), IsEmpty());
  in_flight.reset();
  EXPECT_EQ(requestsOf("gone"), std::nullopt);
}

TEST_F(TelemetryTest, ARemovedBackendVanishesOnceEveryWorkerLetGo) {
  std::vector<StatsView> old_views = telemetry_.apply(configWith({"a"}));
  config::Config config = configWith({});
  config.services.push_back(service("a", {9091}));
  const std::vector<StatsView> views = telemetry_.apply(config);
  EXPECT_THAT(valuesOf("backend"), UnorderedElementsAre("127.0.0.1:9090", "127.0.0.1:9091"));
  old_views.clear();
  EXPECT_THAT(valuesOf("backend"), ElementsAre("127.0.0.1:9091"));
}

TEST_F(TelemetryTest, WhatTheConfigurationNamesStaysThoughNobodyHoldsIt) {
  (void)telemetry_.apply(configWith({"a"}));
  EXPECT_THAT(valuesOf("service"), UnorderedElementsAre("a", "_none"));
  EXPECT_THAT(valuesOf("backend"), UnorderedElementsAre("127.0.0.1:9090", "127.0.0.1:9091"));
}

TEST_F(TelemetryTest, AServiceThatComesBackWhileHeldContinues) {
  std::vector<StatsView> first = telemetry_.apply(configWith({"a"}));
  book(answeredRecord(), at(1s), *first[0].services[0], nullptr);
  std::vector<StatsView> without = telemetry_.apply(configWith({}));
  const std::vector<StatsView> again = telemetry_.apply(configWith({"a"}));
  EXPECT_EQ(again[0].services[0], first[0].services[0]);
  EXPECT_EQ(requestsOf("a"), 1);
  first.clear();
  without.clear();
  EXPECT_EQ(requestsOf("a"), 1);
}

TEST_F(TelemetryTest, AServiceThatComesBackAfterItVanishedStartsAtZero) {
  std::vector<StatsView> views = telemetry_.apply(configWith({"a"}));
  book(answeredRecord(), at(1s), *views[0].services[0], nullptr);
  views.clear();
  views = telemetry_.apply(configWith({}));
  EXPECT_EQ(requestsOf("a"), std::nullopt);
  views = telemetry_.apply(configWith({"a"}));
  EXPECT_EQ(requestsOf("a"), std::nullopt);
  book(answeredRecord(), at(1s), *views[0].services[0], nullptr);
  EXPECT_EQ(requestsOf("a"), 1);
}

TEST_F(TelemetryTest, BucketBoundsAreThoseOfTheFirstConfiguration) {
  std::vector<StatsView> views = telemetry_.apply(configWith({"a"}));
  config::Config config = configWith({"a", "b"});
  config.metrics.request_buckets = {7};
  views = telemetry_.apply(config);
  EXPECT_EQ(views[0].services[1]->request.bounds(), (Buckets{0.001, 0.01, 0.1}));
  const auto families = scrape();
  EXPECT_TRUE(find(families, "lb_request_duration_seconds_bucket", {{"service", "b"}, {"le", "0.1"}}));
  EXPECT_FALSE(find(families, "lb_request_duration_seconds_bucket", {{"service", "b"}, {"le", "7"}}));
}

TEST_F(TelemetryTest, CanBeReadBeforeTheFirstConfiguration) {
  EXPECT_THAT(valuesOf("service"), IsEmpty());
  EXPECT_THAT(telemetry_.summaryLines(), IsEmpty());
}

}  // namespace
}  // namespace lb::observe
