// Names, addresses instead of names, and cancellation.
#pragma once

#include <optional>

#include "unit/contract/contract_fixture.h"

namespace lb::contract {

struct Answer final : ResolveEvents {
  void onResolved(Result<Resolved> found) override {
    ++events;
    result = std::move(found);
    if (then) then();
  }
  std::optional<Result<Resolved>> result;
  std::function<void()> then;
  int events = 0;
};

template <class Harness>
class ResolverContract : public ContractTest<Harness> {};
TYPED_TEST_SUITE_P(ResolverContract);

TYPED_TEST_P(ResolverContract, AddressesStandForThemselves) {
  for (const char* text : {"192.0.2.7", "2001:db8::7"}) {
    Answer answer;
    const auto lookup = this->env_.resolver().lookup(text, answer);
    EXPECT_EQ(answer.events, 0) << "never from inside lookup";
    ASSERT_TRUE(this->env_.runUntil([&] { return answer.events > 0; }));
    ASSERT_TRUE(answer.result->has_value());
    EXPECT_THAT((*answer.result)->addresses, testing::ElementsAre(*IpAddress::parse(text)));
  }
}

TYPED_TEST_P(ResolverContract, LocalhostIsThisMachine) {
  Answer answer;
  const auto lookup = this->env_.resolver().lookup("localhost", answer);
  EXPECT_EQ(answer.events, 0) << "never from inside lookup";
  ASSERT_TRUE(this->env_.runUntil([&] { return answer.events > 0; }));
  ASSERT_TRUE(answer.result->has_value()) << answer.result->error().what;
  EXPECT_THAT((*answer.result)->addresses, testing::AnyOf(testing::Contains(*IpAddress::parse("127.0.0.1")),
                                                          testing::Contains(*IpAddress::parse("::1"))));
}

TYPED_TEST_P(ResolverContract, UnknownNameIsAnErrorThatNamesIt) {
  Answer answer;
  const auto lookup = this->env_.resolver().lookup("no-such-host.invalid", answer);
  ASSERT_TRUE(this->env_.runUntil([&] { return answer.events > 0; }));
  ASSERT_FALSE(answer.result->has_value());
  EXPECT_THAT(answer.result->error().what, testing::HasSubstr("no-such-host.invalid"));
}

TYPED_TEST_P(ResolverContract, DroppedHandleCancels) {
  Answer name;
  Answer address;
  Answer other;
  auto first = this->env_.resolver().lookup("no-such-host.invalid", name);
  auto second = this->env_.resolver().lookup("192.0.2.7", address);
  const auto third = this->env_.resolver().lookup("no-such-host.invalid", other);
  first.reset();
  second.reset();
  ASSERT_TRUE(this->env_.runUntil([&] { return other.events > 0; }));
  this->idle();
  EXPECT_EQ(name.events, 0);
  EXPECT_EQ(address.events, 0);
  EXPECT_EQ(other.events, 1);
}

TYPED_TEST_P(ResolverContract, HandleMayBeDroppedInItsEvent) {
  Answer answer;
  std::unique_ptr<Disposable> lookup = this->env_.resolver().lookup("192.0.2.7", answer);
  answer.then = [&] { lookup.reset(); };
  ASSERT_TRUE(this->env_.runUntil([&] { return answer.events > 0; }));
  EXPECT_EQ(lookup, nullptr);
}

REGISTER_TYPED_TEST_SUITE_P(ResolverContract, AddressesStandForThemselves, LocalhostIsThisMachine,
                            UnknownNameIsAnErrorThatNamesIt, DroppedHandleCancels, HandleMayBeDroppedInItsEvent);

}  // namespace lb::contract
