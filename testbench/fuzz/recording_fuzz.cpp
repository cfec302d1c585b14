// SPDX-License-Identifier: Apache-2.0
// The recording behind right checksums, its sections as sections.hpp packs them.
#include "base/error.hpp"
#include "sim/fast/recording.hpp"
#include "testbench/fuzz/sections.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  using namespace sim::fast;
  const Recording recording = decode_recording(unpack_sections(data, recording_kind));
  const Recording again = decode_recording(encode_recording(recording));
  WD_ASSERT(again.frames == recording.frames && again.tensors == recording.tensors &&
            again.images == recording.images && again.model == recording.model);
}

}  // namespace wd::fuzz
