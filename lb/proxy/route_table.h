// Host to service: exact names, then wildcards (the longest wins), then the default service.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "lb/back/service.h"

namespace lb::proxy {

class RouteTable {
 public:
  // `domain` in lower case; "*.example.com" matches any name below example.com, at any depth.
  void add(std::string_view domain, back::Service& service);
  void setDefault(back::Service* service) { default_ = service; }
  void clear();

  // `host` in lower case without port, as RequestHead::host. Null: no service has it. Without the default service.
  [[nodiscard]] back::Service* match(std::string_view host) const;
  [[nodiscard]] back::Service* defaultService() const { return default_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  // Only ever looked up, never iterated, so that their order cannot matter.
  using Map = std::unordered_map<std::string, back::Service*, Hash, std::equal_to<>>;
  Map exact_;
  Map wildcard_;  // by what follows "*."
  back::Service* default_ = nullptr;
};

// The decoded value of the first query parameter of that name in a request target; empty if there is none.
[[nodiscard]] std::string queryParameter(std::string_view path_and_query, std::string_view name);

}  // namespace lb::proxy
