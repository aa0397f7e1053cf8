// c-ares tells which of its sockets to watch; everything else it does in ares_process_fd, called from the loop.
#include "lb/os/dns_channel.h"

#include <event2/event.h>
#include <event2/event_struct.h>

namespace lb::os {
namespace {

constexpr int kTryTimeoutMs = 2000;
constexpr int kTries = 3;

}  // namespace

// One socket of c-ares, level-triggered for as long as c-ares wants it.
class DnsChannel::Socket {
 public:
  Socket(DnsChannel& channel, int fd, short interest) : channel_(channel) {
    const auto callback = [](evutil_socket_t, short what, void* self) { static_cast<Socket*>(self)->onEvent(what); };
    event_assign(&event_, channel.loop_.base(), fd, static_cast<short>(interest | EV_PERSIST), callback, this);
    event_add(&event_, nullptr);
  }
  ~Socket() { event_del(&event_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

 private:
  void onEvent(short what) {
    const int fd = event_get_fd(&event_);
    channel_.process((what & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,  // may destroy this object
                     (what & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
  }

  DnsChannel& channel_;
  event event_{};
};

struct DnsChannel::Question {
  DnsChannel& channel;
  Asker& asker;
};

DnsChannel::DnsChannel(OsLoop& loop, const std::vector<Address>& servers, const ResolvConf& resolv_conf)
    : loop_(loop), timeout_(loop.makeTimer([this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); })) {
  int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status == ARES_SUCCESS) {
    ares_options options{};
    std::string path = resolv_conf.path;
    options.timeout = kTryTimeoutMs;
    options.tries = kTries;
    options.resolvconf_path = path.data();
    options.udp_port = resolv_conf.port;
    options.tcp_port = resolv_conf.port;
    options.sock_state_cb_data = this;
    options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
      static_cast<DnsChannel*>(self)->socketChanged(fd, readable != 0, writable != 0);
    };
    constexpr int kGiven = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_RESOLVCONF | ARES_OPT_UDP_PORT |
                           ARES_OPT_TCP_PORT | ARES_OPT_SOCK_STATE_CB;
    status = ares_init_options(&channel_, &options, kGiven);
  }
  std::string csv;
  for (const Address& server : servers) csv += (csv.empty() ? "" : ",") + server.toString();
  if (status == ARES_SUCCESS && !csv.empty()) status = ares_set_servers_ports_csv(channel_, csv.c_str());
  if (status != ARES_SUCCESS) unusable_ = ares_strerror(status);
}

DnsChannel::~DnsChannel() {
  if (channel_ != nullptr) ares_destroy(channel_);  // answers every question
  ares_library_cleanup();
}

void DnsChannel::ask(const std::string& host, Asker& asker) {
  const auto callback = [](void* argument, int status, int, ares_addrinfo* info) {
    const std::unique_ptr<Question> question(static_cast<Question*>(argument));
    --question->channel.questions_;
    question->asker.onAnswer(status, info);
    if (info != nullptr) ares_freeaddrinfo(info);
  };
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ++questions_;
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, callback,
                   new Question{*this, asker});  // may answer at once
  armTimeout();
}

void DnsChannel::socketChanged(int fd, bool readable, bool writable) {
  sockets_.erase(fd);
  const int interest = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);
  if (interest != 0) sockets_.emplace(fd, std::make_unique<Socket>(*this, fd, static_cast<short>(interest)));
}

void DnsChannel::process(int readable_fd, int writable_fd) {
  loop_.enterCallback();
  ares_process_fd(channel_, readable_fd, writable_fd);
  armTimeout();
}

void DnsChannel::armTimeout() {
  timeval wait{};
  if (ares_timeout(channel_, nullptr, &wait) == nullptr) {
    timeout_->disarm();
  } else {
    timeout_->arm(std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec));
  }
}

}  // namespace lb::os
