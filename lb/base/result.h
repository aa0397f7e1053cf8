// Errors as values: a Result carries either the value or a sentence that tells an operator what went wrong.
#pragma once

#include <expected>
#include <string>

namespace lb {

struct Error {
  std::string what;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string what) {
  return std::unexpected(Error{std::move(what)});
}

}  // namespace lb
