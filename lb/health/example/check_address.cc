// check_address: the library lb/health in a program that has nothing else of lb. It checks one address and prints each
// result; it ends after so many checks, with 0 if the address is up.
//
//   check_address 127.0.0.1 8080 /healthz 5
#include <fmt/format.h>

#include <cstdlib>

#include "lb/health/checker.h"
#include "lb/os/os_env.h"

namespace {

using namespace std::chrono_literals;
using lb::health::Verdict;

class Watch final : private lb::health::CheckerEvents {
 public:
  Watch(const lb::Address& target, const lb::health::CheckSettings& settings, int checks)
      : checks_(checks), checker_(world_.loop, world_.network, world_.random, blocks_, target, settings, *this) {}

  bool run() {
    checker_.start();
    world_.loop.run();
    return checker_.up();
  }

 private:
  void onChecked(Verdict verdict, const std::string& why) override {
    const char* const word = verdict == Verdict::Passed ? "passed" : verdict == Verdict::Failed ? "failed" : "unknown";
    fmt::print("{}: {}\n", word, why);
    if (--checks_ == 0) world_.loop.stop();  // the turn goes on to its end, and with it onChange
  }
  void onChange(bool up, const std::string& why) override { fmt::print("it is {}: {}\n", up ? "up" : "down", why); }

  lb::buf::BlockPool blocks_;  // outlive the loop, which may still hold what the last check has retired
  lb::os::OsEnv world_;
  int checks_;
  lb::health::Checker checker_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto ip = argc == 5 ? lb::IpAddress::parse(argv[1]) : std::nullopt;
  const int port = ip ? std::atoi(argv[2]) : 0;
  const int checks = ip ? std::atoi(argv[4]) : 0;
  const lb::health::CheckSettings settings{.path = argc == 5 ? argv[3] : "", .interval = 100ms, .down_interval = 100ms};
  if (port < 1 || port > 65'535 || checks < 1 || !problem(settings).empty()) {
    fmt::print(stderr, "usage: check_address IP PORT PATH CHECKS\n");
    return 2;
  }
  return Watch({*ip, static_cast<std::uint16_t>(port)}, settings, checks).run() ? 0 : 1;
}
