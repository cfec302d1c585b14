// SPDX-License-Identifier: Apache-2.0
// Word expander: turns the sparse weight stream into writes of whole rows.
//
// Shape     header beat: bit p = the word of PE p follows; then the present words, four to a beat.
// Timing    combinational from the beat to the write; one beat a cycle. The header writes zeros to
//           all lanes, the beats that follow write the present words over them.
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
  // half of a block of lanes adds what the last lane of the lower half has.
  logic [Lanes-1:0] at_1, at_2, at_3, at_4;
  always_comb begin
    at_1 = present_q;
    {at_2, at_3, at_4} = '0;
    for (int unsigned level = 0; level < $clog2(Lanes); level++) begin
      for (int unsigned p = 0; p < Lanes; p++) begin
        if ((p >> level) % 2 == 1) begin
          at_4[p] = at_4[p] | at_3[p] & at_1[(p>>level<<level)-1] | at_2[p] & at_2[(p>>level<<level)-1]
                  | at_1[p] & at_3[(p>>level<<level)-1] | at_4[(p>>level<<level)-1];
          at_3[p] = at_3[p] | at_2[p] & at_1[(p>>level<<level)-1] | at_1[p] & at_2[(p>>level<<level)-1]
                  | at_3[(p>>level<<level)-1];
          at_2[p] = at_2[p] | at_1[p] & at_1[(p>>level<<level)-1] | at_2[(p>>level<<level)-1];
          at_1[p] = at_1[p] | at_1[(p>>level<<level)-1];
        end
      end
    end
  end

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
    end
  end
endmodule
