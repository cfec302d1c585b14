// SPDX-License-Identifier: Apache-2.0
// The weight decoder's table: takes the code words' lengths and symbols, and says whether they are a complete code.
//
// Shape     a burst's second beat: byte l - 1 = code words of length l. Then 16 symbols a beat, in the order of their code words.
// Timing    lengths_i, then check_i for CodeBits + 1 cycles, a length each; complete_o in the last of them.
// Test      testbench/rtl/decoder_test.cpp
module wd_decoder_table #(
  parameter  int unsigned Entries    = 32,
  parameter  int unsigned CodeBits   = 12,
  parameter  int unsigned SymbolBits = 9,
  localparam int unsigned PlaceBits  = $clog2(Entries)
) (
  input  logic                             clk_i,
  input  logic                             lengths_i,
  input  logic                             check_i,
  input  logic                             symbols_i,
  input  logic [2:0]                       at_i,       // beat of the symbols
  input  logic [127:0]                     beat_i,
  input  logic [7:0]                       entries_i,
  input  logic [1:0]                       planes_i,
  input  logic                             has_signs_i,
  input  logic [1:0]                       raw_log_i,
  output logic                             complete_o,
  output logic [CodeBits*(CodeBits+3)/2-1:0] ends_o,   // wd_decoder_unit
  output logic [CodeBits*PlaceBits-1:0]    offsets_o,
  output logic [Entries*SymbolBits-1:0]    symbols_o
);
  // Lengths pass from 1 on: the code word behind those so far, and their number.
  logic [8*CodeBits-1:0] counts_q;
  logic [CodeBits-1:0]   at_length_q;  // one-hot
  logic [CodeBits:0]     next_q, first, past;
  logic [11:0]           place_q;
  logic                  fits_q;
  assign first = {next_q[CodeBits-1:0], 1'b0};
  assign past  = first + (CodeBits + 1)'(counts_q[7:0]);
  logic clk;
`ifdef SYNTHESIS
  wd_icg u_icg (.clk_i, .en_i(lengths_i || check_i || symbols_i), .clk_o(clk));
`else
  assign clk = clk_i;
`endif
  always_ff @(posedge clk) begin
    if (lengths_i) begin
      counts_q    <= beat_i[8*CodeBits-1:0];
      at_length_q <= CodeBits'(1);
      next_q      <= '0;
      place_q     <= '0;
      fits_q      <= 1'b1;
    end else if (check_i) begin
      counts_q    <= counts_q >> 8;
      at_length_q <= at_length_q << 1;
      if (at_length_q != '0) begin
        next_q  <= past;
        place_q <= place_q + 12'(counts_q[7:0]);
      end
      // Code words must be left, and raw bits fit behind them. 2^length = 2 * at_length.
      if (past > {at_length_q, 1'b0} && at_length_q != '0) fits_q <= 1'b0;
      if (counts_q[7:0] != '0 && ((raw_log_i != 2'd0 && at_length_q[CodeBits-1]) || (raw_log_i[1] && at_length_q[CodeBits-2])
                                 || (raw_log_i == 2'd3 && at_length_q[CodeBits-3]))) fits_q <= 1'b0;
    end
  end
  for (genvar l = 1; l <= CodeBits; l++) begin : g_length
    logic [l:0]           end_q;
    logic [PlaceBits-1:0] offset_q;
    always_ff @(posedge clk) begin
      if (check_i && at_length_q[l-1]) begin
        end_q    <= past[l:0];
        offset_q <= PlaceBits'(place_q) - PlaceBits'(first);
      end
    end
    assign ends_o[(l-1)*(l+2)/2+:l+1]           = end_q;
    assign offsets_o[(l-1)*PlaceBits+:PlaceBits]  = offset_q;
  end
  // Behind the last length: a full code, or one code word of one bit.
  assign complete_o = fits_q && place_q == 12'(entries_i)
                   && (next_q[CodeBits] || (place_q == 12'd1 && next_q[CodeBits-1:0] == CodeBits'(1) << (CodeBits - 1)));

  localparam int unsigned ClassBits = SymbolBits - 4;
  for (genvar e = 0; e < Entries; e++) begin : g_symbol
    logic [7:0]           symbol, value;
    logic [ClassBits-1:0] run_class;
    logic [2:0]           level;
    logic [SymbolBits-1:0] symbol_q;
    assign symbol    = beat_i[(e%16)*8+:8];
    assign value     = has_signs_i ? symbol >> 1 : symbol;
    assign run_class = ClassBits'(value >> planes_i);
    assign level     = {value[2] && planes_i == 2'd3, value[1] && planes_i[1], value[0]};
    always_ff @(posedge clk) begin
      if (symbols_i && at_i == 3'(e / 16)) symbol_q <= {run_class, level, symbol[0] && has_signs_i};
    end
    assign symbols_o[e*SymbolBits+:SymbolBits] = symbol_q;
  end
endmodule
