// The families of workers and of the client side, which belong to no service.
#include "lb/observe/families.h"

namespace lb::observe {
namespace {

Labels worker(std::size_t number) {
  return {{"worker", std::to_string(number)}};
}

struct CounterRow {
  std::string_view name;
  std::string_view help;
  Counter WorkerStats::* member;
};
constexpr CounterRow kCounters[] = {
    {"lb_client_connections_total", "Client connections accepted.", &WorkerStats::connections_accepted},
    {"lb_client_accept_failures_total", "Client connections that could not be accepted.",
     &WorkerStats::accept_failures},
    {"lb_client_accept_pauses_total", "Times that accepting paused because a limit had been reached.",
     &WorkerStats::accept_pauses},
};
constexpr CounterRow kGauges[] = {
    {"lb_buffer_bytes", "Memory in buffers.", &WorkerStats::buffer_bytes},
};

prometheus::MetricFamily clientConnections(const Groups& groups) {
  Family family =
      gaugeFamily("lb_client_connections", "Open client connections, with a request under way and without.");
  const std::uint64_t open = sum(groups.workers, &WorkerStats::connections_open);
  const std::uint64_t idle = sum(groups.workers, &WorkerStats::connections_idle);
  // The two were not read at the same instant.
  family.add({{"state", "active"}}, open > idle ? open - idle : std::uint64_t{0});
  family.add({{"state", "idle"}}, idle);
  return family.take();
}

}  // namespace

void collectWorkers(const Groups& groups, MonoTime now, Families& out) {
  out.push_back(clientConnections(groups));
  for (const CounterRow& row : kCounters) {
    Family family = counterFamily(row.name, row.help);
    family.add({}, sum(groups.workers, row.member));
    out.push_back(family.take());
  }
  Family rejected = counterFamily("lb_client_connections_rejected_total", "Client connections closed at once.");
  rejected.add({{"reason", "per_client"}}, sum(groups.workers, &WorkerStats::rejected_per_client));
  out.push_back(rejected.take());
  for (const CounterRow& row : kGauges) {
    Family family = gaugeFamily(row.name, row.help);
    family.add({}, sum(groups.workers, row.member));
    out.push_back(family.take());
  }
  Family dns = counterFamily("lb_dns_lookups_total", "Look-ups of backends' names, by result.");
  dns.add({{"result", "ok"}}, sum(groups.workers, &WorkerStats::dns_ok));
  dns.add({{"result", "failed"}}, sum(groups.workers, &WorkerStats::dns_failed));
  out.push_back(dns.take());

  Family busy = counterFamily("lb_worker_busy_seconds_total", "Time that the worker spent working instead of waiting.");
  Family connections = gaugeFamily("lb_worker_connections", "Open client connections of the worker.");
  HistogramFamily lag("lb_worker_loop_lag_seconds", "How late the worker's loop ran what was due.");
  for (std::size_t i = 0; i < groups.workers.size(); ++i) {
    const WorkerStats& one = *groups.workers[i];
    busy.add(worker(i), static_cast<double>(one.busy_nanoseconds.get()) / 1e9);
    connections.add(worker(i), one.connections_open.get());
    lag.add(worker(i), sum(std::vector{&one}, &WorkerStats::loop_lag, now));
  }
  out.push_back(busy.take());
  out.push_back(connections.take());
  lag.take(out);
}

}  // namespace lb::observe
