// Names over a real DNS exchange on loopback: addresses of both families, TTLs, names that do not exist or have
// nothing.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "lb/os/os_env.h"
#include "unit/contract/temporary_directory.h"

namespace lb::os {
namespace {

using namespace std::chrono_literals;

// A DNS server of a few fixed names (RFC 1035 4.1). It runs until it is destroyed.
class NameServer {
 public:
  // At 127.0.0.`octet`; "who" has the address 192.0.2.`octet`. Port 0: any.
  explicit NameServer(std::uint8_t octet = 1, std::uint16_t port = 0)
      : socket_(::socket(AF_INET, SOCK_DGRAM, 0)), octet_(octet) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xffU) | octet);
    at.sin_port = htons(port);
    socklen_t size = sizeof(at);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~NameServer() {
    ::shutdown(socket_, SHUT_RDWR);  // wakes the receiving call
    thread_.join();
    ::close(socket_);
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  [[nodiscard]] Address address() const { return {IpAddress::fromV4({127, 0, 0, octet_}), port_}; }

 private:
  void serve() {
    char query[512];
    for (;;) {
      sockaddr_in from{};
      socklen_t size = sizeof(from);
      const ssize_t got = ::recvfrom(socket_, query, sizeof(query), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got <= 0) return;
      const std::string reply = answer(std::string(query, static_cast<std::size_t>(got)));
      ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  static std::string record(char type, std::uint8_t ttl, const std::string& data) {
    const char head[] = {'\xc0', 12, 0, type, 0, 1, 0, 0, 0, static_cast<char>(ttl), 0, static_cast<char>(data.size())};
    return std::string(head, sizeof(head)) + data;
  }

  [[nodiscard]] std::string answer(const std::string& query) const {
    std::size_t end = 12;
    while (query[end] != 0) end += static_cast<std::size_t>(query[end]) + 1;
    const std::string name = query.substr(13, static_cast<std::size_t>(query[12]));  // the first label decides
    const char type = query[end + 2];
    std::string records;
    char count = 0;
    if (name == "two" && type == 1) {
      records = record(1, 9, std::string{'\xc0', 0, 2, 1}) + record(1, 7, std::string{'\xc0', 0, 2, 2});
      count = 2;
    } else if (name == "who" && type == 1) {
      records = record(1, 5, std::string{'\xc0', 0, 2, static_cast<char>(octet_)});
      count = 1;
    } else if (name == "six" && type == 28) {
      records = record(28, 30, std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + '\x01');
      count = 1;
    }
    const char code = name == "gone" ? '\x83' : '\x80';  // NXDOMAIN, or no error
    std::string reply = query.substr(0, 2) + std::string{'\x81', code, 0, 1, 0, count, 0, 0, 0, 0};
    return reply + query.substr(12, end + 5 - 12) + records;
  }

  int socket_;
  std::uint8_t octet_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

struct Asked final : ResolveEvents {
  void onResolved(Result<Resolved> result) override { found = std::move(result); }
  std::optional<Result<Resolved>> found;
};

Result<Resolved> resolve(OsLoop& loop, OsResolver& resolver, const std::string& name) {
  Asked asked;
  bool late = false;
  const auto deadline = loop.makeTimer([&] { late = true; });
  deadline->arm(20s);
  const auto handle = resolver.lookup(name, asked);
  while (!asked.found && !late) loop.turn();
  return asked.found ? *asked.found : fail("no answer in time");
}

Result<Resolved> resolve(const std::string& name) {
  NameServer server;
  OsClock clock;
  OsLoop loop(clock);
  OsResolver resolver(loop, {server.address()});
  return resolve(loop, resolver, name);
}

std::vector<std::string> texts(const Resolved& found) {
  std::vector<std::string> list;
  for (const IpAddress& ip : found.addresses) list.push_back(ip.toString());
  std::ranges::sort(list);
  return list;
}

TEST(Dns, EveryAddressAndTheShortestTtl) {
  const auto found = resolve("two.example.test.");
  ASSERT_TRUE(found.has_value()) << found.error().what;
  EXPECT_EQ(texts(*found), (std::vector<std::string>{"192.0.2.1", "192.0.2.2"}));
  EXPECT_EQ(found->ttl, 7s);
}

TEST(Dns, ANameWithIpv6Only) {
  const auto found = resolve("six.example.test.");
  ASSERT_TRUE(found.has_value()) << found.error().what;
  EXPECT_EQ(texts(*found), std::vector<std::string>{"2001:db8::1"});
  EXPECT_EQ(found->ttl, 30s);
}

TEST(Dns, ANameThatDoesNotExistIsAnError) {
  const auto found = resolve("gone.example.test.");
  ASSERT_FALSE(found.has_value());
  EXPECT_NE(found.error().what.find("gone.example.test"), std::string::npos);
}

TEST(Dns, ANameWithoutAddressesIsEmptyNotAnError) {
  const auto found = resolve("bare.example.test.");
  ASSERT_TRUE(found.has_value()) << found.error().what;
  EXPECT_TRUE(found->addresses.empty());
}

// It may be written after this program has started, and a laptop changes its network.
TEST(Dns, WhomResolvConfNamesNowIsAsked) {
  const NameServer before(1);
  const NameServer after(2, before.address().port);
  const contract::TemporaryDirectory directory;
  const std::string path = directory.path("resolv.conf");
  const auto name = [&](const NameServer& server) {
    std::ofstream(path) << "nameserver " << server.address().ip.toString() << "\n";
  };
  OsClock clock;
  OsLoop loop(clock);
  name(before);
  OsResolver resolver(loop, {}, {path, before.address().port});
  const auto first = resolve(loop, resolver, "who.example.test.");
  ASSERT_TRUE(first.has_value()) << first.error().what;
  EXPECT_EQ(texts(*first), std::vector<std::string>{"192.0.2.1"});
  std::filesystem::remove(path);
  name(after);
  const auto second = resolve(loop, resolver, "who.example.test.");
  ASSERT_TRUE(second.has_value()) << second.error().what;
  EXPECT_EQ(texts(*second), std::vector<std::string>{"192.0.2.2"});
}

TEST(Dns, ResolvConfThatCannotBeReadChangesNothing) {
  const NameServer server;
  const contract::TemporaryDirectory directory;
  const std::string path = directory.path("resolv.conf");
  std::ofstream(path) << "nameserver 127.0.0.1\n";
  OsClock clock;
  OsLoop loop(clock);
  OsResolver resolver(loop, {}, {path, server.address().port});
  std::filesystem::remove(path);
  std::filesystem::create_symlink(path, path);  // ELOOP
  const auto found = resolve(loop, resolver, "who.example.test.");
  ASSERT_TRUE(found.has_value()) << found.error().what;
}

TEST(Dns, HandlesMayOutliveTheResolver) {
  const NameServer server;
  OsClock clock;
  OsLoop loop(clock);
  Asked asked;
  auto resolver = std::make_unique<OsResolver>(loop, std::vector<Address>{server.address()});
  auto handle = resolver->lookup("who.example.test.", asked);
  resolver.reset();
  handle.reset();
  EXPECT_FALSE(asked.found.has_value());
}

}  // namespace
}  // namespace lb::os
