// Internet addresses as compact values. IPv4 is held in its IPv4-mapped IPv6 form (RFC 4291 2.5.5.2), so that a client
// that reaches a dual-stack listener compares equal to itself however it came.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lb {

class IpAddress {
 public:
  constexpr IpAddress() = default;  // the IPv6 unspecified address "::": every interface, both families
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
  [[nodiscard]] static IpAddress fromV4(std::array<std::uint8_t, 4> bytes);
  [[nodiscard]] static IpAddress fromV6(std::array<std::uint8_t, 16> bytes);

  [[nodiscard]] bool isV4() const;
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  [[nodiscard]] std::string toString() const;  // "192.0.2.1" or "2001:db8::1", no brackets
  void appendTo(std::string& text) const;      // the same, without an allocation once the text has room
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

struct Address {
  IpAddress ip;
  std::uint16_t port = 0;
  [[nodiscard]] static std::optional<Address> parse(std::string_view text);  // as toString() writes it
  [[nodiscard]] std::string toString() const;                                // "192.0.2.1:80" or "[2001:db8::1]:80"
  friend auto operator<=>(const Address&, const Address&) = default;
};

// A network in CIDR notation, as in `allow` lists; a bare address is a network of one.
class Cidr {
 public:
  [[nodiscard]] static std::optional<Cidr> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& ip) const;
  [[nodiscard]] std::string toString() const;
  friend bool operator==(const Cidr&, const Cidr&) = default;

 private:
  IpAddress base_;
  std::uint8_t prefix_bits_ = 128;  // counted on the 128-bit form
};

}  // namespace lb
