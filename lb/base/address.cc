// Parsing and writing of addresses and networks; the work on text is the C library's.
#include "lb/base/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace lb {
namespace {

constexpr std::array<std::uint8_t, 12> kV4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::uint8_t kV4PrefixBits = 96;
constexpr std::size_t kTextMax = 45;  // the longest textual IPv6 address

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.empty() || text.size() > kTextMax) return std::nullopt;
  if (text.contains('\0')) return std::nullopt;  // the C library would stop reading there
  const std::string terminated(text);
  std::array<std::uint8_t, 4> v4{};
  if (inet_pton(AF_INET, terminated.c_str(), v4.data()) == 1) return fromV4(v4);
  std::array<std::uint8_t, 16> v6{};
  if (inet_pton(AF_INET6, terminated.c_str(), v6.data()) == 1) return fromV6(v6);
  return std::nullopt;
}

IpAddress IpAddress::fromV4(std::array<std::uint8_t, 4> bytes) {
  IpAddress address;
  std::ranges::copy(kV4Prefix, address.bytes_.begin());
  std::ranges::copy(bytes, address.bytes_.begin() + kV4Prefix.size());
  return address;
}

IpAddress IpAddress::fromV6(std::array<std::uint8_t, 16> bytes) {
  IpAddress address;
  address.bytes_ = bytes;
  return address;
}

bool IpAddress::isV4() const {
  return std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes_.begin());
}

void IpAddress::appendTo(std::string& text) const {
  std::array<char, INET6_ADDRSTRLEN> made{};
  if (!isV4()) {
    text += inet_ntop(AF_INET6, bytes_.data(), made.data(), made.size());
    return;
  }
  char* end = made.data();  // not by inet_ntop, which goes through sprintf: every request has its client's address
  for (std::size_t i = kV4Prefix.size(); i < bytes_.size(); ++i) {
    if (i > kV4Prefix.size()) *end++ = '.';
    end = std::to_chars(end, made.data() + made.size(), bytes_[i]).ptr;
  }
  text.append(made.data(), end);
}

std::string IpAddress::toString() const {
  std::string text;
  appendTo(text);
  return text;
}

std::optional<Address> Address::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const std::optional<IpAddress> ip = IpAddress::parse(host);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  if (!ip || !whole || host.contains(':') != bracketed) return std::nullopt;
  return Address{*ip, port};
}

std::string Address::toString() const {
  const std::string host = ip.toString();
  return (ip.isV4() ? host : "[" + host + "]") + ":" + std::to_string(port);
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<IpAddress> base = IpAddress::parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  Cidr cidr;
  cidr.base_ = *base;
  if (slash == std::string_view::npos) return cidr;
  const std::string_view digits = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  const unsigned bits_max = base->isV4() ? 32 : 128;
  if (error != std::errc{} || end != digits.data() + digits.size() || bits > bits_max) return std::nullopt;
  cidr.prefix_bits_ = static_cast<std::uint8_t>(base->isV4() ? bits + kV4PrefixBits : bits);
  return cidr;
}

bool Cidr::contains(const IpAddress& ip) const {
  const std::size_t whole = prefix_bits_ / 8;
  if (!std::equal(base_.bytes().begin(), base_.bytes().begin() + static_cast<std::ptrdiff_t>(whole),
                  ip.bytes().begin())) {
    return false;
  }
  const unsigned rest = prefix_bits_ % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff00U >> rest);
  return ((base_.bytes()[whole] ^ ip.bytes()[whole]) & mask) == 0;
}

std::string Cidr::toString() const {
  const unsigned bits = base_.isV4() ? prefix_bits_ - kV4PrefixBits : prefix_bits_;
  return base_.toString() + "/" + std::to_string(bits);
}

}  // namespace lb
