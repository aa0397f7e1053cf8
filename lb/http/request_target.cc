#include "lb/http/request_target.h"

#include <string>

#include "lb/http/authority.h"
#include "lb/http/chars.h"

namespace lb::http {
namespace {

TargetParts refused(std::uint16_t status, const char* what) {
  return {.problem = {status, what}, .authority = {}, .path = {}};
}

// The size of "http://" or "https://" at the front; 0 if there is neither.
std::size_t schemeSize(std::string_view target) {
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (equalsIgnoreCase(target.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

}  // namespace

TargetParts parseTarget(Method method, std::string_view target) {
  if (target.empty()) return refused(400, "empty target");
  // Refused whatever its target is: this is no forward proxy. A tunnel would be 'authority-form', which nothing else
  // has.
  if (method == Method::Connect) return refused(405, "CONNECT is not offered");
  const auto size = static_cast<std::uint32_t>(target.size());
  if (target.front() == '/') return {.authority = {}, .path = {0, size}};
  if (target == "*") {
    if (method != Method::Options) return refused(400, "target * is for OPTIONS only");
    return {.authority = {}, .path = {0, size}};
  }
  const auto begin = static_cast<std::uint32_t>(schemeSize(target));
  if (begin == 0) return refused(400, "target is in no form that the method allows");
  const std::size_t found = target.find_first_of("/?", begin);
  const auto end = found == std::string_view::npos ? size : static_cast<std::uint32_t>(found);
  const char* problem = parseAuthority(target.substr(begin, end - begin)).problem;
  if (problem != nullptr) return refused(400, problem);
  return {.authority = {begin, end - begin}, .path = {end, size - end}};
}

void completeOriginForm(RequestHead& head) {
  const std::string_view path = head.fields.text(head.path_text.begin, head.path_text.size);
  if (!path.empty() && path.front() != '?') return;
  if (path.empty() && head.method != Method::Options) return;  // RequestHead::path() knows that this is "/"
  std::string& bytes = head.fields.bytes();
  const Part query = head.path_text;
  head.path_text = {static_cast<std::uint32_t>(bytes.size()), query.size + 1};
  bytes.push_back(query.size == 0 ? '*' : '/');
  bytes.append(bytes, query.begin, query.size);
}

}  // namespace lb::http
