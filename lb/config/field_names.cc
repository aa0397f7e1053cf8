#include "lb/config/field_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lb/config/bounds.h"
#include "lb/config/units.h"
#include "lb/http/authority.h"
#include "lb/http/chars.h"
#include "lb/http/message.h"
#include "lb/http/path_form.h"

namespace lb::config {
namespace {

struct Reserved {
  std::string_view name;
  std::string_view why;
};

constexpr std::string_view kFraming = "lb delimits bodies and keeps connections by itself";
constexpr std::string_view kForwarding = "lb tells backends itself who is asking";
constexpr auto kReserved = std::to_array<Reserved>({
    {"connection", kFraming},
    {"content-length", kFraming},
    {"expect", kFraming},
    {"http2-settings", kFraming},
    {"keep-alive", kFraming},
    {"proxy-connection", kFraming},
    {"te", kFraming},
    {"trailer", kFraming},
    {"transfer-encoding", kFraming},
    {"upgrade", kFraming},
    {"date", "it belongs to whoever made the response"},
    {"forwarded", kForwarding},
    {"host", "requests are forwarded with the host that they asked for"},
    {"via", kForwarding},
    {"x-forwarded-for", kForwarding},
    {"x-forwarded-host", kForwarding},
    {"x-forwarded-proto", kForwarding},
    {"x-request-id", kForwarding},
});

bool isMethodToken(std::string_view text) {
  return http::isToken(text) && text.size() <= 32;  // what the request parser takes
}

Result<std::string> formed(std::string_view text, std::string_view path) {
  if (!path.starts_with('/')) return fail(fmt::format("{} must begin with /", quote(text)));
  if (text.size() > kRoutePathMax) return fail(fmt::format("is longer than {} bytes", kRoutePathMax));
  if (!http::allAre(http::kTargetChar, text)) {
    return fail(fmt::format("{} has characters that no path has; write them as %XX", quote(text)));
  }
  std::string form;
  switch (http::formPath(path, form)) {
    case http::PathForm::Same: break;
    case http::PathForm::Changed:
      return fail(fmt::format("{} is compared with paths in one form and would never match; write {}", quote(text),
                              quote(form)));
    case http::PathForm::Ambiguous:
      return fail(fmt::format("{} has what servers read differently: such requests are refused", quote(text)));
  }
  if (path.contains(';')) return fail(fmt::format("{} has a path parameter, which routes cannot tell", quote(text)));
  return std::string(text);
}

}  // namespace

Result<std::string> parseFieldName(std::string_view text) {
  if (text.size() > kFieldNameMax) return fail(fmt::format("is longer than {} characters", kFieldNameMax));
  if (!http::isToken(text)) return fail(fmt::format("{} is no name of a header field", quote(text)));
  return std::string(text);
}

Result<std::string> parseEditableField(std::string_view text) {
  const auto* const reserved =
      std::ranges::find_if(kReserved, [&](const Reserved& one) { return http::equalsIgnoreCase(one.name, text); });
  if (reserved != kReserved.end()) return fail(fmt::format("{} cannot be edited: {}", quote(text), reserved->why));
  return parseFieldName(text);
}

Result<std::string> parseMatchedField(std::string_view text) {
  if (http::equalsIgnoreCase(text, "host")) return fail("the host is matched by `domain`");
  return parseFieldName(text);
}

Result<std::string> parseFieldValue(std::string_view text) {
  if (text.size() > kFieldValueMax) return fail(fmt::format("is longer than {} bytes", kFieldValueMax));
  if (!http::allAre(http::kFieldChar, text)) return fail(fmt::format("{} has control characters", quote(text)));
  if (http::trim(text) != text) return fail(fmt::format("{} begins or ends with white space", quote(text)));
  return std::string(text);
}

Result<std::string> parseContentType(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view type = text.substr(0, slash);
  const std::string_view rest = slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
  if (!http::isToken(type) || !http::isToken(http::trim(rest.substr(0, rest.find(';'))))) {
    return fail(fmt::format("{} is no media type, such as text/html; charset=utf-8", quote(text)));
  }
  return parseFieldValue(text);
}

Result<std::string> parseMethod(std::string_view text) {
  if (!isMethodToken(text)) return fail(fmt::format("{} is no method", quote(text)));
  if (text == "CONNECT") return fail("CONNECT is refused before any route is asked");
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (upper != text && http::methodFrom(upper) != http::Method::Other) {
    return fail(fmt::format("methods are told apart by case; did you mean {}?", upper));
  }
  return std::string(text);
}

Result<std::string> parseRoutePath(std::string_view text) {
  if (text.contains('?')) return fail(fmt::format("{} has a query, which routes do not look at", quote(text)));
  return formed(text, text);
}

Result<std::string> parseRoutePrefix(std::string_view text) {
  if (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
  return parseRoutePath(text);
}

Result<std::string> parseLocationPath(std::string_view text) {
  return formed(text, http::withoutQuery(text));
}

Result<std::string> parseLocationHost(std::string_view text) {
  if (text.contains("://")) return fail(fmt::format("{} is a URL; its scheme belongs into `scheme`", quote(text)));
  const http::Authority authority = http::parseAuthority(text);
  if (authority.problem != nullptr) return fail(fmt::format("{}: {}", quote(text), authority.problem));
  return std::string(text);
}

Result<std::string> parseLocationScheme(std::string_view text) {
  if (text != "http" && text != "https") return fail(fmt::format("{} is not http or https", quote(text)));
  return std::string(text);
}

}  // namespace lb::config
