// What be answers, by its own documentation: the words of a request's target as data.
#pragma once

#include <cstdint>
#include <string_view>

namespace sim::check {

// Whether these bytes stand there in a body that be makes up: the alphabet, begun anew with every 64 KiB.
[[nodiscard]] bool isOfBe(std::string_view bytes, std::uint64_t offset);

}  // namespace sim::check
