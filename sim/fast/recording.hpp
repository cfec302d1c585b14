// SPDX-License-Identifier: Apache-2.0
// The file of a recording: the maps of some frames of a model (maps.hpp), with what they follow from.
//
// Shape     a container (docs/formats.md): `meta`, `maps` (of all frames, 16 bits a block of channels of a pixel), `saturations` (frame,
//           place and number, 32 bits each, of those that are not 0), `scores`, `images` (of each frame's, 64 bits of a SHA-256).
// Errors    corrupted or inconsistent contents, a recording of another model, other layers or a wider accumulator: wd::Error
//           naming the file and the remedy.
// Test      recording_test.cpp
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/container.hpp"
#include "sim/fast/maps.hpp"

namespace wd::sim::fast {

inline constexpr FileKind recording_kind{{'W', 'D', 'A', '1'},
                                         1,
                                         "recording",
                                         read_limit_bytes,
                                         "record again with `whitedwarf run --engines fast --record`"};

struct Recording {
  std::string model;  // what values follow from, as a SHA-256
  int batch = 1;
  std::uint32_t classes = 0;
  int acc_bits = 0;  // that were enough for all sums
  std::vector<MapTensor> tensors;
  std::vector<FrameMaps> frames;
  std::vector<std::uint64_t> images;  // that the frames are of
};

/// Of a program's frames, yet empty.
Recording make_recording(const program::Program& program, const std::string& model, std::size_t frames);

/// Refuses a recording that says nothing about this program's values.
void require_of(const Recording& recording, const program::Program& program, const std::string& model,
                const std::string& origin);

Container encode_recording(const Recording& recording);
Recording decode_recording(const Container& container);

}  // namespace wd::sim::fast
