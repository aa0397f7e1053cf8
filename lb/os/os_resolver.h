// Names to addresses with c-ares: DNS with its TTLs, the hosts file and the search domains of this machine, without a
// thread and without ever blocking the loop.
//
// The TTL of an answer is the smallest of its records'; 0 if unknown (the hosts file, an address instead of a name).
// Where no servers are given, a resolv.conf that has changed is read again at the next question: it may be written
// after this program has started, and a laptop changes its network.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lb/env/resolver.h"
#include "lb/os/dns_channel.h"
#include "lb/os/os_loop.h"

namespace lb::os {

class OsResolver final : public Resolver {
 public:
  // `servers` instead of those of `resolv_conf`; none: those.
  explicit OsResolver(OsLoop& loop, const std::vector<Address>& servers = {}, ResolvConf resolv_conf = {});
  ~OsResolver() override;  // what is still in progress gets no event
  OsResolver(const OsResolver&) = delete;
  OsResolver& operator=(const OsResolver&) = delete;

  [[nodiscard]] std::unique_ptr<Disposable> lookup(std::string_view host, ResolveEvents& events) override;

 private:
  class Lookup;
  class Query;
  // Which version of a file was seen; all zero without a file.
  struct FileVersion {
    static std::optional<FileVersion> of(const std::string& path);  // nullopt: it cannot be read now
    friend bool operator==(const FileVersion&, const FileVersion&) = default;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t bytes = 0;
    std::int64_t changed_s = 0;
    std::int64_t changed_ns = 0;
    std::int64_t touched_s = 0;  // its permissions, too
    std::int64_t touched_ns = 0;
  };

  void renewChannel();

  OsLoop& loop_;
  std::vector<Address> servers_;
  ResolvConf resolv_conf_;
  FileVersion version_;  // of resolv.conf, that the channel goes by
  std::unique_ptr<DnsChannel> channel_;
  std::vector<std::unique_ptr<DnsChannel>> leaving_;  // the ones before, until their questions are answered
  std::map<std::uint64_t, std::unique_ptr<Query>> queries_;
  std::uint64_t next_query_ = 0;
};

}  // namespace lb::os
