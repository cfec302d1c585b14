// SPDX-License-Identifier: Apache-2.0
// Ends the program with a message when the memory that is held at once passes a limit.
//
// Units     bytes asked for since the limit was set, less those given back; one limit at a time.
// Not       the C allocations of libraries in builds without AddressSanitizer: there, only operator new is seen.
#pragma once

#include <cstddef>

namespace wd::fuzz {

class MemoryLimit {
 public:
  explicit MemoryLimit(std::size_t bytes);
  ~MemoryLimit();
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;
};

}  // namespace wd::fuzz
