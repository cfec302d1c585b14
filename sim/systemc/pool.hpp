// SPDX-License-Identifier: Apache-2.0
// Writes what the fetch has staged: the greatest codes of a POOL's tile, the transposed words of a TRANSPOSE's.
//
// Shape     16 words: a POOL's of group g to bank g; of a TRANSPOSE lane g of all words to bank g.
// Timing    all in the tile's POST cycle, the one with post_i: no clock of its own.
#pragma once

#include <systemc>

#include "sim/systemc/bus.hpp"
#include "sim/systemc/counters.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

class Pool : public sc_core::sc_module, public ActivityIf {
 public:
  sc_core::sc_in<bool> post_i{"post_i"};
  BusIn<Tile> tile_i{"tile_i"};
  BusIn<StagedChunk> staged_i{"staged_i"};
  BusOut<BankWrite> write_o{"write_o"};

  SC_HAS_PROCESS(Pool);
  explicit Pool(sc_core::sc_module_name name);

  const arch::Counters& activity() const override { return activity_; }

 private:
  void drive();
  std::uint32_t inside() const;  // groups whose pixel lies inside the tensor; all of a TRANSPOSE

  arch::Counters activity_;
};

}  // namespace wd::sim::systemc
