// SPDX-License-Identifier: Apache-2.0
// The table of the activation: 256 codes, in which the 16 codes of a pixel are looked up at once.
//
// Timing    combinational from codes_i to codes_o; a beat is in the table from the next cycle on.
module wd_post_table (
  input  logic         clk_i,
  input  logic         write_i,
  input  logic [3:0]   part_i,   // which 16 codes
  input  logic [127:0] beat_i,
  input  logic [127:0] codes_i,
  output logic [127:0] codes_o
);
  logic [2047:0] table_q;
  always_ff @(posedge clk_i) begin
    for (int unsigned part = 0; part < 16; part++)
      if (write_i && part_i == 4'(part)) table_q[part*128+:128] <= beat_i;
  end
  for (genvar i = 0; i < 16; i++) begin : g_code
    assign codes_o[i*8+:8] = table_q[{codes_i[i*8+:8], 3'd0}+:8];
  end
endmodule
