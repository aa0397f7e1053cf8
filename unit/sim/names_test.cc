// The name service by its rules.
#include <optional>

#include "unit/sim/net_fixture.h"

namespace sim {
namespace {

struct Answer final : lb::ResolveEvents {
  void onResolved(lb::Result<lb::Resolved> result) override { found = std::move(result); }
  [[nodiscard]] bool failed() const { return found.has_value() && !found->has_value(); }
  std::optional<lb::Result<lb::Resolved>> found;
};

TEST_F(NetTest, NamesAreAnsweredByTheirRules) {
  Answer slow;
  Answer changed;
  Answer failing;
  Answer silent;
  const auto first = *lb::IpAddress::parse("10.1.0.1");
  const auto second = *lb::IpAddress::parse("10.1.0.2");
  fabric_.setName("slow", {.addresses = {first}, .ttl = 7s, .delay = 2s});
  fabric_.setName("changed", {.addresses = {first}, .delay = 2s});
  fabric_.setName("failing", {.addresses = {}, .fails = true});
  fabric_.setName("silent", {.addresses = {}, .silent = true});
  const auto a = client_.resolver.lookup("slow", slow);
  const auto b = client_.resolver.lookup("changed", changed);
  const auto c = client_.resolver.lookup("failing", failing);
  const auto d = client_.resolver.lookup("silent", silent);
  run(1s);
  EXPECT_FALSE(slow.found.has_value());
  EXPECT_TRUE(failing.failed());
  fabric_.setName("changed", {.addresses = {second}});
  run(1500ms);
  ASSERT_TRUE(slow.found.has_value() && changed.found.has_value());
  EXPECT_EQ((*slow.found)->ttl, 7s);
  EXPECT_THAT((*changed.found)->addresses, ElementsAre(second)) << "the rule of the moment when the answer is due";
  EXPECT_FALSE(silent.found.has_value());
}

// A name without addresses is an answer; a name that nobody knows is not.
TEST_F(NetTest, NameMayBeEmptyAndMayGo) {
  const auto ip = *lb::IpAddress::parse("10.1.0.1");
  const auto ask = [&] {
    Answer answer;
    const auto lookup = client_.resolver.lookup("shop", answer);
    run();
    return answer;
  };
  EXPECT_TRUE(ask().failed()) << "nobody knows it yet";
  fabric_.setName("shop", {.addresses = {ip}});
  EXPECT_THAT((*ask().found)->addresses, ElementsAre(ip));
  fabric_.setName("shop", {.addresses = {}});
  const Answer empty = ask();
  ASSERT_TRUE(empty.found.has_value() && empty.found->has_value());
  EXPECT_TRUE((*empty.found)->addresses.empty());
  fabric_.setName("shop", {.addresses = {}, .fails = true});
  EXPECT_TRUE(ask().failed());
  fabric_.setName("shop", {.addresses = {ip, ip}});
  EXPECT_EQ((*ask().found)->addresses.size(), 2U);
  fabric_.removeName("shop");
  EXPECT_TRUE(ask().failed());
}

// The service comes back while somebody asks: he is not answered, but the next one is.
TEST_F(NetTest, SilenceLastsForThoseWhoAskedDuringIt) {
  Answer early;
  Answer late;
  fabric_.setName("shop", {.addresses = {}, .silent = true});
  const auto a = client_.resolver.lookup("shop", early);
  run();
  fabric_.setName("shop", {.addresses = {}});
  const auto b = client_.resolver.lookup("shop", late);
  run(1h);
  EXPECT_FALSE(early.found.has_value());
  EXPECT_TRUE(late.found.has_value());
}

}  // namespace
}  // namespace sim
