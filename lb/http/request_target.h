// The four forms of a request target (RFC 9112 3.2) and what is left of them in origin form. Internal to lb/http.
#pragma once

#include <string_view>

#include "lb/http/message.h"

namespace lb::http {

struct TargetParts {
  Problem problem{0, ""};  // status 0: none
  Part authority;          // within the target; empty unless it is in absolute form
  Part path;               // path and query within the target; may be empty or begin with '?' in absolute form
};

// REQUIRES: only target characters.
[[nodiscard]] TargetParts parseTarget(Method method, std::string_view target);

// Gives an absolute-form target without a path the one that its origin form must have: "*" for OPTIONS without a query
// (RFC 9112 3.2.4), else "/". To be called when the head is complete: it appends to the head's bytes.
void completeOriginForm(RequestHead& head);

}  // namespace lb::http
