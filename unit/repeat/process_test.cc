// Other programs: what they write, how they end, and the surroundings they see.
#include "sim/repeat/process.h"

#include <gtest/gtest.h>

namespace sim::repeat {
namespace {

Ended shell(const std::string& script, const Surroundings& surroundings = {}) {
  return runProgram("/bin/sh", {"-c", script}, surroundings);
}

TEST(Process, ItsOutputArrivesWhole) {
  EXPECT_EQ(shell("echo one; echo two >&2; echo three").out, "one\nthree\n");
  EXPECT_EQ(shell("head -c 1000000 /dev/zero").out.size(), 1'000'000U);
}

TEST(Process, ToldApartIsHowItEnds) {
  EXPECT_EQ(shell("exit 0").how, "");
  EXPECT_EQ(shell("exit 3").how, "crash.exit_3");
  EXPECT_EQ(shell("kill -SEGV $$").how, "crash.signal_11");
  EXPECT_EQ(runProgram("/nowhere", {}, {}).how, "crash.exit_127");
}

TEST(Process, SeesItsEnvironment) {
  EXPECT_EQ(shell("echo $SIM_TEST", {false, {{"SIM_TEST", "here"}}}).out, "here\n");
}

// Two processes have their stacks in one place, or the system said that it does not allow it.
TEST(Process, AddressesAreFixedOnRequest) {
  const auto stack = [] { return shell("grep stack /proc/self/maps | cut -d- -f2 | cut -d' ' -f1", {true, {}}); };
  const Ended first = stack();
  const Ended second = stack();
  EXPECT_EQ(second.how, first.how);
  EXPECT_EQ(second.out, first.out);
  EXPECT_TRUE(first.how == kCannotFixAddresses ? first.out.empty() : first.how.empty() && !first.out.empty());
}

}  // namespace
}  // namespace sim::repeat
