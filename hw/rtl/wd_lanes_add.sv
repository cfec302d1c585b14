// SPDX-License-Identifier: Apache-2.0
// Adder of each lane.
//
// Shape     bit-major: bit b of lane l at b * Lanes + l.
// Timing    combinational.
module wd_lanes_add #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned Bits  = 8
) (
  input  logic [Bits*Lanes-1:0] a_i,
  input  logic [Bits*Lanes-1:0] b_i,
  input  logic [Lanes-1:0]      carry_i,
  output logic [Bits*Lanes-1:0] sum_o,
  output logic [Lanes-1:0]      carry_o
);
  if (Lanes == 1) begin : g_add  // one adder, which synthesis chooses: the carry enters at a place below
    logic unused;
    assign {carry_o, sum_o, unused} = {1'b0, a_i, 1'b1} + {1'b0, b_i, carry_i};
  end else begin : g_ripple      // all lanes at once, bit by bit: what a simulator does fastest
    logic [Lanes-1:0] differ;
    always_comb begin
      carry_o = carry_i;
      for (int unsigned b = 0; b < Bits; b++) begin
        differ                 = a_i[b*Lanes+:Lanes] ^ b_i[b*Lanes+:Lanes];
        sum_o[b*Lanes+:Lanes]  = differ ^ carry_o;
        carry_o                = (a_i[b*Lanes+:Lanes] & b_i[b*Lanes+:Lanes]) | (differ & carry_o);
      end
    end
  end
endmodule
