// SPDX-License-Identifier: Apache-2.0
// Hands the next words of a burst to the decoders that ask, in their order, at most a beat's in a step.
//
// Timing    combinational. rank: how many below ask too.
// Test      testbench/rtl/decoder_test.cpp
module wd_decoder_words #(
  parameter int unsigned Decoders = 16
) (
  input  logic [Decoders-1:0]    asks_i,
  input  logic [3:0]             most_i,     // words that there are for this step, at most 8
  input  logic [2:0]             used_i,     // of the first beat
  input  logic [255:0]           beats_i,    // the next two
  output logic [Decoders-1:0]    granted_o,
  output logic [16*Decoders-1:0] words_o,
  output logic [3:0]             count_o
);
  // A Kogge-Stone sum: counts of up to 2^level askers, this one included.
  localparam int unsigned Levels = $clog2(Decoders);
  logic [(Levels+1)*Decoders*5-1:0] counts /* verilator split_var */;
  logic [8*16-1:0] next;
  logic [4:0]      all;
  for (genvar d = 0; d < Decoders; d++) begin : g_asks
    assign counts[d*5+:5] = 5'(asks_i[d]);
  end
  for (genvar level = 0; level < Levels; level++) begin : g_level
    for (genvar d = 0; d < Decoders; d++) begin : g_sum
      if (d >= 1 << level) begin : g_add
        assign counts[((level+1)*Decoders+d)*5+:5] = counts[(level*Decoders+d)*5+:5] + counts[(level*Decoders+d-(1<<level))*5+:5];
      end else begin : g_keep
        assign counts[((level+1)*Decoders+d)*5+:5] = counts[(level*Decoders+d)*5+:5];
      end
    end
  end
  for (genvar w = 0; w < 8; w++) begin : g_word
    assign next[w*16+:16] = beats_i[(32'(used_i)+w)*16+:16];
  end
  for (genvar d = 0; d < Decoders; d++) begin : g_decoder
    logic [4:0] rank;
    if (d == 0) begin : g_zero
      assign rank = '0;
    end else begin : g_rank
      assign rank = counts[(Levels*Decoders+d-1)*5+:5];
    end
    assign granted_o[d]        = asks_i[d] && rank < 5'(most_i);
    assign words_o[d*16+:16]   = next[32'(rank[2:0])*16+:16];
  end
  assign all     = counts[(Levels*Decoders+Decoders-1)*5+:5];
  assign count_o = all < 5'(most_i) ? 4'(all) : most_i;
endmodule
