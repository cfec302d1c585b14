// SPDX-License-Identifier: Apache-2.0
// Word expander: turns the sparse weight stream into writes of whole rows.
//
// Shape     header beat: bit p = the word of PE p follows; then the present words, four to a beat.
// Timing    combinational from the beat to the write; one beat a cycle. The header writes zeros to
//           all lanes, the beats that follow write the present words over them.
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
  logic [Lanes-1:0]   present_q, rest;  // words of the current row that are still to come
  logic [RowBits-1:0] row_q;
  logic               header;
  logic [2:0]         used;
  assign header  = present_q == '0;
  assign row_o   = row_q;
  assign words_o = header ? '0 : beat_i;

  always_comb begin
    lanes_o     = '0;
    lane_word_o = '0;
    rest        = present_q;
    used        = 3'd0;
    if (valid_i) begin
      if (header) begin
        lanes_o = '1;
        rest    = beat_i[Lanes-1:0];
      end else begin
        for (int unsigned p = 0; p < Lanes; p++) begin
          if (present_q[p] && !used[2]) begin
            lanes_o[p]           = 1'b1;
            lane_word_o[p*2+:2]  = used[1:0];
            rest[p]              = 1'b0;
            used                 = used + 3'd1;
          end
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      present_q <= '0;
      row_q     <= row_i;
    end else if (valid_i) begin
      present_q <= rest;
      if (rest == '0) row_q <= row_q + RowBits'(1);
    end
  end
endmodule
