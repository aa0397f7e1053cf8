// The operating system's environment as one process of the contract suite.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>

#include "lb/env/env.h"
#include "lb/os/os_clock.h"
#include "lb/os/os_loop.h"
#include "lb/os/os_network.h"
#include "lb/os/os_random.h"
#include "lb/os/os_resolver.h"
#include "lb/os/unique_fd.h"

namespace lb::contract {

class OsHarness {
 public:
  Loop& loop() { return loop_; }
  const Clock& clock() { return clock_; }
  Network& network() { return network_; }
  Resolver& resolver() { return resolver_; }
  Random& random() { return random_; }
  // Where attempts to connect vanish: one connection waits to be accepted, and there is no room for another.
  Address blackHole() {
    full_ = os::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* plain = reinterpret_cast<sockaddr*>(&at);
    const bool listens = ::bind(full_.get(), plain, size) == 0 && ::listen(full_.get(), 0) == 0 &&
                         ::getsockname(full_.get(), plain, &size) == 0;
    waiting_ = os::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_TRUE(listens && ::connect(waiting_.get(), plain, size) == 0);
    return {loopback(), ntohs(at.sin_port)};
  }
  static IpAddress loopback() { return *IpAddress::parse("127.0.0.1"); }
  os::OsLoop& osLoop() { return loop_; }

  void turn() { loop_.turn(); }

  bool runUntil(const std::function<bool()>& done) {
    bool late = false;
    const std::unique_ptr<Timer> deadline = loop_.makeTimer([&] { late = true; });
    deadline->arm(kPatience);
    while (!done()) {
      if (late) return false;
      loop_.turn();
    }
    return true;
  }

  void work(Duration time) {
    const MonoTime begin = clock_.precise();
    while (clock_.precise() - begin < time) continue;
  }

 private:
  static constexpr Duration kPatience = std::chrono::seconds(20);
  os::OsClock clock_;
  os::OsLoop loop_{clock_};
  os::OsNetwork network_{loop_};
  os::OsRandom random_;
  os::OsResolver resolver_{loop_};
  os::UniqueFd full_, waiting_;
};

}  // namespace lb::contract
