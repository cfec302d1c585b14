// SPDX-License-Identifier: Apache-2.0
// A column of pixels in the post unit: the sums of a step, and the instruction's fields beside its lanes.
//
// What      registers of its own, so that none of them reaches all lanes. Of a pooled CONV it adds up the sums of its groups, and
//           then those of other columns.
// Shape     sums_i: bit k of PE p of the column's group in row r at (r * AccBits + k) * PesPerGroup + p; acc_o: channel-major.
// Timing    steps are the cycles of step_i, one after another; in one with hold_i the next is the same again; acc_o: the sums of the step before. With pooled_i, in cycles of step_i:
//           skip_i goes two rows on, back_i one back; add_i adds to the sums before, other_i takes another column's.
// Numerics  each sum has SumBias on top of its value, and so has a total: what is added first takes the others' bias off.
module wd_post_column #(
  parameter  int unsigned PesPerGroup = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned AccBits     = wd_arch_pkg::AccBits,
  parameter  int unsigned FieldBits   = 15,
  parameter  logic [AccBits-1:0] SumBias = '0,
  localparam int unsigned Block       = wd_arch_pkg::Block,
  localparam int unsigned Steps       = PesPerGroup / Block * 4
) (
  input  logic                             clk_i,
  input  logic                             clk_post_i,  // in POST only
  input  logic                             step_i,
  input  logic                             hold_i,
  input  logic                             pooled_i,
  input  logic                             skip_i,
  input  logic                             back_i,
  input  logic                             add_i,
  input  logic                             other_i,
  input  logic [3:0]                       images_i,   // 2, 4, 8 or 16, one-hot
  input  logic [4*AccBits*PesPerGroup-1:0] sums_i,
  input  logic [Block*AccBits-1:0]         other_acc_i,
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
  always_ff @(posedge clk_i) begin
    if (!step_i) step_q <= Steps'(1);
    else if (!other_i && !hold_i) step_q <= skip_i ? step_q << 2 : back_i ? step_q >> 1 : step_q << 1;
  end

  // 16 / images groups make a total, in columns that begin with `first` each.
  localparam logic [AccBits-1:0] Quarter = SumBias >> 2;
  logic [AccBits-1:0] first;
  assign first = !pooled_i || images_i[3] ? '0
               : images_i[2] ? -(Quarter << 2)                  // a column of 2 groups: -1 bias
               : images_i[1] ? -(Quarter << 2) - (Quarter << 3) // a column of 4: -3
               : images_i[0] ? (Quarter << 1) - (Quarter << 4)  // 2 columns of 4: -7, half in each
               : Quarter - (Quarter << 4);                      // 4 columns of 4: -15, a quarter in each
  logic [Block*AccBits-1:0] sum;
  always_comb begin
    for (int unsigned c = 0; c < Block; c++)
      sum[c*AccBits+:AccBits] = (other_i ? other_acc_i[c*AccBits+:AccBits] : selected[c*AccBits+:AccBits])
                              + (add_i ? acc_o[c*AccBits+:AccBits] : first);
  end
  always_ff @(posedge clk_post_i) begin
    if (step_i) acc_o <= sum;
    fields_o <= fields_i;
  end
endmodule
