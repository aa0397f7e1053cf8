// What routes and header rules are made of, as the file writes it: fields of a head, paths, methods, hosts. All of it
// goes onto the wire, so all of it is held against the syntax of RFC 9110 and 9112 here, once.
#pragma once

#include <string>
#include <string_view>

#include "lb/base/result.h"

namespace lb::config {

[[nodiscard]] Result<std::string> parseFieldName(std::string_view text);      // a token
[[nodiscard]] Result<std::string> parseEditableField(std::string_view text);  // and one that may be edited
[[nodiscard]] Result<std::string> parseMatchedField(std::string_view text);   // and one that a route may look at
[[nodiscard]] Result<std::string> parseFieldValue(std::string_view text);     // may be empty
[[nodiscard]] Result<std::string> parseContentType(std::string_view text);
[[nodiscard]] Result<std::string> parseMethod(std::string_view text);
[[nodiscard]] Result<std::string> parseRoutePath(
    std::string_view text);  // in the form of lb/http/path_form.h, no query
[[nodiscard]] Result<std::string> parseRoutePrefix(std::string_view text);   // the same without a final slash
[[nodiscard]] Result<std::string> parseLocationPath(std::string_view text);  // the same with a query
[[nodiscard]] Result<std::string> parseLocationHost(std::string_view text);  // host [ ":" port ]
[[nodiscard]] Result<std::string> parseLocationScheme(std::string_view text);

}  // namespace lb::config
