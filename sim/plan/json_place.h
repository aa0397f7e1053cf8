// Where in the text of a scenario file something stands, for messages about it: "3:14", line and column.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sim::plan {

[[nodiscard]] std::string placeOf(std::string_view text, std::size_t offset);

// Of the member or element with this path, "/clients/3/requests/0/method"; of the nearest around it that is there, if
// it has been left out. REQUIRES: the text is JSON.
[[nodiscard]] std::string placeOf(std::string_view text, std::string_view path);

}  // namespace sim::plan
