// SPDX-License-Identifier: Apache-2.0
// Which outputs of a frame are not zero, as bits: all that time and counters need to know of values. They do not depend on the
// architecture, so what was recorded on one serves every other.
//
// What      a tensor for each layer of the model that writes activations (CONV without score, POOL, ELEMENTWISE; TRANSPOSE
//           only moves them), whatever parts, stripes and loops the program computes it in. The number of saturations goes with each block
//           of 16 pixels, so that each part of a layer has its own; the scores go with the frame.
// Shape     maps: [iteration][y][x][block] of 16 channels, x of all images. saturations: [iteration][block of pixels][block].
// Errors    a program that computes an output twice or leaves one out, parts that do not begin with a block of pixels: wd::Error naming the layer.
// Test      maps_test.cpp, testbench/replay_test.cpp
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "hw/formats/program/program.hpp"

namespace wd::sim::fast {

/// Outputs of a layer of the model, of all iterations of its fold.
struct MapTensor {
  int layer = 0;  // program::LayerPart
  int turn = 0;   // of instructions that have one layer number: programs that no compiler made
  int iterations = 1, height = 0, width = 0, blocks = 0;

  std::size_t pixels() const { return std::size_t{1} * height * width; }
  /// Blocks of 16 pixels.
  std::size_t pixel_blocks() const { return (pixels() + arch::block - 1) / arch::block; }
  std::size_t maps() const { return pixels() * iterations * blocks; }
  std::size_t saturations() const { return pixel_blocks() * iterations * blocks; }
  bool operator==(const MapTensor&) const = default;
};

/// Of a frame.
struct FrameMaps {
  std::vector<std::uint16_t> maps, saturations, scores;

  bool operator==(const FrameMaps&) const = default;
};

/// The tensors of a program, and where each instruction's outputs are in them.
class MapLayout {
 public:
  explicit MapLayout(const program::Program& program);

  const std::vector<MapTensor>& tensors() const { return tensors_; }
  std::size_t maps() const { return maps_; }
  std::size_t saturations() const { return saturations_; }
  /// With zeros.
  FrameMaps empty_frame() const;

  /// What one execution of an instruction writes.
  class Outputs {
   public:
    std::size_t map(int y, int x, int block) const {
      return first_map_ + (std::size_t{1} * y * width_ + x) * blocks_ + block;
    }
    std::size_t saturations(int tile, int block) const {
      return first_saturations_ + std::size_t{1} * tile * blocks_ + block;
    }

   private:
    friend class MapLayout;
    std::size_t first_map_ = 0, first_saturations_ = 0;
    int width_ = 0, blocks_ = 0;
  };
  /// @param instr one of the program's own
  Outputs outputs(const arch::Instr& instr, int iteration) const;

 private:
  struct Part {
    std::size_t tensor = 0;
    int iteration = 0, row = 0, block = 0;
  };
  void place(const program::Program& program);
  void require_whole(const program::Program& program) const;

  std::vector<MapTensor> tensors_;
  std::vector<std::size_t> first_maps_, first_saturations_;  // of each tensor
  std::map<const arch::Instr*, Part> parts_;
  std::size_t maps_ = 0, saturations_ = 0;
};

/// Whether an instruction's outputs are recorded.
bool has_maps(const arch::Instr& instr);

}  // namespace wd::sim::fast
