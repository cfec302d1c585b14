// SPDX-License-Identifier: Apache-2.0
// The program file: what the compiler hands to every engine.
//
// Shape     instructions with two entry points (`load` once, `frame` per batch of images), the memory image
//           (sparse bit-plane words and normalization rows, in beats of 16 bytes from address 0),
//           and where the host puts the input tensor (input_tensor.hpp), finds the scores and leaves room for tensors that go
//           through memory.
// Errors    corrupted, inconsistent or out-of-range contents: wd::Error naming file and field.
// Test      program_test.cpp
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/container.hpp"
#include "hw/arch/arch.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::program {

inline constexpr FileKind program_kind{
    {'W', 'D', 'P', '1'}, 6, "program", read_limit_bytes, "compile the model again"};
inline constexpr int beat_bytes = 16;

/// Which outputs of the model's layers an instruction computes, of those that do not depend on the architecture: a layer may be
/// computed in parts, in stripes of rows, or with its fold's iterations written out.
struct LayerPart {
  int layer = -1;     // counted in the model's order, folds once; -1: the number in the program's own list
  int iteration = 0;  // of the fold; the first one's where the program loops
  int row = 0;        // first output row
  int block = 0;      // first block of 16 channels

  bool operator==(const LayerPart&) const = default;
};

/// What an instruction with tiles computes, for traces, reports and recordings.
struct Layer {
  std::string name;
  std::uint64_t dense_macs = 0;  // of the layer's true shape, per execution and image; 0 without products
  LayerPart part = {};
};

/// Images that a frame may take; all divide a tile's pixels, so that a group has pixels of one image only.
inline constexpr int batches[] = {1, 2, 4, 8, 16};
inline bool is_batch(int images) {
  return std::find(std::begin(batches), std::end(batches), images) != std::end(batches);
}

struct Program {
  std::string network, dataset;
  arch::Arch arch;
  std::vector<arch::Instr> instrs;
  std::uint32_t load_entry = 0, frame_entry = 0;  // instruction numbers
  Bytes memory;                                   // whole beats, from beat address 0
  std::uint32_t input_addr = 0, input_beats = 0;  // beat addresses behind `memory`
  std::uint32_t score_addr = 0, score_beats = 0;
  std::uint32_t scratch_addr = 0, scratch_beats = 0;  // of tensors that leave the chip
  std::uint32_t classes = 0;
  int batch = 1;  // images of a frame
  model::InputTransform input_transform;
  int input_scale_exp = 0;
  std::vector<Layer> layers;  // by Instr::layer

  /// Which of the stored FP16 scores, 16 a row, is a class's: the rows of all images for 16 classes, then for the next 16.
  std::size_t score_index(int image, std::uint32_t class_number) const {
    constexpr std::uint32_t per_row = arch::block;
    const std::uint32_t row =
        class_number / per_row * static_cast<std::uint32_t>(batch) + static_cast<std::uint32_t>(image);
    return std::size_t{row} * per_row + class_number % per_row;
  }

  /// Memory that the engines must provide, in beats.
  std::uint32_t memory_beats() const { return scratch_addr + scratch_beats; }
};

/// Refuses what an engine could not execute: every address, count and shape is checked against the
/// architecture, so that engines need not. @param lines where instructions stand in a text, for messages
void check(const Program& program, const std::string& origin, std::span<const int> lines = {});

/// The section `meta`.
nlohmann::json meta_of(const Program& program);
/// A program of this meta data, yet without instructions and memory, unchecked. @param origin begins messages
Program program_of_meta(const nlohmann::json& meta, const std::string& origin);

/// The file's sections; @param origin the name in messages.
Container encode_program(const Program& program, const std::string& origin);
Program decode_program(const Container& container);

void write_program(const Program& program, const std::filesystem::path& path);
Program read_program(const std::filesystem::path& path);

}  // namespace wd::program
