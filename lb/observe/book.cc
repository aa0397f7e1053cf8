// From one finished exchange to all the numbers that follow from it. The only place that decides what counts as what.
#include "lb/base/check.h"
#include "lb/observe/telemetry.h"

namespace lb::observe {
namespace {

void observeKnown(Histogram& histogram, Duration value, MonoTime now) {
  if (value != kUnknown) histogram.observe(value, now);
}

void bookOutcome(const Record& record, ServiceStats& service) {
  const bool aborted = record.aborted != AbortPhase::None || record.code == kClientGone;
  // Whatever code was on its way, nobody saw the end of it.
  service.requests.add(record.method, aborted ? kClientGone : record.code, record.origin);
  if (record.aborted != AbortPhase::None) service.aborts[static_cast<std::size_t>(record.aborted) - 1].add();
  if (!aborted && record.origin == Origin::Proxy) service.generated.add(record.code, record.reason);
  if (record.backend_broke) service.truncated_responses.add();
}

void bookPhases(const Phases& phases, MonoTime now, ServiceStats& service) {
  observeKnown(service.request, phases.total, now);
  observeKnown(service.receive, phases.receive, now);
  observeKnown(service.response, phases.response, now);
  observeKnown(service.queue, phases.queue, now);
  observeKnown(service.overhead_request, phases.overhead_request, now);
  observeKnown(service.overhead_response, phases.overhead_response, now);
  if (phases.total != kUnknown) service.request_percentiles.observe(phases.total);
  const Duration overhead = overheadOf(phases);
  if (overhead != kUnknown) service.overhead_percentiles.observe(overhead);
}

}  // namespace

Duration overheadOf(const Phases& phases) {
  if (phases.overhead_request == kUnknown) return phases.overhead_response;
  if (phases.overhead_response == kUnknown) return phases.overhead_request;
  return phases.overhead_request + phases.overhead_response;
}

void book(const Record& record, MonoTime now, ServiceStats& service, BackendStats* backend) {
  bookOutcome(record, service);
  bookPhases(record.phases, now, service);
  service.client_bytes_in.add(record.bytes_in);
  service.client_bytes_out.add(record.bytes_out);
  service.backend_bytes_in.add(record.backend_bytes_in);
  service.backend_bytes_out.add(record.backend_bytes_out);
  if (backend == nullptr) return;
  observeKnown(backend->connect, record.phases.connect, now);
  observeKnown(backend->send, record.phases.send, now);
  observeKnown(backend->wait, record.phases.wait, now);
  observeKnown(backend->receive, record.phases.backend_receive, now);
}

void bookAttempt(AttemptResult result, std::uint16_t code, BackendStats& backend) {
  const auto index = static_cast<std::size_t>(result);
  LB_CHECK(index < kAttemptResultCount);
  backend.attempts[index].add();
  if (code != 0) backend.responses.add(code);
}

}  // namespace lb::observe
