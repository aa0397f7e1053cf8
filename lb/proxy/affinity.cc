// See affinity.h.
#include "lb/proxy/affinity.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "lb/base/hash.h"
#include "lb/http/chars.h"

namespace lb::proxy {
namespace {

constexpr int kHex = 16;
constexpr std::size_t kIdDigits = 16;

std::optional<std::string_view> valueIn(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const std::string_view pair = http::trim(cookies.substr(0, cookies.find(';')));
    cookies.remove_prefix(std::min(cookies.find(';'), cookies.size() - 1) + 1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
  }
  return std::nullopt;
}

std::uint64_t hashOf(std::string_view text) {
  return mixed(fnv1a(text));
}

std::optional<std::uint64_t> keyOf(const config::Hash& hash, const http::RequestHead& head, const IpAddress& client) {
  const auto hashed = [](std::optional<std::string_view> text) {
    return text ? std::optional(hashOf(*text)) : std::nullopt;
  };
  switch (hash.key) {
    case config::KeySource::ClientIp: return hashOf({reinterpret_cast<const char*>(client.bytes().data()), 16});
    case config::KeySource::Header: return hashed(head.fields.find(hash.name));
    case config::KeySource::Cookie: return hashed(cookieOf(head.fields, hash.name));
    case config::KeySource::Path: return hashOf(head.path().substr(0, head.path().find('?')));
  }
  return std::nullopt;
}

// 0, which is nobody's, for what we did not set.
std::uint64_t idIn(std::string_view text) {
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id, kHex);
  return error == std::errc() && end == text.data() + text.size() && text.size() == kIdDigits ? id : 0;
}

}  // namespace

std::optional<std::string_view> cookieOf(const http::Fields& fields, std::string_view name) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields.dropped(i) || !http::equalsIgnoreCase(fields.name(i), "cookie")) continue;
    if (const auto value = valueIn(fields.value(i), name)) return value;
  }
  return std::nullopt;
}

back::PickRequest affinityOf(const config::Service& service, const http::RequestHead& head, const IpAddress& client) {
  back::PickRequest request;
  if (service.balance == config::Balance::Hash) request.key = keyOf(service.hash, head, client);
  if (!service.sticky.cookie.empty()) request.wanted = idIn(cookieOf(head.fields, service.sticky.cookie).value_or(""));
  return request;
}

void addStickyCookie(const config::Sticky& sticky, std::uint64_t id, http::Fields& fields, std::string& line) {
  line.clear();
  const auto out = std::back_inserter(line);
  fmt::format_to(out, "{}={:016x}; Path=/; HttpOnly; SameSite=Lax", sticky.cookie, id);
  if (sticky.secure) fmt::format_to(out, "; Secure");
  if (sticky.ttl > Duration::zero())
    fmt::format_to(out, "; Max-Age={}", std::chrono::ceil<std::chrono::seconds>(sticky.ttl).count());
  fields.add("Set-Cookie", line);
}

}  // namespace lb::proxy
