// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/pool.hpp"

#include <bit>

namespace wd::sim::systemc {

Pool::Pool(sc_core::sc_module_name name) : sc_module(name) {
  SC_METHOD(drive);
  sensitive << post_i;
  dont_initialize();
}

std::uint32_t Pool::inside() const {
  if (tile_i->read().transpose()) return (1u << groups) - 1;
  std::uint32_t bits = 0;
  for (int group = 0; group < groups; ++group) bits |= std::uint32_t{tile_i->read().inside(group)} << group;
  return bits;
}

/// Combinational: once in a POST cycle, when it begins, and once behind it.
void Pool::drive() {
  BankWrite& write = write_o->next();
  write.enable = post_i ? inside() : 0;
  if (!post_i) return;
  activity_.act_writes += static_cast<unsigned>(std::popcount(write.enable));
  const Tile& tile = tile_i->read();
  const BankData& staged = staged_i->read().acts;
  if (tile.transpose()) {
    write.row.fill(tile.conv.out_base + tile.t * tile.conv.out_rows + tile.oc);
    for (std::size_t bank = 0; bank < banks; ++bank)
      for (std::size_t lane = 0; lane < chunk; ++lane) write.data[bank][lane] = staged[lane][bank];
    return;
  }
  write.row.fill(tile.output_row(tile.oc));
  write.data = staged;
}

}  // namespace wd::sim::systemc
