// SPDX-License-Identifier: Apache-2.0
// Selection in each lane: the place that its one-hot names, or zero.
//
// Shape     values_i: bit b of place i at b * Places + i; onehot_i: place i of lane l at i * Lanes + l; value_o: bit-major.
// Timing    combinational.
module wd_lanes_select #(
  parameter int unsigned Lanes  = 1,
  parameter int unsigned Places = 32,
  parameter int unsigned Bits   = 8
) (
  input  logic [Bits*Places-1:0]  values_i,
  input  logic [Places*Lanes-1:0] onehot_i,
  output logic [Bits*Lanes-1:0]   value_o
);
  if (Lanes == 1) begin : g_and_or
    always_comb begin
      for (int unsigned b = 0; b < Bits; b++) value_o[b] = |(values_i[b*Places+:Places] & onehot_i);
    end
  end else begin : g_places  // all lanes at once, place by place
    logic [Lanes-1:0] value;
    always_comb begin
      for (int unsigned b = 0; b < Bits; b++) begin
        value = '0;
        for (int unsigned i = 0; i < Places; i++) value = value | (onehot_i[i*Lanes+:Lanes] & {Lanes{values_i[b*Places+i]}});
        value_o[b*Lanes+:Lanes] = value;
      end
    end
  end
endmodule
