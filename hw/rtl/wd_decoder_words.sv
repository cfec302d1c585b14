// SPDX-License-Identifier: Apache-2.0
// Hands the next words of a burst to the decoders that ask, in their order, at most a beat's in a step.
//
// Timing    combinational. rank: how many below ask too.
// Test      testbench/rtl/decoder_test.cpp
module wd_decoder_words #(
  parameter int unsigned Decoders = 32
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
  localparam int unsigned Levels = $clog2(Decoders), Bits = $clog2(Decoders + 1) > 4 ? $clog2(Decoders + 1) : 5;  // `all` is compared with 8
  logic [(Levels+1)*Decoders*Bits-1:0] counts /* verilator split_var */;
  logic [8*16-1:0] next;
  logic [Bits-1:0] all;
  for (genvar d = 0; d < Decoders; d++) begin : g_asks
    assign counts[d*Bits+:Bits] = Bits'(asks_i[d]);
  end
  for (genvar level = 0; level < Levels; level++) begin : g_level
    for (genvar d = 0; d < Decoders; d++) begin : g_sum
      if (d >= 1 << level) begin : g_add
        assign counts[((level+1)*Decoders+d)*Bits+:Bits] = counts[(level*Decoders+d)*Bits+:Bits] + counts[(level*Decoders+d-(1<<level))*Bits+:Bits];
      end else begin : g_keep
        assign counts[((level+1)*Decoders+d)*Bits+:Bits] = counts[(level*Decoders+d)*Bits+:Bits];
      end
    end
  end
  for (genvar w = 0; w < 8; w++) begin : g_word
    assign next[w*16+:16] = beats_i[(32'(used_i)+w)*16+:16];
  end
  for (genvar d = 0; d < Decoders; d++) begin : g_decoder
    logic [Bits-1:0] rank;
    if (d == 0) begin : g_zero
      assign rank = '0;
    end else begin : g_rank
      assign rank = counts[(Levels*Decoders+d-1)*Bits+:Bits];
    end
    assign granted_o[d]        = asks_i[d] && rank < Bits'(most_i);
    assign words_o[d*16+:16]   = next[32'(rank[2:0])*16+:16];
  end
  assign all     = counts[(Levels*Decoders+Decoders-1)*Bits+:Bits];
  assign count_o = all < Bits'(most_i) ? 4'(all) : most_i;
endmodule
