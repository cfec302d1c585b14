// SPDX-License-Identifier: Apache-2.0
// Word expander: turns the sparse weight stream into writes of whole rows.
//
// Shape     header beat: bit p = the word of PE p follows; then the present words, four to a beat.
// Timing    combinational from the beat to the write; one beat a cycle. The header writes zeros to
//           all lanes, the beats that follow write the present words over them. Of a coded burst it only counts rows.
// Test      testbench/rtl/expander_test.cpp
module wd_expander #(
  parameter  int unsigned Lanes    = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned WordBits = 2 * wd_arch_pkg::Chunk,
  parameter  int unsigned RowBits  = 1
) (
  input  logic                  clk_i,
  input  logic                  start_i,      // a burst begins
  input  logic [RowBits-1:0]    row_i,        // with its first row
  input  logic                  valid_i,
  input  logic [4*WordBits-1:0] beat_i,
  input  logic                  coded_row_i,  // the decoder writes a row
  output logic [RowBits-1:0]    row_o,
  output logic [Lanes-1:0]      lanes_o,
  output logic [Lanes*2-1:0]    lane_word_o,
  output logic [4*WordBits-1:0] words_o
);
  logic [Lanes-1:0]   present_q;  // words of the current row that are still to come
  logic [RowBits-1:0] row_q;
  logic               header_q;
  assign row_o   = row_q;
  assign words_o = header_q ? '0 : beat_i;

  // at_k[p]: at least k of the lanes 0 .. p are present. The counts are joined in log2(Lanes) levels: at each, the upper
  // half of a block of lanes adds what the last lane of the lower half has. Whole vectors, for the simulator's sake.
  localparam int unsigned Levels = $clog2(Lanes);
  logic [(Levels+1)*Lanes-1:0] joined_1 /* verilator split_var */;  // by level
  logic [(Levels+1)*Lanes-1:0] joined_2 /* verilator split_var */;
  logic [(Levels+1)*Lanes-1:0] joined_3 /* verilator split_var */;
  logic [(Levels+1)*Lanes-1:0] joined_4 /* verilator split_var */;
  assign joined_1[Lanes-1:0] = present_q;
  assign joined_2[Lanes-1:0] = '0;
  assign joined_3[Lanes-1:0] = '0;
  assign joined_4[Lanes-1:0] = '0;
  for (genvar level = 0; level < Levels; level++) begin : g_level
    localparam int unsigned Half = 1 << level;
    // The last lanes of lower halves. A constant of its own: Yosys widens an expression that is replicated.
    localparam logic [2*Half-1:0] LastOfLower = (2 * Half)'(1) << (Half - 1);
    localparam logic [Lanes-1:0]  Last        = Lanes'({(Lanes / (2 * Half) + 1){LastOfLower}});
    logic [Lanes-1:0] own_1, own_2, own_3, own_4, low_1, low_2, low_3, low_4;
    assign own_1 = joined_1[level*Lanes+:Lanes];
    assign own_2 = joined_2[level*Lanes+:Lanes];
    assign own_3 = joined_3[level*Lanes+:Lanes];
    assign own_4 = joined_4[level*Lanes+:Lanes];
    always_comb begin
      low_1 = (own_1 & Last) << 1;
      low_2 = (own_2 & Last) << 1;
      low_3 = (own_3 & Last) << 1;
      low_4 = (own_4 & Last) << 1;
      for (int i = 0; i < level; i++) begin
        low_1 = low_1 | low_1 << (1 << i);
        low_2 = low_2 | low_2 << (1 << i);
        low_3 = low_3 | low_3 << (1 << i);
        low_4 = low_4 | low_4 << (1 << i);
      end
    end
    assign joined_1[(level+1)*Lanes+:Lanes] = own_1 | low_1;
    assign joined_2[(level+1)*Lanes+:Lanes] = own_2 | own_1 & low_1 | low_2;
    assign joined_3[(level+1)*Lanes+:Lanes] = own_3 | own_2 & low_1 | own_1 & low_2 | low_3;
    assign joined_4[(level+1)*Lanes+:Lanes] = own_4 | own_3 & low_1 | own_2 & low_2 | own_1 & low_3 | low_4;
  end

  logic [Lanes-1:0] at_1, at_2, at_3, at_4;
  assign at_1 = joined_1[Levels*Lanes+:Lanes];
  assign at_2 = joined_2[Levels*Lanes+:Lanes];
  assign at_3 = joined_3[Levels*Lanes+:Lanes];
  assign at_4 = joined_4[Levels*Lanes+:Lanes];

  // A lane takes the word whose number is the count of lanes present below it: one of this beat if that is less than 4.
  logic [Lanes-1:0] below_1, below_2, below_3, below_4, rest;
  assign below_1 = at_1 << 1;
  assign below_2 = at_2 << 1;
  assign below_3 = at_3 << 1;
  assign below_4 = at_4 << 1;
  assign lanes_o = !valid_i ? '0 : header_q ? '1 : present_q & ~below_4;
  assign rest    = header_q ? beat_i[Lanes-1:0] : present_q & below_4;
  always_comb begin
    for (int unsigned p = 0; p < Lanes; p++)
      lane_word_o[p*2+:2] = header_q ? 2'd0 : {below_2[p], below_3[p] || (below_1[p] && !below_2[p])};
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      header_q <= 1'b1;
      row_q    <= row_i;
    end else if (valid_i) begin
      header_q  <= rest == '0;
      present_q <= rest;
      if (rest == '0) row_q <= row_q + RowBits'(1);
    end else if (coded_row_i) begin
      row_q <= row_q + RowBits'(1);
    end
  end
endmodule
