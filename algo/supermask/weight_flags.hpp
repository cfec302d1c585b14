// SPDX-License-Identifier: Apache-2.0
// What a seed decides about one weight, one byte each.
#pragma once

#include <cstdint>

namespace wd::algo {

inline constexpr std::uint8_t flag_pruned = 1, flag_locked = 2;  // stream::FreezeState
inline constexpr std::uint8_t flag_frozen = flag_pruned | flag_locked;
inline constexpr std::uint8_t flag_negative = 0x80;  // where a float has its sign

}  // namespace wd::algo
