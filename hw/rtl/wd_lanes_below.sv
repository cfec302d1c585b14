// SPDX-License-Identifier: Apache-2.0
// Of each lane, for each bit: all bits below it are set.
//
// Shape     bit-major: bit b of lane l at b * Lanes + l.
// Timing    combinational.
module wd_lanes_below #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned Bits  = 8
) (
  input  logic [Bits*Lanes-1:0] set_i,
  output logic [Bits*Lanes-1:0] below_o
);
  if (Lanes == 1) begin : g_trees
    assign below_o[0] = 1'b1;
    for (genvar b = 1; b < Bits; b++) begin : g_bit
      assign below_o[b] = &set_i[b-1:0];
    end
  end else begin : g_chain  // all lanes at once
    logic [Lanes-1:0] all;
    always_comb begin
      all = '1;
      for (int unsigned b = 0; b < Bits; b++) begin
        below_o[b*Lanes+:Lanes] = all;
        all                     = all & set_i[b*Lanes+:Lanes];
      end
    end
  end
  logic unused;
  assign unused = &{1'b0, set_i[Bits*Lanes-1-:Lanes]};
endmodule
