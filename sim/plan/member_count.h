// How many members an aggregate has: as many as it can be initialised with. The language cannot say it directly.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace sim::plan {

// Stands for a value of any type in a question about types; it is never made.
template <std::size_t>
struct Anything {
  template <class T>
  constexpr operator T() const;  // NOLINT(google-explicit-constructor)
};

template <class T, std::size_t... I>
consteval bool takes(std::index_sequence<I...>) {
  return requires { T{Anything<I>{}...}; };
}

template <class T, std::size_t N = 0>
consteval std::size_t memberCount() {
  static_assert(std::is_aggregate_v<T>);
  if constexpr (takes<T>(std::make_index_sequence<N + 1>{})) {
    return memberCount<T, N + 1>();
  } else {
    return N;
  }
}

}  // namespace sim::plan
