// Counts the system calls of a keep-alive exchange: one recv and one send for each message, nothing else but waiting.
// The C library's wrappers are replaced in this binary by counting ones.
#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cstdarg>
#include <map>
#include <vector>

#include "unit/contract/contract_fixture.h"
#include "unit/contract/os_harness.h"

namespace {

struct Counts {
  int epoll_ctl = 0, timerfd_settime = 0, socket_options = 0, receives = 0, sends = 0, peeks = 0;
} counts;

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  static auto* const next = real<int(int, int, int, epoll_event*)>("epoll_ctl");
  ++counts.epoll_ctl;
  return next(epoll, operation, fd, event);
}

int getsockopt(int fd, int level, int name, void* value, socklen_t* size) noexcept {
  static auto* const next = real<int(int, int, int, void*, socklen_t*)>("getsockopt");
  ++counts.socket_options;
  return next(fd, level, name, value, size);
}

int setsockopt(int fd, int level, int name, const void* value, socklen_t size) noexcept {
  static auto* const next = real<int(int, int, int, const void*, socklen_t)>("setsockopt");
  ++counts.socket_options;
  return next(fd, level, name, value, size);
}

ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  static auto* const next = real<ssize_t(int, void*, size_t, int)>("recv");
  ++((flags & MSG_PEEK) != 0 ? counts.peeks : counts.receives);
  return next(fd, buffer, size, flags);
}

// Streams read and write by number (lb/os/os_stream.cc).
long syscall(long number, ...) noexcept {
  static auto* const next = real<long(long, ...)>("syscall");
  std::array<long, 6> given{};
  va_list list;
  va_start(list, number);
  for (long& argument : given) argument = va_arg(list, long);
  va_end(list);
  if (number == SYS_recvfrom || number == SYS_readv) ++counts.receives;
  if (number == SYS_sendto || number == SYS_sendmsg) ++counts.sends;
  return next(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}

}  // extern "C"

namespace lb::contract {
namespace {

class Syscalls : public ContractTest<OsHarness> {};

TEST_F(Syscalls, KeepAliveExchangeCostsOneReceiveAndOneSendOnEachSide) {
  constexpr int kExchanges = 200;
  auto [client, server] = connect();
  server->on_ready = [&](Interest) {
    const auto [result, text] = readText(server->stream(), 4096);
    ASSERT_EQ(result.status, IoStatus::Ok);
    ASSERT_EQ(writeText(server->stream(), text).bytes, text.size());
    server->stream().want(Interest::Read);
  };
  int answers = 0;
  client->on_ready = [&](Interest) {
    ASSERT_EQ(readText(client->stream(), 4096).second, "request");
    if (++answers < kExchanges) {
      client->stream().want(Interest::Both);  // to and fro with what is wanted is free
      client->stream().want(Interest::Read);
      ASSERT_EQ(writeText(client->stream(), "request").bytes, 7U);
    }
  };
  server->stream().want(Interest::Read);
  client->stream().want(Interest::Read);
  ASSERT_EQ(writeText(client->stream(), "request").bytes, 7U);
  bool late = false;
  const auto deadline = loop().makeTimer([&] { late = true; });
  deadline->arm(std::chrono::seconds(20));
  env_.turn();
  counts = {};
  const int before = answers;
  while (answers < kExchanges && !late) env_.turn();
  ASSERT_FALSE(late);
  const int measured = kExchanges - before;
  EXPECT_EQ(counts.epoll_ctl, 0);
  EXPECT_EQ(counts.socket_options, 0);
  EXPECT_LE(counts.receives, 2 * measured + 1);
  EXPECT_LE(counts.sends, 2 * measured + 1);
  EXPECT_GE(counts.receives, 2 * measured - 2) << "or nothing was counted";
  EXPECT_GE(counts.sends, 2 * measured - 2);
}

TEST_F(Syscalls, LongBodiesAreSentAPacketAtATime) {
  constexpr std::size_t kPacket = 64 * 1024;
  const std::vector<std::byte> block(16 * 1024);
  const std::vector<Bytes> pieces(16, Bytes(block));
  auto [client, server] = connect();
  counts = {};
  const IoResult result = client->stream().write(pieces);
  EXPECT_EQ(counts.sends, 1);
  EXPECT_EQ(result.status, IoStatus::Ok);
  EXPECT_GT(result.bytes, 0U);
  EXPECT_LE(result.bytes, kPacket);
}

TEST_F(Syscalls, IdleConnectionIsLookedAtOnce) {
  auto [client, server] = connect();
  server->stream().want(Interest::Read);
  client->stream().want(Interest::Read);
  ASSERT_EQ(writeText(client->stream(), "x").bytes, 1U);
  server->on_ready = [&](Interest) { EXPECT_EQ(readText(server->stream(), 10).first.bytes, 1U); };
  counts = {};
  idle(std::chrono::milliseconds(500));  // several times the interval of QuietReads
  EXPECT_EQ(counts.peeks, 1);
  EXPECT_EQ(counts.receives, 1);
  EXPECT_EQ(counts.epoll_ctl, 0);
}

// Of many that wait to be looked at some leave again, from every place of the list: by a write, or for good.
TEST_F(Syscalls, WhoeverIsStillQuietIsLookedAtOnce) {
  std::vector<Pair> pairs;
  std::size_t got = 0;
  for (std::size_t i = 0; i < 7; ++i) {
    pairs.push_back(connect());
    End& server = *pairs.back().server;
    server.stream().want(Interest::Read);
    server.on_ready = [&server, &got](Interest) { got += readText(server.stream(), 10).first.bytes; };
    ASSERT_EQ(writeText(pairs.back().client->stream(), "x").bytes, 1U);
    ASSERT_TRUE(env_.runUntil([&] { return got == i + 1; }));
  }
  for (const std::size_t busy : {0, 3}) ASSERT_EQ(writeText(pairs[busy].server->stream(), "y").bytes, 1U);
  pairs.erase(pairs.begin() + 5);
  pairs.erase(pairs.begin() + 1);
  counts = {};
  idle(std::chrono::milliseconds(500));
  EXPECT_EQ(counts.peeks, 3);
}

TEST_F(Syscalls, ConnectionIsRegisteredOnceAndRemovedOnce) {
  counts = {};
  {
    const Pair pair = connect();
    EXPECT_EQ(counts.epoll_ctl, 2 + 2) << "both ends, and the listener that came and went";
  }
  EXPECT_EQ(counts.epoll_ctl, 2 + 2 + 2);
}

}  // namespace
}  // namespace lb::contract
