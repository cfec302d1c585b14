// SPDX-License-Identifier: Apache-2.0
// The limits of hw/arch/stream.def, and the modes in which a layer may be coded.
#pragma once

#include <cstdint>

namespace wd::stream {

#define STREAM_LIMIT(name, sv, value, unit, meaning) inline constexpr int name = value;
#include "hw/arch/stream.def"

enum class CodeMode : std::uint8_t {
#define STREAM_MODE(name, NAME, code, text, decoder, meaning) name = code,
#include "hw/arch/stream.def"
};

}  // namespace wd::stream
