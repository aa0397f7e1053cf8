// Names to addresses with c-ares: DNS with its TTLs, the hosts file and the search domains of this machine, without a
// thread and without ever blocking the loop.
//
// The TTL of an answer is the smallest of its records'; 0 if unknown (the hosts file, an address instead of a name).
#pragma once

#include <ares.h>

#include <map>
#include <memory>

#include "lb/env/resolver.h"
#include "lb/os/os_loop.h"

namespace lb::os {

class OsResolver final : public Resolver {
 public:
  // `servers` instead of those of this machine's resolv.conf; none: those.
  explicit OsResolver(OsLoop& loop, const std::vector<Address>& servers = {});
  ~OsResolver() override;  // what is still in progress gets no event
  OsResolver(const OsResolver&) = delete;
  OsResolver& operator=(const OsResolver&) = delete;

  [[nodiscard]] std::unique_ptr<Disposable> lookup(std::string_view host, ResolveEvents& events) override;

 private:
  class Lookup;
  class Socket;
  struct Query;

  void start(Lookup& lookup, const std::string& host);
  void answered(Query& query, int status, ares_addrinfo* info);
  void socketChanged(int fd, bool readable, bool writable);
  void process(int readable_fd, int writable_fd);
  void armTimeout();

  OsLoop& loop_;
  ares_channel channel_ = nullptr;
  std::string unusable_;  // why there is no channel
  std::unique_ptr<Timer> timeout_;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  std::map<std::uint64_t, std::unique_ptr<Query>> queries_;
  std::uint64_t next_query_ = 0;
};

}  // namespace lb::os
