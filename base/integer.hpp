// SPDX-License-Identifier: Apache-2.0
// Whole-number arithmetic that the language lacks.
// Test      integer_test.cpp
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace wd {

/// a / b, rounded up. @param a at least 0  @param b at least 1
template <std::integral T>
constexpr T ceil_div(T a, std::type_identity_t<T> b) {
  return static_cast<T>(a / b + (a % b != 0));
}

/// Of an element, where numbers of things are ints. @param i at least 0
constexpr std::size_t index(int i) { return static_cast<std::size_t>(i); }

}  // namespace wd
