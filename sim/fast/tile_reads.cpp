// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/tile_reads.hpp"

#include "base/integer.hpp"
#include "hw/formats/program/geometry.hpp"

namespace wd::sim::fast {
namespace {

/// Of each sub-read at a kernel position, the banks that are read.
std::vector<std::uint32_t> sub_read_banks(const arch::Instr& instr, int tile, int position,
                                          const arch::Arch& arch) {
  std::vector<std::uint32_t> banks;
  std::vector<std::size_t> needs(index(arch.groups()));
  for (int group = 0; group < arch.groups(); ++group)
    if (const auto in = program::operand_pixel(instr, tile, group, position, arch)) {
      const int bank = program::pixel_bank(program::input_place(instr), in->y, in->x, arch);
      const std::size_t turn = needs[index(bank)]++;
      if (turn == banks.size()) banks.push_back(0);
      banks[turn] |= 1u << bank;
    }
  return banks;
}

/// The cycle of a channel block's POST in which row `result` of the tile's output pixels makes its step.
int step_cycle(const arch::Instr& instr, int result, const arch::Arch& arch) {
  const int every = program::block_steps(instr, arch) / program::block_results(instr, arch);
  return instr.lookup ? result * every : (result + 1) * every - 1;
}

}  // namespace

std::vector<std::uint32_t> fetch_starts(const RowTimes& times, const arch::Instr& conv,
                                        const arch::Arch& arch) {
  const std::size_t chunks = index(program::walked_rows(conv, arch) / conv.planes),
                    rows = times.issue.size() / chunks;
  std::vector<std::uint32_t> starts(chunks, 0);
  for (std::size_t chunk = 1; chunk < chunks; ++chunk) starts[chunk] = times.issue[(chunk - 1) * rows];
  return starts;
}

void tell_fetches(BurstTimes& bursts, const arch::Instr& instr, int tile, std::uint64_t run,
                  std::span<const std::uint32_t> starts, const arch::Arch& arch) {
  const std::size_t positions = index(program::tile_positions(instr)), words = starts.size() / positions;
  for (std::size_t position = 0; position < positions && bursts.store_pending(); ++position) {
    const std::vector<std::uint32_t> banks = sub_read_banks(instr, tile, static_cast<int>(position), arch);
    for (std::size_t chunk = position * words; chunk < (position + 1) * words; ++chunk)
      for (std::size_t sub = 0; sub < banks.size(); ++sub)
        bursts.tiles_read(run + starts[chunk] + sub, banks[sub]);
  }
}

void tell_post_reads(BurstTimes& bursts, const arch::Instr& instr, int tile, int blocks, std::uint64_t post,
                     const arch::Arch& arch) {
  const bool input = instr.operation() == arch::Op::Elementwise;
  if (!input && !instr.residual) return;
  const int rows = program::block_results(instr, arch);
  std::vector<std::uint32_t> banks(index(rows), 0);  // of each row of output pixels
  for (int group = 0; group < rows * arch.groups_x; ++group)
    if (program::group_pixel(instr, tile, group, arch)) banks[index(group / arch.groups_x)] |= 1u << group;
  std::uint32_t residual = 0;  // of the step in the cycle before
  std::uint64_t cycle = post;
  for (int block = 0; block < blocks && bursts.store_pending(); ++block)
    for (int step = 0, row = 0; step < program::block_steps(instr, arch); ++step, ++cycle) {
      const bool steps = row < rows && step == step_cycle(instr, row, arch);
      const std::uint32_t now = steps ? banks[index(row++)] : 0;
      bursts.tiles_read(cycle, (input ? now : 0) | residual);
      residual = instr.residual ? now : 0;
    }
  bursts.tiles_read(cycle, residual);
}

}  // namespace wd::sim::fast
