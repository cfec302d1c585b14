// SPDX-License-Identifier: Apache-2.0
// Watches the core and reports its tiles and convolutions to a trace. No hardware; free without a trace.
#pragma once

#include <systemc>

#include "sim/engine.hpp"
#include "sim/systemc/act_buffer.hpp"
#include "sim/systemc/bus.hpp"
#include "sim/systemc/organisation.hpp"
#include "sim/systemc/score_buffer.hpp"
#include "sim/systemc/sequencer.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

class Monitor : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, setup_i{"setup_i"}, run_i{"run_i"}, post_done_i{"post_done_i"};
  sc_core::sc_in<bool> pool_setup_i{"pool_setup_i"}, pool_run_i{"pool_run_i"}, pool_post_i{"pool_post_i"},
      elementwise_setup_i{"elementwise_setup_i"};
  BusIn<Tile> tile_i{"tile_i"};

  /// The blocks whose state is reported.
  struct Watched {
    const Sequencer& sequencer;
    const Organisation& organisation;
    const ActBuffer& act_buffer;
    const ScoreBuffer& score_buffer;
  };

  SC_HAS_PROCESS(Monitor);
  Monitor(sc_core::sc_module_name name, const arch::Arch& arch, const Watched& watched);
  void set_trace(Trace* trace) {
    trace_ = trace;
    traced_.notify(sc_core::SC_ZERO_TIME);
  }

 private:
  void clocked();
  void report_tile(std::uint64_t run_end_cycle);
  void report_conv();
  TileId tile_id() const;

  const arch::Arch arch_;
  const Watched watched_;
  Trace* trace_ = nullptr;
  sc_core::sc_event traced_;
  bool running_ = false, conv_done_ = false;
  std::uint64_t start_cycle_ = 0;
  Tile done_;  // the layer whose last word is written at the end of this cycle
};

}  // namespace wd::sim::systemc
