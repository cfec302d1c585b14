// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/maps.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "sim/chip_state.hpp"

namespace wd::sim::fast {

using arch::Instr;
using arch::Op;

namespace {

constexpr std::size_t most_maps = std::size_t{1} << 30;  // of a frame: 2 GiB

const program::Layer& layer_of(const program::Program& program, const Instr& instr) {
  return program.layers[static_cast<std::size_t>(instr.layer)];
}

[[noreturn]] void refuse(const program::Program& program, const Instr& instr, const std::string& why) {
  fail("layer ", layer_of(program, instr).name, ": ", why,
       "; its outputs cannot be recorded: run without --record and --replay");
}

/// Calls visit(instr, iteration) for what a frame executes and has maps.
template <typename Visit>
void each_output(const program::Program& program, Visit visit) {
  execute(
      program, program.frame_entry,
      [&](const Instr& instr, int iteration) {
        if (has_maps(instr)) visit(instr, iteration);
      },
      [](const Instr&) {});
}

}  // namespace

bool has_maps(const Instr& instr) {
  const Op op = instr.operation();
  return !instr.score && (op == Op::Conv || op == Op::Pool || op == Op::Elementwise);
}

MapLayout::MapLayout(const program::Program& program) {
  place(program);
  for (const MapTensor& tensor : tensors_) {
    first_maps_.push_back(maps_);
    first_saturations_.push_back(saturations_);
    maps_ += tensor.maps();
    saturations_ += tensor.saturations();
  }
  require_whole(program);
}

void MapLayout::place(const program::Program& program) {
  std::map<std::pair<int, int>, std::size_t> numbers;  // by layer and turn
  std::map<int, int> turns;                            // by Instr::layer
  each_output(program, [&](const Instr& instr, int iteration) {
    const program::LayerPart& said = layer_of(program, instr).part;
    if (parts_.count(&instr) == 0) {
      const std::pair key{said.layer < 0 ? instr.layer : said.layer, turns[instr.layer]++};
      const auto [found, added] = numbers.insert({key, tensors_.size()});
      if (added) tensors_.push_back({key.first, key.second, 1, 0, instr.out_w, 0});
      parts_[&instr] = {found->second, said.iteration, said.row, said.block};
    }
    const Part& part = parts_[&instr];
    MapTensor& tensor = tensors_[part.tensor];
    if (instr.out_w != tensor.width || part.row * instr.out_w % arch::block != 0)
      refuse(program, instr, "its parts do not fit each other");
    tensor.iterations = std::max(tensor.iterations, part.iteration + iteration + 1);
    tensor.height = std::max(tensor.height, part.row + instr.out_h);
    tensor.blocks = std::max(tensor.blocks, part.block + instr.out_blocks);
  });
  // In the order of the model's layers: stripes take turns between them.
  std::vector<MapTensor> sorted;
  std::vector<std::size_t> place_of(tensors_.size());
  for (const auto& [key, number] : numbers) {
    place_of[number] = sorted.size();
    sorted.push_back(tensors_[number]);
  }
  tensors_ = std::move(sorted);
  for (auto& [instr, part] : parts_) part.tensor = place_of[part.tensor];
}

/// Each output once, in each iteration.
void MapLayout::require_whole(const program::Program& program) const {
  std::size_t computed = 0;
  each_output(program, [&](const Instr& instr, int) {
    computed += std::size_t{1} * instr.out_h * instr.out_w * instr.out_blocks;
    if (computed > most_maps) refuse(program, instr, "a frame has too many outputs");
  });
  WD_REQUIRE(computed == maps_, "program of ", program.network, ": a frame computes ", computed * arch::block,
             " outputs of layers that have ", maps_ * arch::block,
             "; it cannot be recorded: run without --record and --replay");
  std::vector<bool> rows(saturations_);  // blocks of pixels, of which a part takes whole ones
  each_output(program, [&](const Instr& instr, int iteration) {
    const Outputs to = outputs(instr, iteration);
    const int tiles = (instr.out_h * instr.out_w + arch::block - 1) / arch::block;
    for (int tile = 0; tile < tiles; ++tile)
      for (int block = 0; block < instr.out_blocks; ++block) {
        auto bit = rows[to.saturations(tile, block)];
        if (bit) refuse(program, instr, "an output is computed twice");
        bit = true;
      }
  });
}

FrameMaps MapLayout::empty_frame() const {
  return {std::vector<std::uint16_t>(maps_), std::vector<std::uint16_t>(saturations_), {}};
}

MapLayout::Outputs MapLayout::outputs(const Instr& instr, int iteration) const {
  const Part& part = parts_.at(&instr);
  const MapTensor& tensor = tensors_[part.tensor];
  const std::size_t of_iteration = static_cast<std::size_t>(part.iteration + iteration);
  Outputs to;
  to.width_ = tensor.width;
  to.blocks_ = tensor.blocks;
  to.first_map_ =
      first_maps_[part.tensor] +
      (of_iteration * tensor.pixels() + std::size_t{1} * part.row * tensor.width) * tensor.blocks +
      part.block;
  to.first_saturations_ =
      first_saturations_[part.tensor] +
      (of_iteration * tensor.pixel_blocks() + std::size_t{1} * part.row * tensor.width / arch::block) *
          tensor.blocks +
      part.block;
  return to;
}

}  // namespace wd::sim::fast
