// See forward_headers.h.
#include "lb/proxy/forward_headers.h"

#include <algorithm>
#include <array>

#include "lb/http/hop_by_hop.h"

namespace lb::proxy {
namespace {

using http::FieldId;

constexpr std::size_t kRequestIdMax = 128;

bool isTrusted(const IpAddress& ip, std::span<const Cidr> trusted) {
  return std::ranges::any_of(trusted, [&](const Cidr& network) { return network.contains(ip); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80": all are found in the field.
std::optional<IpAddress> forwardedAddress(std::string_view text) {
  if (text.starts_with('[')) return IpAddress::parse(text.substr(1, text.find(']') - 1));
  if (const auto plain = IpAddress::parse(text)) return plain;
  return IpAddress::parse(text.substr(0, text.rfind(':')));
}

// From the right, every address that a trusted proxy reported; stops behind the first that is not trusted.
IpAddress walkForwardedFor(const http::Fields& fields, const IpAddress& peer, std::span<const Cidr> trusted) {
  IpAddress client = peer;
  for (std::size_t i = fields.size(); i-- > 0;) {
    if (fields.dropped(i) || fields.id(i) != FieldId::XForwardedFor) continue;
    std::string_view rest = fields.value(i);
    while (!rest.empty()) {
      const std::size_t comma = rest.rfind(',');
      const std::string_view last = comma == std::string_view::npos ? rest : rest.substr(comma + 1);
      const auto address = forwardedAddress(trimmed(last));
      if (!address) return client;
      client = *address;
      if (!isTrusted(client, trusted)) return client;
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(0, comma);
    }
  }
  return client;
}

bool usableRequestId(std::string_view id) {
  return !id.empty() && id.size() <= kRequestIdMax &&
         std::ranges::all_of(id, [](char c) { return c > ' ' && c < 0x7f; });
}

// 128 bits in hexadecimal.
void drawRequestId(Random& random, std::string& id) {
  static constexpr auto kPairs = [] {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t byte = 0; byte < pairs.size(); ++byte) pairs[byte] = {kDigits[byte >> 4], kDigits[byte & 15U]};
    return pairs;
  }();
  id.resize(32);
  for (std::size_t at = 0; at < 32; at += 16) {
    std::uint64_t word = random.next();
    for (std::size_t i = 16; i > 0; word >>= 8) {
      i -= 2;
      std::ranges::copy(kPairs[word & 255U], id.begin() + static_cast<std::ptrdiff_t>(at + i));
    }
  }
}

// What only a proxy knows. Others than the standard ones (X-Forwarded-Prefix, -Port, -Server, ...) are believed by many
// frameworks as well.
void dropForwarding(http::Fields& fields) {
  constexpr std::string_view kPrefix = "X-Forwarded-";
  fields.drop(FieldId::Forwarded);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string_view name = fields.name(i);
    if (name.size() <= kPrefix.size() || (name.front() != 'X' && name.front() != 'x')) continue;
    if (http::equalsIgnoreCase(name.substr(0, kPrefix.size()), kPrefix)) fields.drop(i);
  }
}

}  // namespace

void identify(const http::RequestHead& head, const Address& peer, std::span<const Cidr> trusted, Random& random,
              Identity& identity) {
  identity.peer_trusted = isTrusted(peer.ip, trusted);
  identity.client = peer;
  identity.request_id.clear();
  if (identity.peer_trusted) {
    const IpAddress client = walkForwardedFor(head.fields, peer.ip, trusted);
    if (client != peer.ip) identity.client = {client, 0};
    const auto id = head.fields.find(FieldId::XRequestId);
    if (id && usableRequestId(*id)) identity.request_id = *id;
  }
  if (identity.request_id.empty()) drawRequestId(random, identity.request_id);
}

void rewriteRequest(http::RequestHead& head, const Address& peer, const Identity& identity) {
  http::Fields& fields = head.fields;
  http::dropHopByHop(fields);
  if (head.version == http::Version::Http10) fields.drop(FieldId::Expect);  // RFC 9110 10.1.1
  fields.drop(FieldId::XRequestId);
  if (!identity.peer_trusted) dropForwarding(fields);
  std::string chain;  // one field, because many readers look at the first only
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields.dropped(i) || fields.id(i) != FieldId::XForwardedFor) continue;
    chain.append(fields.value(i)).append(", ");
    fields.drop(i);
  }
  peer.ip.appendTo(chain);
  fields.add("X-Forwarded-For", chain);
  if (fields.count(FieldId::XForwardedProto) == 0) fields.add("X-Forwarded-Proto", "http");
  if (fields.count(FieldId::XForwardedHost) == 0 && !head.authority.empty())
    fields.add("X-Forwarded-Host", head.authority);
  fields.add("X-Request-Id", identity.request_id);
  fields.add("Via", head.version == http::Version::Http11 ? "1.1 lb" : "1.0 lb");
}

}  // namespace lb::proxy
