// Host to service: exact names, then wildcards (the longest wins), then the default service. Services are numbers, in
// the order of the configuration.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lb::proxy {

class RouteTable {
 public:
  // `domain` in lower case; "*.example.com" matches any name below example.com, at any depth.
  void add(std::string_view domain, std::size_t service);
  void setDefault(std::size_t service) { default_ = service; }
  void clear();

  // `host` in lower case without port, as RequestHead::host. Without the default service.
  [[nodiscard]] std::optional<std::size_t> match(std::string_view host) const;
  [[nodiscard]] std::optional<std::size_t> defaultService() const { return default_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  // Only ever looked up, never iterated, so that their order cannot matter.
  using Map = std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>>;
  Map exact_;
  Map wildcard_;  // by what follows "*."
  std::optional<std::size_t> default_;
};

// The decoded value of the first query parameter of that name in a request target; empty if there is none.
[[nodiscard]] std::string queryParameter(std::string_view path_and_query, std::string_view name);

}  // namespace lb::proxy
