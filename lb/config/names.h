// Names and addresses as the file writes them: what is allowed, and the one spelling that is kept of each.
#pragma once

#include <string>
#include <string_view>

#include "lb/base/address.h"
#include "lb/base/result.h"

namespace lb::config {

[[nodiscard]] Result<std::string> parseServiceName(std::string_view text);  // [A-Za-z0-9._-]+, and not "_none"
[[nodiscard]] Result<std::string> parseDomain(std::string_view text);       // lower case; "*.example.com", "[::1]"
[[nodiscard]] Result<std::string> parseHostAddress(std::string_view text);  // IP without brackets, or a lower-case name
[[nodiscard]] Result<std::string> parseListenAddress(std::string_view text);  // "" or an IP without brackets
[[nodiscard]] Result<Address> parseNameServer(std::string_view text);         // an IP, with or without a port: 53
[[nodiscard]] Result<std::string> parseParameterName(std::string_view text);  // of a URL query; "" for none
// Of a field or a cookie (RFC 9110 5.6.2); "" for none.
[[nodiscard]] Result<std::string> parseTokenOrNone(std::string_view text);
[[nodiscard]] Result<std::string> parsePath(std::string_view text);  // of a file, or a word such as stdout

}  // namespace lb::config
