// signalfd, level-triggered.
#include "lb/os/signal_source.h"

#include <sys/signalfd.h>

#include <csignal>
#include <initializer_list>
#include <utility>

#include "lb/base/check.h"

namespace lb::os {
namespace {

sigset_t setOf(std::initializer_list<int> numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : numbers) sigaddset(&set, number);
  return set;
}

void block(const sigset_t& set) {
  LB_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
}

}  // namespace

void holdSignals() {
  for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_IGN);
  block(setOf({SIGHUP, SIGUSR1}));
}

SignalSource::SignalSource(OsLoop& loop, SignalCallbacks callbacks) : loop_(loop), callbacks_(std::move(callbacks)) {
  holdSignals();
  const sigset_t wanted = setOf({SIGTERM, SIGINT, SIGHUP, SIGUSR1});
  block(wanted);
  fd_ = UniqueFd(signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
  LB_CHECK(fd_.valid());
  const auto callback = [](evutil_socket_t, short, void* self) { static_cast<SignalSource*>(self)->onEvent(); };
  event_assign(&event_, loop_.base(), fd_.get(), EV_READ | EV_PERSIST, callback, this);
  LB_CHECK(event_add(&event_, nullptr) == 0);
}

SignalSource::~SignalSource() {
  event_del(&event_);
}

// One signal a call; the next announces itself. The callback comes last, so it may destroy this object.
void SignalSource::onEvent() {
  loop_.enterCallback();
  signalfd_siginfo signal{};
  if (::read(fd_.get(), &signal, sizeof(signal)) != static_cast<ssize_t>(sizeof(signal))) return;
  std::function<void()> callback = callbacks_.on_terminate;
  if (signal.ssi_signo == SIGHUP) callback = callbacks_.on_hangup;
  if (signal.ssi_signo == SIGUSR1) callback = callbacks_.on_user1;
  if (callback) callback();
}

}  // namespace lb::os
