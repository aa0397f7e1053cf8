#include "lb/http/authority.h"

#include "lb/base/address.h"
#include "lb/http/chars.h"

namespace lb::http {
namespace {

constexpr std::size_t kPortDigitsMax = 5;
constexpr unsigned kPortMax = 65535;

bool isPort(std::string_view digits) {
  if (digits.size() > kPortDigitsMax) return false;
  unsigned port = 0;
  for (const char c : digits) {
    if (!is(kDigit, c)) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= kPortMax;
}

// How many bytes of a registered name or IPv4 address stand at the front.
std::size_t regNameSize(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (is(kRegNameChar, text[i])) {
      ++i;
    } else if (text[i] == '%' && i + 2 < text.size() && is(kHexDigit, text[i + 1]) && is(kHexDigit, text[i + 2])) {
      i += 3;
    } else {
      break;
    }
  }
  return i;
}

bool isIpv6(std::string_view text) {
  for (const char c : text) {
    if (!is(kHexDigit, c) && c != ':' && c != '.') return false;  // no zone identifier
  }
  return text.find(':') != std::string_view::npos && IpAddress::parse(text).has_value();
}

}  // namespace

Authority parseAuthority(std::string_view text) {
  if (text.empty()) return {"empty host", {}};
  std::size_t host_size = 0;
  if (text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return {"unterminated IPv6 address", {}};
    if (!isIpv6(text.substr(1, close - 1))) return {"malformed IPv6 address", {}};
    host_size = close + 1;
  } else {
    host_size = regNameSize(text);
  }
  const std::string_view host = text.substr(0, host_size);
  const std::string_view rest = text.substr(host_size);
  if (!rest.empty() && rest.front() != ':') return {"malformed host", {}};
  if (host.empty() || host == ".") return {"empty host", {}};
  if (host.front() == '.' || host.contains("..")) return {"malformed host", {}};  // a label without a letter
  if (!rest.empty() && !isPort(rest.substr(1))) return {"malformed port", {}};
  return {nullptr, host};
}

}  // namespace lb::http
