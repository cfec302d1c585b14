// SPDX-License-Identifier: Apache-2.0
// Ends a refusal: which architecture parameter to raise and how far, or what else to do where it cannot be raised so far.
//
// Test      tensor_lifetimes_test.cpp, compile_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace wd::compiler {

/// @param parameter of params.def. @param need its value with which this would be taken. @param otherwise the other remedy
inline std::string raise(std::string_view parameter, std::int64_t need, const char* otherwise) {
  std::int64_t highest = 0;
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning) \
  if (parameter == #name) highest = high;
#include "hw/arch/params.def"
#undef ARCH_PARAM
  WD_ASSERT(highest > 0);
  if (need <= highest) return text("raise ", parameter, " to ", need);
  return text(parameter, " would have to be ", need, " and can be at most ", highest, ": ", otherwise);
}

/// What else to do where the images of a batch are together too many.
inline std::string or_smaller_batch(int batch) { return batch > 1 ? ", or take a smaller --batch" : ""; }

}  // namespace wd::compiler
