// Values as text, appended to a string that is used again and again: none of these allocates once the string has grown.
#pragma once

#include <cstdint>
#include <string>

#include "lb/base/address.h"
#include "lb/env/clock.h"

namespace lb::observe {

void appendNumber(std::uint64_t number, std::string& out);
void appendTime(WallTime time, std::string& out);              // RFC 3339 in UTC with microseconds
void appendAddress(const Address& address, std::string& out);  // with the port, IPv6 in brackets
void appendSeconds(Duration duration, std::string& out);       // "0.001905": always six decimals
void appendMilliseconds(Duration duration, std::string& out);  // "1.905", "2.2", "0": no trailing zeros

}  // namespace lb::observe
