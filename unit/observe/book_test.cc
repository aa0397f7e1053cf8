// What follows from one record, and what does not.
#include <gtest/gtest.h>

#include <string>

#include "unit/observe/fixtures.h"

namespace lb::observe {
namespace {

class Book : public testing::Test {
 protected:
  void book(const Record& record, bool with_backend = true) {
    observe::book(record, at(1s), service_, with_backend ? &backend_ : nullptr);
  }
  [[nodiscard]] std::string requests() const {
    std::string seen;
    service_.requests.forEach([&](http::Method, std::uint16_t code, Origin origin, std::uint64_t value) {
      seen += std::to_string(code) + " " + std::string(toString(origin)) + " " + std::to_string(value) + ";";
    });
    return seen;
  }
  [[nodiscard]] std::string generated() const {
    std::string seen;
    service_.generated.forEach([&](std::uint16_t code, Reason reason, std::uint64_t value) {
      seen += std::to_string(code) + " " + std::string(toString(reason)) + " " + std::to_string(value) + ";";
    });
    return seen;
  }

  Layouts layouts_{configWith({}).metrics};
  ServiceStats service_{kServiceName, layouts_};
  BackendStats backend_{kBackendName, layouts_.request};
};

TEST_F(Book, AnAnswerOfABackend) {
  book(answeredRecord());
  EXPECT_EQ(requests(), "200 backend 1;");
  EXPECT_EQ(generated(), "");
  EXPECT_EQ(service_.truncated_responses.get(), 0U);
  EXPECT_EQ(service_.client_bytes_in.get(), 100U);
  EXPECT_EQ(service_.client_bytes_out.get(), 1234U);
  EXPECT_EQ(service_.backend_bytes_in.get(), 1200U);
  EXPECT_EQ(service_.backend_bytes_out.get(), 150U);
}

TEST_F(Book, EveryPhaseGoesIntoItsOwnHistogram) {
  book(answeredRecord());
  struct Row {
    const char* name;
    const Histogram& histogram;
    Duration value;
  };
  const Row rows[] = {
      {"total", service_.request, 2200us},
      {"receive", service_.receive, 10us},
      {"response", service_.response, 40us},
      {"overhead of the request", service_.overhead_request, 20us},
      {"overhead of the response", service_.overhead_response, 30us},
      {"connect", backend_.connect, 300us},
      {"send", backend_.send, 80us},
      {"wait", backend_.wait, 1910us},
      {"receive from the backend", backend_.receive, 30us},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(row.histogram.count(), 1U) << row.name;
    EXPECT_EQ(row.histogram.max(at(1s)), row.value) << row.name;
  }
  Percentiles::Sum request;
  request.add(service_.request_percentiles);
  EXPECT_EQ(request.quantile(1), 2200us);
  Percentiles::Sum overhead;
  overhead.add(service_.overhead_percentiles);
  EXPECT_EQ(overhead.quantile(1), 50us);
}

TEST_F(Book, UnknownPhasesAreNotObserved) {
  Record record = answeredRecord();
  record.phases = {};
  book(record);
  for (const Histogram* histogram :
       {&service_.request, &service_.receive, &service_.response, &service_.overhead_request,
        &service_.overhead_response, &backend_.connect, &backend_.send, &backend_.wait, &backend_.receive}) {
    EXPECT_EQ(histogram->count(), 0U);
  }
  EXPECT_EQ(service_.request_percentiles.count(), 0U);
  EXPECT_EQ(service_.overhead_percentiles.count(), 0U);
  EXPECT_EQ(requests(), "200 backend 1;");
}

TEST_F(Book, AnAnswerOfTheProxy) {
  book(unroutedRecord(), false);
  EXPECT_EQ(requests(), "404 proxy 1;");
  EXPECT_EQ(generated(), "404 no_route 1;");
  EXPECT_EQ(service_.request.count(), 1U);
  EXPECT_EQ(service_.overhead_request.count(), 0U);
}

TEST_F(Book, AClientThatGoesBeforeAnAnswerIsNeitherTheBackendsNorOurError) {
  Record record = answeredRecord();
  record.code = 499;
  record.origin = Origin::Proxy;
  record.aborted = AbortPhase::Wait;
  book(record);
  EXPECT_EQ(requests(), "499 proxy 1;");
  EXPECT_EQ(generated(), "");
  EXPECT_EQ(service_.aborts[1].get(), 1U);
}

TEST_F(Book, AClientThatGoesWithinAResponseStillCountsAs499) {
  Record record = answeredRecord();
  record.aborted = AbortPhase::Response;
  book(record);
  EXPECT_EQ(requests(), "499 backend 1;");
  EXPECT_EQ(service_.aborts[0].get(), 0U);
  EXPECT_EQ(service_.aborts[1].get(), 0U);
  EXPECT_EQ(service_.aborts[2].get(), 1U);
}

TEST_F(Book, AResponseCutByTheBackend) {
  Record record = answeredRecord();
  record.backend_broke = true;
  book(record);
  EXPECT_EQ(requests(), "200 backend 1;");
  EXPECT_EQ(service_.truncated_responses.get(), 1U);
}

TEST_F(Book, AttemptsByResultAndResponsesByCode) {
  bookAttempt(AttemptResult::Ok, 200, backend_);
  bookAttempt(AttemptResult::Http5xx, 503, backend_);
  bookAttempt(AttemptResult::Reset, 0, backend_);
  bookAttempt(AttemptResult::Reset, 200, backend_);
  EXPECT_EQ(backend_.attempts[static_cast<std::size_t>(AttemptResult::Ok)].get(), 1U);
  EXPECT_EQ(backend_.attempts[static_cast<std::size_t>(AttemptResult::Http5xx)].get(), 1U);
  EXPECT_EQ(backend_.attempts[static_cast<std::size_t>(AttemptResult::Reset)].get(), 2U);
  std::string seen;
  backend_.responses.forEach([&](std::uint16_t code, std::uint64_t value) {
    seen += std::to_string(code) + " " + std::to_string(value) + ";";
  });
  EXPECT_EQ(seen, "200 2;503 1;");
}

}  // namespace
}  // namespace lb::observe
