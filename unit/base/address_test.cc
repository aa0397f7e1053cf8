// Addresses and networks: what is accepted, what is one and the same, and how they are written.
#include "lb/base/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lb {
namespace {

struct ParseRow {
  const char* text;
  const char* written;  // null: refused
};

TEST(IpAddress, ParsesAndWrites) {
  constexpr ParseRow kRows[] = {
      {"127.0.0.1", "127.0.0.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::192.0.2.1", "::192.0.2.1"},
      {"1:2:3:4:5:6:123.123.123.123", "1:2:3:4:5:6:7b7b:7b7b"},
      {"", nullptr},
      {"localhost", nullptr},
      {"1.2.3", nullptr},
      {"1.2.3.4.5", nullptr},
      {"256.0.0.1", nullptr},
      {"01.2.3.4", nullptr},
      {"1.2.3.4 ", nullptr},
      {" 1.2.3.4", nullptr},
      {"1.2.3.4:80", nullptr},
      {"[::1]", nullptr},
      {"::1%eth0", nullptr},
      {":::", nullptr},
      {"12345::", nullptr},
      {"1:2:3:4:5:6:7:8:9", nullptr},
      {"0000:0000:0000:0000:0000:ffff:255.255.255.2555", nullptr},  // longer than any address
  };
  for (const ParseRow& row : kRows) {
    const auto address = IpAddress::parse(row.text);
    ASSERT_EQ(address.has_value(), row.written != nullptr) << row.text;
    if (!address) continue;
    EXPECT_EQ(address->toString(), row.written) << row.text;
  }
}

TEST(IpAddress, TextWithNulIsRefused) {
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0.evil", 13)).has_value());
}

TEST(IpAddress, MappedAndPlainIpv4AreOneAddress) {
  const auto plain = IpAddress::parse("192.0.2.1");
  EXPECT_EQ(plain, IpAddress::parse("::ffff:192.0.2.1"));
  EXPECT_EQ(plain, IpAddress::fromV4({192, 0, 2, 1}));
  EXPECT_TRUE(plain->isV4());
  EXPECT_FALSE(IpAddress::parse("::192.0.2.1")->isV4());
  EXPECT_FALSE(IpAddress{}.isV4());
}

TEST(IpAddress, BytesSurvive) {
  const auto address = IpAddress::parse("2001:db8::7");
  EXPECT_EQ(IpAddress::fromV6(address->bytes()), *address);
}

TEST(Address, IsWrittenWithItsPort) {
  EXPECT_EQ((Address{*IpAddress::parse("192.0.2.1"), 80}).toString(), "192.0.2.1:80");
  EXPECT_EQ((Address{*IpAddress::parse("2001:db8::1"), 8443}).toString(), "[2001:db8::1]:8443");
  EXPECT_EQ(Address{}.toString(), "[::]:0");
}

TEST(Address, IsReadAsItIsWritten) {
  for (const char* text : {"192.0.2.1:80", "[2001:db8::1]:8443", "[::]:0", "255.255.255.255:65535"}) {
    const auto address = Address::parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->toString(), text);
  }
  for (const char* text :
       {"", ":", ":80", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:+1", "192.0.2.1:80x",
        "[192.0.2.1]:80", "2001:db8::1:80", "[2001:db8::1]", "[2001:db8::1:80", "[]:80", "[:80", "pool.internal:80"})
    EXPECT_FALSE(Address::parse(text).has_value()) << text;
}

TEST(Address, OrdersByIpThenPort) {
  const Address low{*IpAddress::parse("10.0.0.1"), 9};
  EXPECT_LT(low, (Address{low.ip, 10}));
  EXPECT_LT((Address{low.ip, 10}), (Address{*IpAddress::parse("10.0.0.2"), 1}));
}

struct CidrRow {
  const char* network;
  const char* inside;
  const char* outside;
};

TEST(Cidr, ContainsItsAddressesOnly) {
  constexpr CidrRow kRows[] = {
      {"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
      {"10.1.2.3/8", "10.200.0.1", "9.255.255.255"},
      {"192.0.2.128/25", "192.0.2.128", "192.0.2.127"},
      {"192.0.2.4/30", "192.0.2.7", "192.0.2.8"},
      {"192.0.2.4/31", "192.0.2.5", "192.0.2.6"},
      {"192.0.2.4/32", "192.0.2.4", "192.0.2.5"},
      {"192.0.2.4", "192.0.2.4", "192.0.2.5"},
      {"0.0.0.0/0", "203.0.113.9", "2001:db8::1"},
      {"2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"},
      {"2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
      {"fe80::/10", "febf::1", "fec0::"},
      {"::1/128", "::1", "::2"},
      {"10.0.0.0/8", "::ffff:10.0.0.1", "::10.0.0.1"},
  };
  for (const CidrRow& row : kRows) {
    const auto network = Cidr::parse(row.network);
    ASSERT_TRUE(network.has_value()) << row.network;
    EXPECT_TRUE(network->contains(*IpAddress::parse(row.inside))) << row.network << " " << row.inside;
    EXPECT_FALSE(network->contains(*IpAddress::parse(row.outside))) << row.network << " " << row.outside;
  }
}

TEST(Cidr, EverythingIsInTheWholeSpace) {
  const auto all = Cidr::parse("::/0");
  for (const char* text : {"::", "10.0.0.1", "ffff:ffff::"}) EXPECT_TRUE(all->contains(*IpAddress::parse(text)));
}

TEST(Cidr, RefusesWhatIsNoNetwork) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8",
                           "10.0.0.0/8/8", "::/129", "::/+1", "10.0.0.0/99999999999", "host/8"}) {
    EXPECT_FALSE(Cidr::parse(text).has_value()) << text;
  }
}

TEST(Cidr, IsWrittenWithItsPrefix) {
  for (const char* text : {"10.0.0.0/8", "192.0.2.4/32", "2001:db8::/32", "::/0"}) {
    EXPECT_EQ(Cidr::parse(text)->toString(), text);
  }
  EXPECT_EQ(Cidr::parse("192.0.2.4")->toString(), "192.0.2.4/32");
}

}  // namespace
}  // namespace lb
