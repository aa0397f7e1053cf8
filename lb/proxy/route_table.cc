// See route_table.h.
#include "lb/proxy/route_table.h"

namespace lb::proxy {
namespace {

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percentDecoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hexDigit(text[i + 1]) >= 0 && hexDigit(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hexDigit(text[i + 1]) * 16 + hexDigit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return out;
}

}  // namespace

void RouteTable::add(std::string_view domain, std::size_t service) {
  constexpr std::string_view kWildcard = "*.";
  if (domain.starts_with(kWildcard)) {
    wildcard_.emplace(domain.substr(kWildcard.size()), service);
  } else {
    exact_.emplace(domain, service);
  }
}

void RouteTable::clear() {
  exact_.clear();
  wildcard_.clear();
  default_.reset();
}

std::optional<std::size_t> RouteTable::match(std::string_view host) const {
  if (const auto found = exact_.find(host); found != exact_.end()) return found->second;
  if (wildcard_.empty()) return std::nullopt;
  for (std::size_t dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
    if (const auto found = wildcard_.find(host.substr(dot + 1)); found != wildcard_.end()) return found->second;
  }
  return std::nullopt;
}

std::string queryParameter(std::string_view path_and_query, std::string_view name) {
  const std::size_t mark = path_and_query.find('?');
  std::string_view rest = mark == std::string_view::npos ? std::string_view{} : path_and_query.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) == name) {
      return equals == std::string_view::npos ? std::string{} : percentDecoded(pair.substr(equals + 1));
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace lb::proxy
