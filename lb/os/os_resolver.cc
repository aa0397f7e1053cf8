// c-ares tells which of its sockets to watch; everything else it does in ares_process_fd, called from the loop.
#include "lb/os/os_resolver.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "lb/base/check.h"
#include "lb/os/socket.h"

namespace lb::os {
namespace {

constexpr int kTryTimeoutMs = 2000;
constexpr int kTries = 3;
constexpr Duration kNoTtl{};

Result<Resolved> toResult(const std::string& host, int status, const ares_addrinfo* info) {
  Resolved found;
  if (status == ARES_ENODATA) return found;  // the name exists, without addresses
  if (status != ARES_SUCCESS) return fail("cannot resolve " + host + ": " + ares_strerror(status));
  std::optional<Duration> ttl;
  for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    SocketAddress address;
    std::copy_n(reinterpret_cast<const char*>(node->ai_addr), node->ai_addrlen,
                reinterpret_cast<char*>(&address.storage));
    const IpAddress ip = fromSocketAddress(address).ip;
    if (std::ranges::find(found.addresses, ip) == found.addresses.end()) found.addresses.push_back(ip);
    const Duration node_ttl = std::chrono::seconds(std::max(node->ai_ttl, 0));
    ttl = ttl ? std::min(*ttl, node_ttl) : node_ttl;
  }
  for (const ares_addrinfo_cname* alias = info->cnames; alias != nullptr; alias = alias->next) {
    if (ttl) ttl = std::min<Duration>(*ttl, std::chrono::seconds(std::max(alias->ttl, 0)));
  }
  found.ttl = ttl.value_or(kNoTtl);
  return found;
}

bool isLocalhost(std::string_view host) {
  constexpr std::string_view kName = "localhost";
  if (host.ends_with('.')) host.remove_suffix(1);
  return std::ranges::equal(host, kName, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; });
}

}  // namespace

// The caller's handle. Delivers through a wake, so the event never comes from inside lookup().
class OsResolver::Lookup final : public Disposable, private Wakeable {
 public:
  Lookup(OsLoop& loop, ResolveEvents& events) : loop_(loop), events_(events) {}
  ~Lookup() override;

  void attach(Query* query) { query_ = query; }
  void complete(Result<Resolved> result) {
    query_ = nullptr;
    result_ = std::move(result);
    loop_.wake(*this);
  }

 private:
  void onWake() override { events_.onResolved(std::move(result_)); }  // may destroy this object

  OsLoop& loop_;
  ResolveEvents& events_;
  Query* query_ = nullptr;  // null before and after
  Result<Resolved> result_;
};

// What c-ares works on. It outlives a handle that was dropped, as single queries cannot be cancelled.
struct OsResolver::Query {
  OsResolver& resolver;
  std::uint64_t id;
  std::string host;
  Lookup* lookup;  // null if nobody wants to know any more
};

OsResolver::Lookup::~Lookup() {
  if (query_ != nullptr) query_->lookup = nullptr;
}

// One socket of c-ares, level-triggered for as long as c-ares wants it.
class OsResolver::Socket {
 public:
  Socket(OsResolver& resolver, int fd, short interest) : resolver_(resolver) {
    const auto callback = [](evutil_socket_t, short what, void* self) { static_cast<Socket*>(self)->onEvent(what); };
    event_assign(&event_, resolver.loop_.base(), fd, static_cast<short>(interest | EV_PERSIST), callback, this);
    event_add(&event_, nullptr);
  }
  ~Socket() { event_del(&event_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

 private:
  void onEvent(short what) {
    const int fd = event_get_fd(&event_);
    resolver_.process((what & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,  // may destroy this object
                      (what & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
  }

  OsResolver& resolver_;
  event event_{};
};

OsResolver::OsResolver(OsLoop& loop, const std::vector<Address>& servers)
    : loop_(loop), timeout_(loop.makeTimer([this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); })) {
  int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status == ARES_SUCCESS) {
    ares_options options{};
    options.timeout = kTryTimeoutMs;
    options.tries = kTries;
    options.sock_state_cb_data = this;
    options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
      static_cast<OsResolver*>(self)->socketChanged(fd, readable != 0, writable != 0);
    };
    status = ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  }
  std::string csv;
  for (const Address& server : servers) csv += (csv.empty() ? "" : ",") + server.toString();
  if (status == ARES_SUCCESS && !csv.empty()) status = ares_set_servers_ports_csv(channel_, csv.c_str());
  if (status != ARES_SUCCESS) unusable_ = ares_strerror(status);
}

OsResolver::~OsResolver() {
  for (auto& [id, query] : queries_) {
    if (query->lookup != nullptr) query->lookup->attach(nullptr);
    query->lookup = nullptr;
  }
  if (channel_ != nullptr) ares_destroy(channel_);  // answers every query
  ares_library_cleanup();
}

std::unique_ptr<Disposable> OsResolver::lookup(std::string_view host, ResolveEvents& events) {
  auto lookup = std::make_unique<Lookup>(loop_, events);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string name(bracketed ? host.substr(1, host.size() - 2) : host);
  if (const std::optional<IpAddress> literal = IpAddress::parse(name)) {
    lookup->complete(Resolved{{*literal}, kNoTtl});
  } else if (channel_ == nullptr) {
    lookup->complete(fail("cannot resolve " + name + ": " + unusable_));
  } else {
    start(*lookup, name);
  }
  return lookup;
}

void OsResolver::start(Lookup& lookup, const std::string& host) {
  auto owned = std::make_unique<Query>(Query{*this, next_query_++, host, &lookup});
  Query* query = owned.get();
  lookup.attach(query);
  queries_.emplace(query->id, std::move(owned));
  const auto callback = [](void* argument, int status, int, ares_addrinfo* info) {
    auto& answered = *static_cast<Query*>(argument);
    answered.resolver.answered(answered, status, info);
  };
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, callback, query);  // may answer at once
  armTimeout();
}

void OsResolver::answered(Query& query, int status, ares_addrinfo* info) {
  if (query.lookup != nullptr) {
    Result<Resolved> result = toResult(query.host, status, info);
    // "localhost" means this machine even if no hosts file says so (RFC 6761 6.3).
    if ((!result || result->addresses.empty()) && isLocalhost(query.host)) {
      result = Resolved{{*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")}, kNoTtl};
    }
    query.lookup->complete(std::move(result));
  }
  if (info != nullptr) ares_freeaddrinfo(info);
  queries_.erase(query.id);
}

void OsResolver::socketChanged(int fd, bool readable, bool writable) {
  sockets_.erase(fd);
  const int interest = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);
  if (interest != 0) sockets_.emplace(fd, std::make_unique<Socket>(*this, fd, static_cast<short>(interest)));
}

void OsResolver::process(int readable_fd, int writable_fd) {
  loop_.enterCallback();
  ares_process_fd(channel_, readable_fd, writable_fd);
  armTimeout();
}

void OsResolver::armTimeout() {
  timeval wait{};
  if (ares_timeout(channel_, nullptr, &wait) == nullptr) {
    timeout_->disarm();
  } else {
    timeout_->arm(std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec));
  }
}

}  // namespace lb::os
