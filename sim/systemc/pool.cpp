// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/pool.hpp"

#include <bit>

namespace wd::sim::systemc {

Pool::Pool(sc_core::sc_module_name name) : sc_module(name) {
  SC_METHOD(drive);
  sensitive << post_i;
  dont_initialize();
  SC_METHOD(clocked);
  sensitive << clk_i.pos();
  dont_initialize();
}

std::uint32_t Pool::inside() const {
  if (tile_i->read().transpose()) return (1u << groups) - 1;
  std::uint32_t bits = 0;
  for (int group = 0; group < groups; ++group) bits |= std::uint32_t{tile_i->read().inside(group)} << group;
  return bits;
}

/// Combinational.
void Pool::drive() {
  BankWrite& write = write_o->next();
  write.enable = post_i ? inside() : 0;
  if (!post_i) return;
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

void Pool::clocked() { writes_o.write(post_i ? static_cast<std::uint32_t>(std::popcount(inside())) : 0); }

}  // namespace wd::sim::systemc
