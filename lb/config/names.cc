#include "lb/config/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "lb/base/address.h"
#include "lb/config/bounds.h"
#include "lb/config/units.h"

namespace lb::config {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";
// What the metrics call requests that matched no service (lb/observe/telemetry.h).
constexpr std::string_view kReservedServiceName = "_none";

bool consistsOf(std::string_view text, std::string_view punctuation) {
  return std::ranges::all_of(text, [&](char character) {
    return kLetters.contains(character) || kDigits.contains(character) || punctuation.contains(character);
  });
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& character : result) {
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
  }
  return result;
}

// "::1" of "[::1]"; nothing when the brackets do not pair or the text is no address.
std::optional<IpAddress> parseIp(std::string_view text) {
  if (!text.starts_with('[')) return IpAddress::parse(text);
  if (!text.ends_with(']')) return std::nullopt;
  const std::string_view inner = text.substr(1, text.size() - 2);
  return inner.contains(':') ? IpAddress::parse(inner) : std::nullopt;
}

// Nothing when the name is well formed; otherwise why not.
std::optional<std::string> wrongDnsName(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kDomainMax) return fmt::format("is longer than {} characters", kDomainMax);
  std::string_view rest = name;
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (label.empty()) return "has an empty part next to a dot";
    if (label.size() > kLabelMax) return fmt::format("has a part of more than {} characters", kLabelMax);
    if (!consistsOf(label, "-_")) return "may have letters, digits, dots, - and _ only (other scripts as xn--...)";
    if (label.starts_with('-') || label.ends_with('-')) return "has a part that begins or ends with -";
    if (dot == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(dot + 1);
  }
}

// A last part of digits only cannot be a name (RFC 1123 2.1): it is an IPv4 address gone wrong.
bool looksLikeIpv4(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return !last.empty() && last.find_first_not_of(kDigits) == std::string_view::npos;
}

std::unexpected<Error> portBelongsElsewhere(std::string_view text) {
  return fail(fmt::format("{} has a port; it belongs into the key `port`", quote(text)));
}

bool hasPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return false;
  const bool one_colon = text.find(':') == colon || (text.starts_with('[') && text[colon - 1] == ']');
  return one_colon && text.find_first_not_of(kDigits, colon + 1) == std::string_view::npos;
}

}  // namespace

Result<std::string> parseServiceName(std::string_view text) {
  if (text.empty()) return fail("must not be empty");
  if (text == kReservedServiceName) return fail("\"_none\" is reserved for requests that match no service");
  if (text.size() > kServiceNameMax) return fail(fmt::format("is longer than {} characters", kServiceNameMax));
  if (!consistsOf(text, "._-")) return fail(fmt::format("{} may have letters, digits, ., _ and - only", quote(text)));
  return std::string(text);
}

Result<std::string> parseDomain(std::string_view text) {
  if (text == "*") return fail("\"*\" matches everything: name the service in `default_service` instead");
  if (text.contains("://")) return fail(fmt::format("{} is a URL; only its host name belongs here", quote(text)));
  if (text.starts_with('[') && parseIp(text)) return lower(text);
  if (hasPort(text)) return fail(fmt::format("{} has a port; a domain is matched without one", quote(text)));
  if (text.size() > 1 && text.ends_with('.')) return fail(fmt::format("{} must not end with a dot", quote(text)));
  constexpr std::string_view kWildcard = "*.";
  const std::string_view name = text.starts_with(kWildcard) ? text.substr(kWildcard.size()) : text;
  if (name.contains('*')) {
    return fail(fmt::format("{} is no domain: a wildcard is its whole first part, as in *.example.com", quote(text)));
  }
  if (const auto wrong = wrongDnsName(name)) return fail(fmt::format("{} {}", quote(text), *wrong));
  return lower(text);
}

Result<std::string> parseHostAddress(std::string_view text) {
  if (const auto ip = parseIp(text)) {
    if (*ip == IpAddress{} || ip->toString() == "0.0.0.0") {
      return fail(fmt::format("{} is no address to connect to", quote(text)));
    }
    return ip->toString();
  }
  if (text.contains("://")) return fail(fmt::format("{} is a URL; only its host name belongs here", quote(text)));
  if (hasPort(text)) return portBelongsElsewhere(text);
  const std::string_view relative = text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
  if (const auto wrong = wrongDnsName(relative)) return fail(fmt::format("{} {}", quote(text), *wrong));
  if (looksLikeIpv4(relative)) return fail(fmt::format("{} is neither an IPv4 address nor a name", quote(text)));
  return lower(text);
}

Result<std::string> parseListenAddress(std::string_view text) {
  if (text.empty()) return std::string();
  if (const auto ip = parseIp(text)) return ip->toString();
  if (text == "*") return fail("write \"\" for every interface");
  if (lower(text) == "localhost") return fail("write 127.0.0.1 or ::1: a name may stand for several addresses");
  if (hasPort(text)) return portBelongsElsewhere(text);
  return fail(fmt::format("{} is no IPv4 or IPv6 address of an interface (\"\" is every interface)", quote(text)));
}

Result<Address> parseNameServer(std::string_view text) {
  constexpr std::uint16_t kDnsPort = 53;
  if (const auto ip = parseIp(text)) return Address{*ip, kDnsPort};
  if (const auto address = Address::parse(text); address && address->port > 0) return *address;
  return fail(
      fmt::format("{} is no name server, such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53", quote(text)));
}

Result<std::string> parseParameterName(std::string_view text) {
  if (text.size() > kParameterNameMax) return fail(fmt::format("is longer than {} characters", kParameterNameMax));
  if (!consistsOf(text, "._-")) return fail(fmt::format("{} may have letters, digits, ., _ and - only", quote(text)));
  return std::string(text);
}

Result<std::string> parsePath(std::string_view text) {
  if (text.empty()) return fail("must not be empty");
  if (text.size() > kPathMax) return fail(fmt::format("is longer than {} bytes", kPathMax));
  const bool controls = std::ranges::any_of(
      text, [](char character) { return static_cast<unsigned char>(character) < 0x20 || character == 0x7f; });
  if (controls) return fail(fmt::format("{} has control characters", quote(text)));
  return std::string(text);
}

Result<std::string> parseTokenOrNone(std::string_view text) {
  if (text.size() > kTokenMax) return fail(fmt::format("{} is longer than {} characters", quote(text), kTokenMax));
  if (consistsOf(text, "!#$%&'*+-.^_`|~")) return std::string(text);
  return fail(fmt::format("{} may have letters, digits and !#$%&'*+-.^_`|~ only", quote(text)));
}

}  // namespace lb::config
