#include "lb/config/config.h"

namespace lb::config {

std::string Host::label() const {
  const bool ipv6 = address.find(':') != std::string::npos;
  return (ipv6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

}  // namespace lb::config
