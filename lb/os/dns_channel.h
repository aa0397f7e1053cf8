// One set of name servers and what they are asked: a channel of c-ares in a loop.
#pragma once

#include <ares.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lb/base/address.h"
#include "lb/os/os_loop.h"

namespace lb::os {

// The file that names the servers of this machine (resolv.conf(5), which has no ports).
struct ResolvConf {
  std::string path = "/etc/resolv.conf";
  std::uint16_t port = 53;
};

class DnsChannel {
 public:
  class Asker {
   public:
    virtual void onAnswer(int status, const ares_addrinfo* info) = 0;  // status: of c-ares; info: null without one

   protected:
    ~Asker() = default;
  };

  // `servers` instead of those of `resolv_conf`; none: those.
  DnsChannel(OsLoop& loop, const std::vector<Address>& servers, const ResolvConf& resolv_conf);
  ~DnsChannel();  // answers who still waits
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  [[nodiscard]] const std::string& unusable() const { return unusable_; }  // why nothing can be asked; "": it can
  [[nodiscard]] bool idle() const { return questions_ == 0; }
  // For addresses of both families, once answered; maybe from inside, and there is no way to take it back.
  void ask(const std::string& host, Asker& asker);

 private:
  class Socket;
  struct Question;

  void socketChanged(int fd, bool readable, bool writable);
  void process(int readable_fd, int writable_fd);
  void armTimeout();

  OsLoop& loop_;
  ares_channel channel_ = nullptr;
  std::string unusable_;
  std::unique_ptr<Timer> timeout_;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  std::size_t questions_ = 0;
};

}  // namespace lb::os
