// One answer of the control plane. Internal to lb/admin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/admin/admin.h"
#include "lb/http/message.h"

namespace lb::admin {

struct Page {
  std::uint16_t status = 200;
  std::string_view content_type = {};  // empty: plain text
  std::string body = {};
  std::string_view allow = {};  // with 405
};

inline constexpr std::string_view kOrderPrefix = "/backends/";

// POST /backends/SERVICE/BACKEND/ACTION; `path` with its query. 404 for what is not there, 405, 400 for a bad value.
[[nodiscard]] Page takeOrder(http::Method method, std::string_view path, AdminSource& source);

}  // namespace lb::admin
