#include "lb/http/path_form.h"

#include <algorithm>

#include "lb/http/chars.h"

namespace lb::http {
namespace {

bool isUnreserved(char c) {
  return is(kDigit, c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
}

// Appends the path with every escape in its one form; false if it has none.
bool decode(std::string_view path, std::string& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\') return false;
    if (path[i] != '%') {
      out.push_back(path[i]);
      continue;
    }
    if (path.size() - i < 3 || !is(kHexDigit, path[i + 1]) || !is(kHexDigit, path[i + 2])) return false;
    const unsigned byte = hexValue(path[i + 1]) * 16 + hexValue(path[i + 2]);
    const char c = static_cast<char>(byte);
    if (c == '/' || c == '\\' || c == '\0') return false;
    if (isUnreserved(c)) {
      out.push_back(c);
    } else {
      out.append({'%', kHex[byte / 16], kHex[byte % 16]});
    }
    i += 2;
  }
  return true;
}

// Slashes become one, dot segments go, in place: what is written never overtakes what is read.
void resolve(std::string& path) {
  std::size_t kept = 0;
  for (std::size_t read = 0; read < path.size();) {
    read = std::min(path.find_first_not_of('/', read), path.size());
    const std::size_t end = std::min(path.find('/', read), path.size());
    const std::string_view segment = std::string_view(path).substr(read, end - read);
    const bool up = segment == "..";
    const bool last = end == path.size();
    if (up && kept > 0) kept = path.rfind('/', kept - 1);
    if (up || segment == "." || segment.empty()) {
      if (last) path[kept++] = '/';
    } else {
      const std::size_t size = segment.size();
      path[kept] = '/';
      std::copy_n(path.begin() + static_cast<std::ptrdiff_t>(read), size,
                  path.begin() + static_cast<std::ptrdiff_t>(kept + 1));
      kept += size + 1;
    }
    read = end;
  }
  path.resize(kept);
}

// Most paths are in their form already, and a look tells.
bool needsForming(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '%' || c == '\\') return true;
    if (c == '/' && i + 1 < path.size() && (path[i + 1] == '/' || path[i + 1] == '.')) return true;
  }
  return false;
}

}  // namespace

PathForm formPath(std::string_view path_and_query, std::string& out) {
  const std::string_view path = withoutQuery(path_and_query);
  if (!path.starts_with('/') || !needsForming(path)) return PathForm::Same;
  out.clear();
  if (!decode(path, out)) return PathForm::Ambiguous;
  resolve(out);
  if (out == path) return PathForm::Same;
  out.append(path_and_query.substr(path.size()));
  return PathForm::Changed;
}

void dropPathParameters(std::string_view path_and_query, std::string& out) {
  out.clear();
  bool dropping = false;
  for (const char c : withoutQuery(path_and_query)) {
    if (c == '/') dropping = false;
    if (c == ';') dropping = true;
    if (!dropping) out.push_back(c);
  }
  if (out.starts_with('/')) resolve(out);
}

}  // namespace lb::http
