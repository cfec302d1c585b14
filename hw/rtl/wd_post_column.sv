// SPDX-License-Identifier: Apache-2.0
// A column of pixels in the post unit: the sums of a step, and the instruction's fields beside its lanes.
//
// What      registers of its own, so that none of them reaches all lanes.
// Shape     sums_i: bit k of PE p of the column's group in row r at (r * AccBits + k) * PesPerGroup + p; acc_o: channel-major.
// Timing    steps are the cycles of step_i, one after another; acc_o: the sums of the step before.
module wd_post_column #(
  parameter  int unsigned PesPerGroup = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned AccBits     = wd_arch_pkg::AccBits,
  parameter  int unsigned FieldBits   = 15,
  localparam int unsigned Block       = wd_arch_pkg::Block,
  localparam int unsigned Steps       = PesPerGroup / Block * 4
) (
  input  logic                             clk_i,
  input  logic                             clk_post_i,  // in POST only
  input  logic                             step_i,
  input  logic [4*AccBits*PesPerGroup-1:0] sums_i,
  output logic [Block*AccBits-1:0]         acc_o,
  input  logic [FieldBits-1:0]             fields_i,
  output logic [FieldBits-1:0]             fields_o
);
  logic [Steps-1:0]         step_q;  // one-hot: channel block, row
  logic [AccBits*Block-1:0] chosen;  // bit-major
  logic [Block*AccBits-1:0] selected;
  always_comb begin
    chosen   = '0;
    selected = '0;
`ifndef SYNTHESIS
    if (step_i)  // spares the simulator the selection; gates would only toggle
`endif
    begin
      for (int unsigned s = 0; s < Steps; s++)
        if (step_q[s])
          for (int unsigned k = 0; k < AccBits; k++)
            chosen[k*Block+:Block] = chosen[k*Block+:Block] | sums_i[(s % 4 * AccBits + k) * PesPerGroup + s / 4 * Block+:Block];
      for (int unsigned c = 0; c < Block; c++)
        for (int unsigned k = 0; k < AccBits; k++) selected[c*AccBits+k] = chosen[k*Block+c];
    end
  end
  always_ff @(posedge clk_i) step_q <= step_i ? step_q << 1 : Steps'(1);
  always_ff @(posedge clk_post_i) begin
    if (step_i) acc_o <= selected;
    fields_o <= fields_i;
  end
endmodule
