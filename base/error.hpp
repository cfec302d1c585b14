// SPDX-License-Identifier: Apache-2.0
// Refuses bad input with one line, and stops on our own bugs.
//
// WD_REQUIRE throws wd::Error for what a user can cause (a file, a config, a shape, a range): the
// message names file, field, value and remedy. WD_ASSERT aborts: the program is wrong, not its input.
// Only `main` catches; libraries neither print nor exit.
// Test      container_test.cpp
#pragma once

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string>

namespace wd {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Joins its parts as a stream would print them.
template <typename... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

template <typename... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw Error(text(parts...));
}

}  // namespace wd

#define WD_REQUIRE(cond, ...)             \
  do {                                    \
    if (!(cond)) ::wd::fail(__VA_ARGS__); \
  } while (false)

#define WD_ASSERT(cond)                                                                             \
  do {                                                                                              \
    if (!(cond)) {                                                                                  \
      std::fprintf(stderr, "%s:%d: internal error: %s does not hold\n", __FILE__, __LINE__, #cond); \
      std::abort();                                                                                 \
    }                                                                                               \
  } while (false)
