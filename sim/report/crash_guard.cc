// See crash_guard.h.
#include "sim/report/crash_guard.h"

#include <array>
#include <csignal>
#include <utility>

#include "lb/base/check.h"

namespace sim::report {

namespace {

constexpr std::array kSignals{SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGVTALRM};
std::function<void(int)> last_word_of_all;  // a signal handler has nothing else to find it by

void restore() {
  for (const int number : kSignals) std::signal(number, SIG_DFL);
}

void onSignal(int number) {
  restore();
  std::exchange(last_word_of_all, nullptr)(number);
  std::raise(number);
}

}  // namespace

CrashGuard::CrashGuard(std::function<void(int)> last_word) {
  LB_CHECK(!last_word_of_all);
  last_word_of_all = std::move(last_word);
  for (const int number : kSignals) std::signal(number, onSignal);
}

CrashGuard::~CrashGuard() {
  restore();
  last_word_of_all = nullptr;
}

}  // namespace sim::report
