// How many of something each address has, bounded for each: client connections of all workers. Any thread; it is asked
// when connections come and go, never for a request.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "lb/base/address.h"

namespace lb {

class AddressCounts {
 public:
  // False: the address has as many as `max` already.
  [[nodiscard]] bool tryAdd(const IpAddress& address, std::uint32_t max) {
    const std::scoped_lock lock(mutex_);
    std::uint32_t& count = counts_[address];
    if (count >= max) return false;
    ++count;
    return true;
  }
  void remove(const IpAddress& address) {
    const std::scoped_lock lock(mutex_);
    const auto found = counts_.find(address);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
  }

 private:
  std::mutex mutex_;
  std::map<IpAddress, std::uint32_t> counts_;
};

}  // namespace lb
