// SPDX-License-Identifier: Apache-2.0
// Turns the sums of a tile, or an ELEMENTWISE's input, into activations or scores: 16 channels of 4 pixels a cycle.
//
// What      of a pooled CONV's pixel several groups have parts of the sum: they are added in the cycles before its step.
// Timing    step i reads norms and input words in POST cycle i, residual words one later: both lie in the same banks. It passes post_stages stages, one a cycle: 1 acc to
//           FP16, 2 and 3 fma, 4 residual add, 5 rounding, 6 activation, FP8 conversion and write. done_o is high in the
//           last cycle. A tile's steps pass the stages beside the next tile of its instruction.
//           With a table a step begins in every fourth cycle, and its pixels are looked up and written one after the
//           other in the four cycles behind its last stage.
// Numerics  hw/numerics/post.hpp. Stages only hand a step on: all of its arithmetic is done as it leaves the last one, by post_kernels.hpp.
// Test      program_test.cpp
#pragma once

#include <systemc>

#include "sim/systemc/bus.hpp"
#include "sim/systemc/organisation.hpp"
#include "sim/systemc/score_buffer.hpp"
#include "sim/systemc/types.hpp"

namespace wd::sim::systemc {

class Post : public sc_core::sc_module, public ActivityIf {
 public:
  sc_core::sc_in<bool> clk_i{"clk_i"}, setup_i{"setup_i"}, elementwise_setup_i{"elementwise_setup_i"},
      post_i{"post_i"};
  BusIn<Tile> tile_i{"tile_i"};
  sc_core::sc_port<SumReadIf> sums_i{"sums_i"};
  sc_core::sc_out<bool> norm_read_o{"norm_read_o"};
  sc_core::sc_out<std::uint32_t> norm_row_o{"norm_row_o"};
  BusIn<NormRow> norms_i{"norms_i"};
  sc_core::sc_in<bool> beat_valid_i{"beat_valid_i"};
  BusIn<DmaBeat> beat_i{"beat_i"};  // of the table
  BusOut<BankRead> read_o{"read_o"};
  BusIn<BankData> words_i{"words_i"};
  BusOut<BankWrite> write_o{"write_o"};
  sc_core::sc_port<ScoreWriteIf> scores_o{"scores_o"};
  sc_core::sc_out<bool> read_done_o{"read_done_o"};  // in the cycle of a tile's last step
  sc_core::sc_out<bool> done_o{"done_o"};            // in that of its write, if POST waits for it

  SC_HAS_PROCESS(Post);
  Post(sc_core::sc_module_name name, const arch::Arch& arch);

  const arch::Counters& activity() const override { return activity_; }

 private:
  using Values = std::array<double, arch::block>;
  /// What a pipeline register holds: one step, with what it is computed from as far as it is read.
  struct Stage {
    bool valid = false;
    int block = 0, row = 0;        // channel block, row of pixels
    std::uint32_t inside = 0;      // groups of the row whose pixel lies inside the tensor
    int out_row = 0, res_row = 0;  // activation rows of its words
    std::array<Values, group_columns> acc{};
    std::array<ActWord, group_columns> residual{};
    Values gamma{}, beta{};
  };

  /// A cycle of POST: which channel block and row of pixels it makes a result of, if any.
  struct Step {
    bool valid = false;
    int block = 0, row = 0;
  };

  void drive();
  Step step() const;
  void request(const Step& step);
  unsigned request_words(std::uint32_t groups_inside, int act_row);
  Stage enter(const Step& step) const;
  void finish(const Stage& stage);
  void write_scores(const Stage& stage);
  void write_word(const Stage& stage, int column);
  /// The norm of each channel of a pixel.
  std::pair<Values, Values> pixel_norm(const Stage& stage, int column) const;
  double unit() const;
  void clocked();
  void step_pipeline();
  void load_table();
  void hold();
  void take_words(Stage& stage) const;
  void take_residual(Stage& stage) const;
  bool busy() const;

  const arch::Arch arch_;
  sc_core::sc_event changed_;
  int cycle_ = 0;                              // of POST, of a tile
  int block_cycles_ = group_rows, steps_ = 0;  // cycles of a channel block, of all
  /// The step that is in stage s + 1.
  Stage& stage(int s) { return ring_[static_cast<std::size_t>(first_ + s) % ring_.size()]; }

  std::array<Stage, arch::post_stages> ring_;
  int first_ = 0;                          // where in the ring stage 1 is
  std::array<std::uint8_t, 256> table_{};  // of the activation
  Stage held_;                             // a step whose pixels are looked up
  int held_column_ = -1;                   // the one of this cycle; -1: none
  arch::Counters now_;                     // what happens in this cycle
  arch::Counters activity_;
};

}  // namespace wd::sim::systemc
