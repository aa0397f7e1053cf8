// What a backend is told about a client, by whom it is believed.
#include "lb/proxy/forward_headers.h"

#include <gtest/gtest.h>

#include <vector>

namespace lb::proxy {
namespace {

class Counting final : public Random {
 public:
  std::uint64_t next() override { return ++count_; }

 private:
  std::uint64_t count_ = 0;
};

const Address kPeer{*IpAddress::parse("10.0.0.9"), 4711};

struct Story {
  http::RequestHead head;
  Identity identity;
  Counting random;
  std::vector<Cidr> trusted;

  Story& with(std::string_view name, std::string_view value) {
    head.fields.add(name, value);
    return *this;
  }
  Story& trusting(std::string_view network) {
    trusted.push_back(*Cidr::parse(network));
    return *this;
  }
  Story& run() {
    head.authority = "shop.example";
    identify(head, kPeer, trusted, random, identity);
    rewriteRequest(head, kPeer, identity);
    return *this;
  }
  std::vector<std::string> values(std::string_view name) const {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < head.fields.size(); ++i) {
      if (!head.fields.dropped(i) && http::equalsIgnoreCase(head.fields.name(i), name))
        found.emplace_back(head.fields.value(i));
    }
    return found;
  }
};

using Values = std::vector<std::string>;

TEST(ForwardHeaders, AnUntrustedPeerIsReplacedInEveryField) {
  Story story;
  story.with("X-Forwarded-For", "1.2.3.4").with("X-Forwarded-Proto", "https").with("X-Forwarded-Host", "evil.example");
  story.with("Forwarded", "for=1.2.3.4").with("X-Request-Id", "chosen-by-the-client");
  story.with("x-forwarded-PREFIX", "/evil").with("X-Forwarded-Port", "1").with("X-Forwarded", "no such field").run();
  EXPECT_EQ(story.values("X-Forwarded-Prefix"), Values{});
  EXPECT_EQ(story.values("X-Forwarded-Port"), Values{});
  EXPECT_EQ(story.values("X-Forwarded"), Values{"no such field"});
  EXPECT_EQ(story.values("X-Forwarded-For"), Values{"10.0.0.9"});
  EXPECT_EQ(story.values("X-Forwarded-Proto"), Values{"http"});
  EXPECT_EQ(story.values("X-Forwarded-Host"), Values{"shop.example"});
  EXPECT_EQ(story.values("Forwarded"), Values{});
  EXPECT_EQ(story.values("X-Request-Id"), Values{"00000000000000010000000000000002"});
  EXPECT_EQ(story.identity.client, kPeer);
}

TEST(ForwardHeaders, ATrustedPeerIsExtendedInOneField) {
  Story story;
  story.trusting("10.0.0.0/8").with("X-Forwarded-For", "1.2.3.4").with("x-forwarded-for", "10.0.0.1");
  story.with("X-Forwarded-Proto", "https").with("X-Forwarded-Prefix", "/edge");
  story.with("X-Request-Id", "from-the-edge").run();
  EXPECT_EQ(story.values("X-Forwarded-Prefix"), Values{"/edge"});
  EXPECT_EQ(story.values("X-Forwarded-For"), Values{"1.2.3.4, 10.0.0.1, 10.0.0.9"});
  EXPECT_EQ(story.values("X-Forwarded-Proto"), Values{"https"});
  EXPECT_EQ(story.values("X-Request-Id"), Values{"from-the-edge"});
  EXPECT_EQ(story.identity.client.ip.toString(), "1.2.3.4");
}

TEST(ForwardHeaders, TheChainIsWalkedFromTheRightToTheFirstStranger) {
  struct Row {
    const char* chain;
    const char* client;
  };
  for (const Row& row :
       {Row{"6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"}, Row{"10.0.0.2,10.0.0.1", "10.0.0.2"},
        Row{"1.2.3.4:8080", "1.2.3.4"}, Row{"[2001:db8::1]:80", "2001:db8::1"}, Row{"2001:db8::1", "2001:db8::1"},
        Row{"1.2.3.4, unknown", "10.0.0.9"}, Row{"", "10.0.0.9"}, Row{"1.2.3.4, nonsense, 10.0.0.1", "10.0.0.1"}}) {
    Story story;
    story.trusting("10.0.0.0/8").with("X-Forwarded-For", row.chain).run();
    EXPECT_EQ(story.identity.client.ip.toString(), row.client) << row.chain;
  }
}

TEST(ForwardHeaders, ARequestIdThatCannotStandInALogIsReplaced) {
  for (const std::string& id : {std::string("with space"), std::string(129, 'x'), std::string()}) {
    Story story;
    story.trusting("10.0.0.9").with("X-Request-Id", id).run();
    EXPECT_EQ(story.values("X-Request-Id"), Values{"00000000000000010000000000000002"});
  }
}

TEST(ForwardHeaders, ViaIsAddedAndExpectIsNotForOldClients) {
  Story old;
  old.head.version = http::Version::Http10;
  old.with("Via", "1.1 edge").with("Expect", "100-continue").run();
  EXPECT_EQ(old.values("Via"), (Values{"1.1 edge", "1.0 lb"}));
  EXPECT_EQ(old.values("Expect"), Values{});
  Story current;
  current.with("Expect", "100-continue").run();
  EXPECT_EQ(current.values("Expect"), Values{"100-continue"});
  EXPECT_EQ(current.values("Via"), Values{"1.1 lb"});
}

}  // namespace
}  // namespace lb::proxy
