// SPDX-License-Identifier: Apache-2.0
// Staging register of a group: the word of its chunk, of a POOL the greatest codes of its chunks so far.
//
// Timing    serve_i: word_i comes from its bank in this cycle and is in staged_o from the next one on.
// Numerics  codes are ordered as sign and magnitude: 0xff, which a POOL begins with, is the lowest. Of equal ones the first stays.
module wd_fetch_stage #(
  parameter int unsigned Chunk = wd_arch_pkg::Chunk
) (
  input  logic               clk_i,
  input  logic               pool_i,
  input  logic               begin_i,   // a tile begins
  input  logic               arrive_i,  // words of the chunk come
  input  logic               valid_i,   // the chunk has a word of this group
  input  logic               serve_i,   // which is among them
  input  logic [Chunk*8-1:0] word_i,
  output logic [Chunk*8-1:0] staged_o
);
  function automatic logic greater(input logic [7:0] a, input logic [7:0] b);
    logic above, below;
    above   = a[6:0] > b[6:0];
    below   = a[6:0] < b[6:0];
    greater = a[7] ? b[7] && below : above || (b[7] && (below || a[6:0] != 7'd0));
  endfunction

  always_ff @(posedge clk_i) begin
    if (pool_i) begin
      if (begin_i) staged_o <= '1;
      else if (arrive_i && serve_i)
        for (int unsigned i = 0; i < Chunk; i++)
          if (greater(word_i[i*8+:8], staged_o[i*8+:8])) staged_o[i*8+:8] <= word_i[i*8+:8];
    end else if (arrive_i) begin
      if (!valid_i) staged_o <= '0;
      else if (serve_i) staged_o <= word_i;
    end
  end
endmodule
