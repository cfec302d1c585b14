// SPDX-License-Identifier: Apache-2.0
#include "compiler/emit_stripes.hpp"

#include <algorithm>

#include "base/integer.hpp"
#include "hw/formats/program/geometry.hpp"

namespace wd::compiler {

using arch::Instr;
using arch::Op;

StripeInstrs::StripeInstrs(const Stripes& stripes, const arch::Arch& arch)
    : stripes_(stripes), arch_(arch), scratch_(stripes.graph.values.size(), -1) {
  for (const StripeGroup& group : stripes.layout.groups)
    for (const int v : group.to_memory) {
      if (scratch_[index(v)] >= 0) continue;
      scratch_[index(v)] = scratch_beats_;
      scratch_beats_ += value(v).beats();
    }
}

StripeInstrs::Place StripeInstrs::place(std::size_t group, int v, int row, int word) const {
  const StripeRing& ring = stripes_.layout.ring(group, v);
  return {ring.first + word * ring.pitch + row % ring.rows * value(v).width / arch_.groups(), ring.pitch};
}

void StripeInstrs::set_rows(Instr& instr, const Run& run) const {
  const StripeLayer& layer = stripes_.graph.layers[index(run.layer)];
  set_input(instr, run, layer);
  if (layer.output < 0) return;
  instr.out_h = run.rows.count();
  instr.tiles = program::pixel_rows(instr.out_h, instr.out_w, arch_);
  const int slices = stripes_.layout.groups[run.group].shape.slices;
  const int tiles = program::channel_tiles(value(layer.output).blocks, arch_);
  const int word = (run.first_tile - tiles / slices * run.slice) * arch_.pes_per_group / arch_.chunk;
  const Place output = place(run.group, layer.output, run.rows.first, word);
  instr.out_base = output.base;
  instr.out_rows = output.pitch;
  if (layer.residual < 0) return;
  const Place residual = place(run.group, layer.residual, run.rows.first, word);
  instr.res_base = residual.base;
  instr.res_rows = residual.pitch;
}

void StripeInstrs::set_input(Instr& instr, const Run& run, const StripeLayer& layer) const {
  const StripeRing& ring = stripes_.layout.ring(run.group, layer.input);
  instr.in_rows = ring.pitch;
  if (instr.operation() == Op::Elementwise) {
    const int word = run.first_tile * arch_.pes_per_group / arch_.chunk;
    instr.in_base = place(run.group, layer.input, run.rows.first, word).base;
    return;
  }
  const RowRange rows = layer.needs(run.rows);
  const int slot = rows.first % ring.rows, pixel = slot * value(layer.input).width;
  instr.in_h = rows.count();
  instr.in_base = ring.first + pixel / arch_.groups();
  instr.in_offset = pixel % arch_.groups();
  instr.in_wrap = slot + rows.count() > ring.rows ? ring.rows - slot : 0;
  instr.pad_y = std::max(0, instr.pad_y - run.rows.first * instr.stride);
}

Instr StripeInstrs::burst_of(Op op, const RowBurst& burst, std::int64_t input, std::int64_t scratch) const {
  const StripeValue& of = value(burst.value);
  const Place at = place(burst.group, burst.value, burst.rows.first, 0);
  Instr instr = arch::make(op);
  instr.in_h = burst.rows.count();
  instr.in_w = of.width;
  instr.in_blocks = of.blocks / burst.slices;
  instr.in_rows = at.pitch;
  if (op == Op::LoadTensor)
    instr.out_base = at.base;
  else
    instr.in_base = at.base;
  instr.count = instr.in_h * instr.in_w * instr.in_blocks;
  const std::int64_t first = of.writer < 0 ? input : scratch + scratch_[index(burst.value)];
  instr.mem_addr =
      static_cast<int>(first + of.beats(0, burst.rows.first) + std::int64_t{burst.slice} * instr.count);
  return instr;
}

Instr StripeInstrs::load(const RowBurst& burst, std::int64_t input, std::int64_t scratch) const {
  return burst_of(Op::LoadTensor, burst, input, scratch);
}

Instr StripeInstrs::store(const RowBurst& burst, std::int64_t input, std::int64_t scratch) const {
  return burst_of(Op::StoreTensor, burst, input, scratch);
}

}  // namespace wd::compiler
