// SPDX-License-Identifier: Apache-2.0
// How every weight stream ends: less than a byte of zero bits after its last weight.
#pragma once

#include <string>

#include "base/error.hpp"
#include "hw/formats/stream/bits.hpp"

namespace wd::stream {

/// @param in behind the last weight. @param origin the stream's name in messages.
inline void require_end(BitReader& in, const std::string& origin) {
  const std::uint64_t end = in.position();
  WD_REQUIRE(in.size() - end < 8, origin, ": goes on after the last weight, at bit ", end,
             " of the stream: ", in.size() - end, " bits are left");
  WD_REQUIRE(in.peek() == 0, origin, ": the padding at bit ", end, " of the stream is not zero");
}

}  // namespace wd::stream
