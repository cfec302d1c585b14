// SPDX-License-Identifier: Apache-2.0
// A program file (*.wdp) as a host needs it: what goes into the instruction memory and into memory, and where input and scores lie.
//
// Units     bytes; addresses count from where the program's memory begins (the register mem_base).
// Errors    a file that is damaged or cannot be read: std::runtime_error naming it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace whitedwarf {

struct ProgramImage {
  std::string network, architecture;        // of the chip that it is for, as ChipOptions takes it
  std::vector<std::uint32_t> instructions;  // as the registers have them
  std::uint32_t load_entry = 0, frame_entry = 0;
  std::vector<std::uint8_t> memory;  // from address 0
  std::uint64_t input_address = 0, input_bytes = 0;
  std::uint64_t score_address = 0, score_bytes = 0;
  std::uint64_t memory_bytes = 0;  // that the program needs in all
  std::uint32_t classes = 0;
  int batch = 1;
  std::vector<std::uint32_t>
      score_offsets;  // of each class's score, FP16, of the first image, then of the next one

  std::uint64_t image_bytes = 0;  // of an image: height x width x channels
  /// What stands at `input_address` for the pixels of 1 to `batch` images, one image after the other. Errors: another number of bytes.
  std::function<std::vector<std::uint8_t>(std::span<const std::uint8_t> pixels)> input;

  /// FP16 bits of all classes and images.
  std::vector<std::uint16_t> scores(const std::vector<std::uint8_t>& score_memory) const;
};

ProgramImage read_program(const std::string& path);

}  // namespace whitedwarf
