// SPDX-License-Identifier: Apache-2.0
#include "compiler/schedule.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "compiler/remedy.hpp"
#include "hw/formats/program/geometry.hpp"

namespace wd::compiler {
namespace {

constexpr int most_tiles = (1 << arch::field_bits::tiles_oc) - 1;  // of an instruction

/// A convolution in parts of at most `most` tiles.
std::vector<Part> parts_of(const LoweredStep& step, std::size_t conv, int most, const arch::Arch& arch) {
  const int per_tile = rows_per_tile(step.convs[conv], arch), tiles = channel_tiles(step.convs[conv], arch);
  const int count = ceil_div(tiles, most);
  std::vector<Part> parts;
  for (int number = 0; number < count; ++number) {
    const int first = number * most, own = std::min(most, tiles - first);
    parts.push_back({conv, first, own, count > 1 ? number : -1, own * per_tile, 0});
  }
  return parts;
}

Load whole_step(const LoweredStep& step, const arch::Arch& arch) {
  Load load;
  for (std::size_t c = 0; c < step.convs.size(); ++c)
    for (Part part : parts_of(step, c, most_tiles, arch)) {
      part.row = load.rows;
      load.rows += part.rows;
      load.parts.push_back(part);
    }
  return load;
}

/// Parts of at most half the buffer where tiles allow it: the next part comes while one is computed.
std::vector<Load> split_step(const LoweredStep& step, const arch::Arch& arch) {
  std::vector<Load> loads;
  for (std::size_t c = 0; c < step.convs.size(); ++c) {
    const LoweredConv& conv = step.convs[c];
    const int per_tile = rows_per_tile(conv, arch);
    WD_REQUIRE(per_tile <= arch.weight_rows, "layer ", conv.name, ": the weights of ", arch.pes_per_group,
               " output channels need ", per_tile, " rows, the weight buffer has ", arch.weight_rows, "; ",
               raise("weight_rows", per_tile, "take fewer input channels or a smaller kernel"));
    const int most = per_tile == 0 ? most_tiles : std::clamp(arch.weight_rows / 2 / per_tile, 1, most_tiles);
    for (const Part& part : parts_of(step, c, most, arch)) loads.push_back({{part}, part.rows, 0});
  }
  return loads;
}

/// Neighbours lie at the two ends of the buffer, so that they can be there together.
void place_alternately(std::vector<Load*> loads, const arch::Arch& arch) {
  for (std::size_t i = 0; i < loads.size(); ++i)
    loads[i]->first_row = i % 2 == 0 ? 0 : arch.weight_rows - loads[i]->rows;
}

}  // namespace

int rows_per_tile(const LoweredConv& conv, const arch::Arch& arch) {
  if (conv.weights == nullptr) return 0;
  const int positions = conv.weights->kernel_h * conv.weights->kernel_w;
  const int in_blocks = program::channel_blocks(conv.weights->in_channels);
  return program::stored_rows(positions, in_blocks, plane_count(*conv.weights), arch);
}

int channel_tiles(const LoweredConv& conv, const arch::Arch& arch) {
  return program::channel_tiles(program::channel_blocks(conv.out_channels), arch);
}

Schedule make_schedule(const std::vector<LoweredStep>& steps, const arch::Arch& arch) {
  Schedule schedule;
  int total = 0;
  for (const LoweredStep& step : steps) {
    schedule.steps.push_back({{whole_step(step, arch)}});
    total += schedule.steps.back().loads.front().rows;
  }
  schedule.resident = total <= arch.weight_rows;
  if (schedule.resident) {
    int next = 0;
    for (StepSchedule& step : schedule.steps) {
      step.loads.front().first_row = next;
      next += step.loads.front().rows;
    }
    return schedule;
  }
  std::vector<Load*> in_order;  // outside of loops that load their own
  for (std::size_t s = 0; s < steps.size(); ++s) {
    std::vector<Load>& loads = schedule.steps[s].loads;
    if (loads.front().rows > arch.weight_rows) loads = split_step(steps[s], arch);
    std::vector<Load*> own;
    for (Load& load : loads) own.push_back(&load);
    if (loads.size() > 1 && steps[s].loop_count > 1)
      place_alternately(own, arch);
    else
      in_order.insert(in_order.end(), own.begin(), own.end());
  }
  place_alternately(in_order, arch);
  return schedule;
}

}  // namespace wd::compiler
