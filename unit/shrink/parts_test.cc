// Parts taken out of a scenario: the rest still means the same backends and services.
#include "sim/plan/parts.h"

#include <gtest/gtest.h>

#include "sim/plan/validate.h"

namespace sim::plan {
namespace {

Request requestTo(std::uint64_t id, int service) {
  Request request;
  request.id = id;
  request.service = service;
  return request;
}

// Three services: on the backends 0 and 1, on 1 by its name, on 2.
Scenario scenario() {
  Scenario made;
  made.backends.resize(3);
  made.config.listen = {{.address = kProxyIp, .port = kProxyPort, .place = {}}};
  made.config.threads = 1;
  const std::vector<std::vector<std::string>> hosts{{backendIp(0), backendIp(1)}, {backendName(1)}, {backendIp(2)}};
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    lb::config::Service service;
    service.name = "s" + std::to_string(i);
    service.domains = {serviceHost(static_cast<int>(i))};
    for (const std::string& host : hosts[i]) service.hosts.push_back({.address = host, .port = 80, .place = {}});
    made.config.services.push_back(service);
  }
  made.clients.resize(2);
  made.clients[0].requests = {requestTo(1, 0), requestTo(2, 1), requestTo(3, 2), requestTo(4, -1)};
  made.clients[1].requests = {requestTo(5, 1)};
  for (const int who : {0, 1, 2}) made.faults.push_back({.kind = FaultKind::Kill, .at = {}, .length = {}, .who = who});
  return made;
}

TEST(Parts, WithoutAServiceTheOthersKeepTheirRequests) {
  Scenario rest = scenario();
  removeService(rest, 1);
  EXPECT_EQ(validate(rest), "");
  ASSERT_EQ(rest.clients.size(), 1U);  // the other one had no further request
  std::vector<std::pair<std::uint64_t, int>> asked;
  for (const Request& request : rest.clients[0].requests) asked.emplace_back(request.id, request.service);
  EXPECT_EQ(asked, (std::vector<std::pair<std::uint64_t, int>>{{1, 0}, {3, 1}, {4, -1}}));
  ASSERT_EQ(rest.config.services.size(), 2U);
  EXPECT_EQ(rest.config.services[1].name, "s1");
  EXPECT_EQ(rest.config.services[1].domains, std::vector{serviceHost(1)});
  EXPECT_EQ(rest.config.services[1].hosts[0].address, backendIp(2));
}

TEST(Parts, WithoutABackendTheOthersMoveUp) {
  Scenario rest = scenario();
  removeBackend(rest, 0);
  EXPECT_EQ(validate(rest), "");
  EXPECT_EQ(rest.backends.size(), 2U);
  ASSERT_EQ(rest.config.services[0].hosts.size(), 1U);
  EXPECT_EQ(rest.config.services[0].hosts[0].address, backendIp(0));
  EXPECT_EQ(rest.config.services[1].hosts[0].address, backendName(0));
  EXPECT_EQ(rest.config.services[2].hosts[0].address, backendIp(1));
  ASSERT_EQ(rest.faults.size(), 2U);
  EXPECT_EQ(rest.faults[0].who, 0);
  EXPECT_EQ(rest.faults[1].who, 1);
}

TEST(Parts, AServiceNeedsABackend) {
  Scenario rest = scenario();
  removeBackend(rest, 2);
  EXPECT_NE(validate(rest), "");
}

}  // namespace
}  // namespace sim::plan
