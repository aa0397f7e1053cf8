// A scenario that can be told in a line, and what a run of it has reached.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "lb/config/defaults.h"
#include "sim/plan/validate.h"
#include "sim/run/run.h"

namespace sim::plan {

// One client, one backend, and a config that gives up soon.
inline Scenario small(std::vector<Request> requests) {
  Scenario made;
  made.families = {"bad_answer",   "silent_close", "early",      "idle_bytes", "early_close",
                   "wrong_length", "bad_chunk",    "says_close", "trigger",    "idle_answer"};
  made.storm = std::chrono::seconds(10);
  made.backends.resize(1);
  made.config = lb::config::defaultConfig();
  made.config.listen = {{.address = kProxyIp, .port = kProxyPort, .place = {}}};
  made.config.admin.enabled = false;
  made.config.threads = 1;
  lb::config::Service service;
  service.name = "s0";
  service.domains = {serviceHost(0)};
  service.hosts = {{.address = backendIp(0), .port = kBackendPort, .place = {}}};
  service.timeouts.connect = std::chrono::milliseconds(300);
  service.timeouts.response_idle = std::chrono::seconds(1);
  service.pool.max_idle = 0;
  made.config.services = {service};
  Client client;
  client.requests = std::move(requests);
  for (std::size_t i = 0; i < client.requests.size(); ++i) client.requests[i].id = i + 1;
  made.clients = {client};
  EXPECT_EQ(validate(made), "");
  return made;
}

inline check::Marks marksOf(const Scenario& scenario) {
  auto run = std::make_unique<run::Run>(scenario);
  const bool fine = run->go();
  EXPECT_TRUE(fine) << run->ledger().violation().invariant << " " << run->ledger().violation().what;
  const check::Marks marks = run->ledger().marks();
  if (!fine) static_cast<void>(run.release());
  return marks;
}

inline std::uint64_t count(const check::Marks& marks, check::Mark mark) {
  return marks.count(static_cast<std::size_t>(mark));
}

}  // namespace sim::plan
