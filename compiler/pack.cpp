// SPDX-License-Identifier: Apache-2.0
#include "compiler/pack.hpp"

#include <utility>

#include "base/error.hpp"
#include "compiler/code_weights.hpp"
#include "compiler/pack_weights.hpp"
#include "compiler/scaling.hpp"
#include "hw/formats/program/geometry.hpp"
#include "hw/formats/program/program.hpp"
#include "hw/formats/program/weight_bursts.hpp"
#include "hw/numerics/gelu.hpp"

namespace wd::compiler {
namespace {

std::int64_t next_beat(const PackedMemory& packed) {
  return static_cast<std::int64_t>(packed.memory.size()) / program::beat_bytes;
}

void pack_step(PackedMemory& packed, const LoweredStep& step, const std::vector<Part>& parts,
               const Options& options) {
  const arch::Arch& arch = options.arch;
  std::vector<std::vector<program::WeightRow>> rows;
  for (const LoweredConv& conv : step.convs)
    rows.push_back(conv.weights == nullptr ? std::vector<program::WeightRow>()
                                           : pack_weights(*conv.weights, arch));
  packed.parts.emplace_back();
  for (const Part& part : parts) {
    Burst burst{next_beat(packed)};
    const LoweredConv& conv = step.convs[part.conv];
    const int first = part.first_tile * rows_per_tile(conv, arch);
    Bytes bytes;
    for (int row = first; row < first + part.rows; ++row)
      program::append_row(bytes, rows[part.conv][row], arch);
    if (part.rows != 0 && options.huffman && program::has_decoder(arch)) {
      Bytes coded = code_weights(*conv.weights, part.first_tile, part.tiles, options,
                                 text("layer ", conv.name, ", tiles from ", part.first_tile, " on"));
      burst.coded = coded.size() < bytes.size();
      if (burst.coded) bytes = std::move(coded);
    }
    packed.memory.insert(packed.memory.end(), bytes.begin(), bytes.end());
    burst.beats = static_cast<int>(next_beat(packed) - burst.addr);
    packed.parts.back().push_back(burst);
  }
}

void append_norm(PackedMemory& packed, const LoweredConv& conv, const model::Norm& norm, int acc_shift) {
  const int blocks = program::channel_blocks(static_cast<int>(norm.gamma.size()));
  for (int block = 0; block < blocks; ++block, ++packed.norm_count)
    for (const auto* values : {&norm.gamma, &norm.beta})
      for (int lane = 0; lane < arch::block; ++lane) {
        const auto channel = static_cast<std::size_t>(block * arch::block + lane);
        std::uint16_t value = channel < values->size() ? (*values)[channel] : 0;
        if (values == &norm.gamma)
          value = scale_gamma(value, acc_shift, text("layer ", conv.name, " channel ", channel));
        packed.memory.push_back(static_cast<std::uint8_t>(value));
        packed.memory.push_back(static_cast<std::uint8_t>(value >> 8));
      }
}

}  // namespace

PackedMemory pack_memory(const std::vector<LoweredStep>& steps, const Schedule& schedule,
                         const std::vector<std::vector<int>>& acc_shifts, const Options& options) {
  PackedMemory packed;
  for (std::size_t s = 0; s < steps.size(); ++s) pack_step(packed, steps[s], schedule.parts[s], options);
  packed.norm_addr = next_beat(packed);
  for (std::size_t s = 0; s < steps.size(); ++s) {
    packed.norm_rows.emplace_back();
    for (std::size_t c = 0; c < steps[s].convs.size(); ++c) {
      const LoweredConv& conv = steps[s].convs[c];
      packed.norm_rows.back().push_back(packed.norm_count);
      for (std::size_t n = 0; n < conv.norm_count; ++n)
        append_norm(packed, conv, conv.conv->norms[conv.first_norm + n], acc_shifts[s][c]);
    }
  }
  for (const LoweredStep& step : steps)
    for (const LoweredConv& conv : step.convs) {
      if (!conv.table || packed.tables.count(*conv.table) != 0) continue;
      packed.tables[*conv.table] = next_beat(packed);
      const numerics::CodeTable table = numerics::gelu_table(*conv.table);
      packed.memory.insert(packed.memory.end(), table.begin(), table.end());
    }
  return packed;
}

}  // namespace wd::compiler
