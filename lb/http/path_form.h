// One form for all spellings of a path, so that what is matched, what is forwarded and what a backend makes of it are
// the same path.
//
// RFC 3986 6.2.2: %41 is A, and hexadecimal digits are upper case; "." and ".." are resolved. Beyond it, several
// slashes in a row are one, because most servers read them so. What servers read differently has no form: an encoded
// slash or backslash, a bare backslash, an encoded NUL, a percent sign without its two digits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lb::http {

enum class PathForm : std::uint8_t { Same, Changed, Ambiguous };

// Of a path with or without a query, which stays as it is. `out` is set only if Changed. What does not begin with a
// slash, "*", is the same.
[[nodiscard]] PathForm formPath(std::string_view path_and_query, std::string& out);

// As a server reads it that knows path parameters (RFC 3986 3.3) and drops them: "/a;v=1/b" is "/a/b". Without the
// query.
void dropPathParameters(std::string_view path_and_query, std::string& out);

[[nodiscard]] constexpr std::string_view withoutQuery(std::string_view path_and_query) {
  return path_and_query.substr(0, path_and_query.find('?'));
}

// By segments: /api is a prefix of /api and /api/x, not of /apix. `prefix` does not end with a slash unless it is "/".
[[nodiscard]] constexpr bool hasPathPrefix(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return false;
  return prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
}

}  // namespace lb::http
