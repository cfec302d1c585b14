// SPDX-License-Identifier: Apache-2.0
#include "compiler/pack.hpp"

#include <span>
#include <utility>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compiler/choose_forms.hpp"
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

/// The forms of each of a step's parts.
std::vector<PartForms> forms_of(const LoweredStep& step, const std::vector<Part>& parts,
                                const Options& options) {
  const arch::Arch& arch = options.arch;
  std::vector<std::vector<program::WeightRow>> rows;
  for (const LoweredConv& conv : step.convs)
    rows.push_back(conv.weights == nullptr ? std::vector<program::WeightRow>()
                                           : pack_weights(*conv.weights, arch));
  std::vector<PartForms> all;
  for (const Part& part : parts) {
    const LoweredConv& conv = step.convs[part.conv];
    const std::span<const program::WeightRow> own =
        std::span(rows[part.conv])
            .subspan(index(part.first_tile * rows_per_tile(conv, arch)), index(part.rows));
    PartForms forms;
    if (part.rows != 0) forms.tile_cycles = cycles_of_tile(own, plane_count(*conv.weights), arch);
    Bytes bytes;
    for (const program::WeightRow& row : own) program::append_row(bytes, row, arch);
    const std::size_t beats = bytes.size() / program::beat_bytes;
    forms.forms.push_back({std::move(bytes), false, static_cast<double>(beats)});
    if (part.rows != 0 && options.huffman && program::has_decoder(arch)) {
      const std::string what = text("layer ", conv.name, ", tiles from ", part.first_tile, " on");
      const auto add_coded = [&](bool frozen) {
        Bytes coded = code_weights(*conv.weights, part.first_tile, part.tiles, frozen, options, what);
        const auto cycles = program::decode_rows(coded, arch, what).activity.cycles;
        forms.forms.push_back({std::move(coded), true, static_cast<double>(cycles)});
      };
      add_coded(false);
      if (frozen_on_chip(*conv.weights, part.first_tile, part.tiles, options)) add_coded(true);
    }
    all.push_back(std::move(forms));
  }
  return all;
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
  std::vector<std::vector<PartForms>> forms;
  for (std::size_t s = 0; s < steps.size(); ++s)
    forms.push_back(forms_of(steps[s], schedule.parts[s], options));
  choose_forms(forms, steps, schedule, options);
  for (const std::vector<PartForms>& of_step : forms) {
    packed.parts.emplace_back();
    for (const PartForms& part : of_step) {
      const BurstForm& form = part.forms[part.chosen];
      packed.parts.back().push_back(
          {next_beat(packed), static_cast<int>(form.bytes.size() / program::beat_bytes), form.coded});
      packed.memory.insert(packed.memory.end(), form.bytes.begin(), form.bytes.end());
    }
  }
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
