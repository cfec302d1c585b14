// SPDX-License-Identifier: Apache-2.0
// What works on a bit of all lanes at once, and its form of one lane for synthesis, against plain arithmetic.
//
// Proves    adder, accumulator and selection of each lane are +, +- and an indexed read; carries leave where sums overflow; `below` is an AND of the bits below.
// Modules   wd_lanes_add wd_lanes_accumulate wd_lanes_below wd_lanes_select
// Runs      Bits=7; Bits=7 Lanes=3; Bits=14; Bits=1
// Depth     1
// Planted   wd_lanes_accumulate: passes  = turned | magnitude_i -> passes  = turned ^ magnitude_i & sum_i
// Planted   wd_lanes_add: 1'b0, b_i, carry_i} -> 1'b0, b_i, 1'b0}
// Planted   wd_lanes_select: values_i[b*Places+:Places] -> values_i[b*Places+1+:Places]
module lanes #(
  parameter int unsigned Lanes  = 1,
  parameter int unsigned Bits   = 7,
  parameter int unsigned Places = 8
) (
  input logic [Bits*Lanes-1:0]  a_i,
  input logic [Bits*Lanes-1:0]  b_i,
  input logic [Lanes-1:0]       carry_i,
  input logic [Lanes-1:0]       negative_i,
  input logic [Bits*Places-1:0] values_i,
  input logic [2:0]             place_i,
  input logic [Lanes-1:0]       picks_i
);
  logic [Bits*Lanes-1:0]   added, accumulated, carries, below, chosen;
  logic [Lanes-1:0]        add_carry;
  logic [Places*Lanes-1:0] onehot;
  wd_lanes_add #(.Lanes(Lanes), .Bits(Bits)) u_add (.a_i, .b_i, .carry_i, .sum_o(added), .carry_o(add_carry));
  wd_lanes_below #(.Lanes(Lanes), .Bits(Bits)) u_below (.set_i(a_i), .below_o(below));
  wd_lanes_select #(.Lanes(Lanes), .Places(Places), .Bits(Bits)) u_select (.values_i, .onehot_i(onehot), .value_o(chosen));
  if (Bits > 1) begin : g_accumulate
    wd_lanes_accumulate #(.Lanes(Lanes), .Bits(Bits)) u_accumulate (
      .sum_i(a_i), .magnitude_i(b_i), .negative_i, .carry_i, .sum_o(accumulated), .carries_o(carries)
    );
  end
  for (genvar l = 0; l < Lanes; l++) begin : g_lane
    logic [Bits-1:0] a, b, sum, add, under, value, plain;
    logic [2:0]      place;
    assign place = place_i + 3'(l);  // another place in each lane
    for (genvar i = 0; i < Bits; i++) begin : g_bit
      assign a[i]     = a_i[i*Lanes+l];
      assign b[i]     = b_i[i*Lanes+l];
      assign sum[i]   = accumulated[i*Lanes+l];
      assign add[i]   = added[i*Lanes+l];
      assign under[i] = below[i*Lanes+l];
      assign value[i] = chosen[i*Lanes+l];
      assign plain[i] = picks_i[l] && values_i[i*Places+32'(place)];
      always_comb assert (under[i] == ((~a & Bits'((64'd1 << i) - 64'd1)) == '0));
    end
    for (genvar p = 0; p < Places; p++) begin : g_place
      assign onehot[p*Lanes+l] = picks_i[l] && place == 3'(p);
    end
    always_comb begin
      assert ({add_carry[l], add} == (Bits + 1)'(a) + (Bits + 1)'(b) + (Bits + 1)'(carry_i[l]));
      assert (value == plain);
      if (Bits > 1)
        assert ({carries[(Bits-1)*Lanes+l], sum} == (negative_i[l] ? (Bits + 1)'(a) - (Bits + 1)'(b) - (Bits + 1)'(carry_i[l])
                                                                   : (Bits + 1)'(a) + (Bits + 1)'(b) + (Bits + 1)'(carry_i[l])));
    end
  end
endmodule
