// Which fields may not come after a body (RFC 9110 6.5.1). Internal to lb/http.
#pragma once

#include <string_view>

namespace lb::http {

[[nodiscard]] bool isForbiddenTrailer(std::string_view name);

}  // namespace lb::http
