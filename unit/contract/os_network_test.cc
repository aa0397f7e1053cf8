// What TCP of this machine has beyond the contract: ports in use, both address families, an exhausted descriptor table.
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <optional>

#include "lb/os/os_listener.h"
#include "lb/os/socket.h"
#include "unit/contract/contract_fixture.h"
#include "unit/contract/os_harness.h"

namespace lb::os {
namespace {

using contract::Door;
using contract::End;
using contract::OsHarness;
using testing::HasSubstr;

Address at(const char* ip, std::uint16_t port) {
  return {*IpAddress::parse(ip), port};
}

bool machineHasIpv6Loopback() {
  OsHarness env;
  Door door;
  return env.network().listen(at("::1", 0), door).has_value();
}

TEST(OsNetwork, ProbeTellsThatAPortIsInUse) {
  OsHarness env;
  Door door;
  const auto listener = env.network().listen(at("127.0.0.1", 0), door);
  ASSERT_TRUE(listener.has_value());
  const Address taken = (*listener)->local();
  const Result<void> probe = probeListen(taken);
  ASSERT_FALSE(probe.has_value());
  EXPECT_EQ(probe.error().what, "cannot listen on " + taken.toString() + ": address already in use");
  EXPECT_FALSE(probeListen({{}, taken.port}).has_value()) << "every interface includes this one";
}

TEST(OsNetwork, ProbeLeavesAFreePortFree) {
  OsHarness env;
  Door door;
  Address free_port;
  {
    const auto listener = env.network().listen(at("127.0.0.1", 0), door);
    free_port = (*listener)->local();
  }
  EXPECT_TRUE(probeListen(free_port).has_value());
  EXPECT_TRUE(probeListen(free_port).has_value());
  EXPECT_TRUE(env.network().listen(free_port, door).has_value());
}

TEST(OsNetwork, ForeignAddressIsAClearError) {
  OsHarness env;
  Door door;
  const auto listener = env.network().listen(at("192.0.2.1", 80), door);
  ASSERT_FALSE(listener.has_value());
  EXPECT_EQ(listener.error().what, "cannot listen on 192.0.2.1:80: cannot assign requested address");
}

TEST(OsNetwork, UnspecifiedAddressListensOnEveryFamily) {
  OsHarness env;
  Door door;
  const auto listener = env.network().listen({}, door);
  ASSERT_TRUE(listener.has_value());
  std::vector<Address> targets{at("127.0.0.1", (*listener)->local().port)};
  if (machineHasIpv6Loopback()) targets.push_back(at("::1", (*listener)->local().port));
  for (const Address& target : targets) {
    door.accepted.clear();
    const End client(env.network().connect(target));
    ASSERT_TRUE(env.runUntil([&] { return door.accepted.size() == 1; })) << target.toString();
    EXPECT_EQ(door.accepted[0]->stream().remote().ip, target.ip) << "IPv4 looks the same on every listener";
  }
}

TEST(OsNetwork, UnroutableConnectFailsWithItsReason) {
  OsHarness env;
  End client(env.network().connect(at("255.255.255.255", 80)));
  client.on_ready = [&](Interest) { client.stream().want(Interest::None); };
  client.stream().want(Interest::Both);
  ASSERT_TRUE(env.runUntil([&] { return client.events == 1; }));
  EXPECT_EQ(contract::writeText(client.stream(), "x").status, IoStatus::Unreachable);
}

// What `see` returns in a child process whose network has no address at all, like a container's without IPv6; nullopt
// where processes may not have a network of their own.
std::optional<IoStatus> withoutAnyAddress(const std::function<IoStatus()>& see) {
  constexpr int kNotAllowed = 255;
  const pid_t child = fork();
  if (child == 0) {
    const bool alone = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
    _exit(alone ? static_cast<int>(see()) : kNotAllowed);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  const int code = WEXITSTATUS(status);
  return code == kNotAllowed ? std::nullopt : std::optional(static_cast<IoStatus>(code));
}

TEST(OsNetwork, AddressThatCannotBeReachedFromHereIsNotALackOfPorts) {
  const auto status = withoutAnyAddress([] {
    OsHarness env;
    const auto client = env.network().connect(at("::1", 80));
    return contract::writeText(*client, "x").status;
  });
  EXPECT_EQ(status.value_or(IoStatus::Unreachable), IoStatus::Unreachable);
  EXPECT_EQ(connectStatusFromErrno(EADDRNOTAVAIL, toSocketAddress(at("127.0.0.1", 80))), IoStatus::Exhausted);
}

// Leaves no descriptor to this process until it is destroyed. The undefined-behaviour sanitizer needs one when it sees
// a class called for the first time, so the cases accept and write once before.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const UniqueFd lowest(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest.get());  // descriptors below are in use, none above is allowed
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(OsNetwork, ExhaustedDescriptorsAreReportedAndRecoveredFrom) {
  OsHarness env;
  struct PausingDoor final : AcceptEvents {
    void onAccept(std::unique_ptr<Stream> stream) override { accepted.push_back(std::move(stream)); }
    void onAcceptFailed(IoStatus why) override {
      failures.push_back(why);
      listener->pause(true);
    }
    Listener* listener = nullptr;
    std::vector<std::unique_ptr<Stream>> accepted;
    std::vector<IoStatus> failures;
  } door;
  const auto listener = env.network().listen(at("127.0.0.1", 0), door);
  ASSERT_TRUE(listener.has_value());
  door.listener = listener->get();
  const auto served = env.network().connect((*listener)->local());
  ASSERT_TRUE(env.runUntil([&] { return door.accepted.size() == 1; }));
  EXPECT_EQ(contract::writeText(*door.accepted[0], "x").status, IoStatus::Ok);
  const auto waiting = env.network().connect((*listener)->local());
  {
    const NoDescriptors none;
    ASSERT_TRUE(env.runUntil([&] { return !door.failures.empty(); }));
    const auto failed = env.network().connect((*listener)->local());
    EXPECT_EQ(contract::writeText(*failed, "x").status, IoStatus::Exhausted);
  }
  EXPECT_THAT(door.failures, testing::ElementsAre(IoStatus::Exhausted));
  EXPECT_EQ(door.accepted.size(), 1U);
  (*listener)->pause(false);
  EXPECT_TRUE(env.runUntil([&] { return door.accepted.size() == 2; }));
}

TEST(OsNetwork, ExhaustionComesAgainWhileNotPaused) {
  OsHarness env;
  Door door;
  const auto listener = env.network().listen(at("127.0.0.1", 0), door);
  const auto served = env.network().connect((*listener)->local());
  ASSERT_TRUE(env.runUntil([&] { return door.accepted.size() == 1; }));
  const auto waiting = env.network().connect((*listener)->local());
  const NoDescriptors none;
  EXPECT_TRUE(env.runUntil([&] { return door.failures.size() == 3; }));
}

struct ErrnoRow {
  int error;
  IoStatus expected;
};

TEST(OsSocket, ErrnoBecomesStatus) {
  using enum IoStatus;
  constexpr ErrnoRow kRows[] = {{ECONNRESET, Reset},         {EPIPE, Reset},
                                {ECONNREFUSED, Refused},     {ETIMEDOUT, TimedOut},
                                {EHOSTUNREACH, Unreachable}, {ENETUNREACH, Unreachable},
                                {EMFILE, Exhausted},         {ENFILE, Exhausted},
                                {ENOBUFS, Exhausted},        {ENOMEM, Exhausted},
                                {EADDRNOTAVAIL, Exhausted}};
  for (const ErrnoRow& row : kRows) EXPECT_EQ(ioStatusFromErrno(row.error), row.expected) << row.error;
}

TEST(OsSocket, AddressesSurviveTheSystemsForm) {
  for (const char* ip : {"127.0.0.1", "0.0.0.0", "::", "::1", "2001:db8::7", "::ffff:192.0.2.1"}) {
    const SocketAddress raw = toSocketAddress(at(ip, 8080));
    EXPECT_EQ(fromSocketAddress(raw), at(ip, 8080));
  }
  EXPECT_EQ(toSocketAddress(at("::ffff:192.0.2.1", 1)).storage.ss_family, AF_INET) << "mapped is plain IPv4";
}

}  // namespace
}  // namespace lb::os
