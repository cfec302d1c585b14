// SPDX-License-Identifier: Apache-2.0
// Adder and subtractor of each lane: sum plus or minus a magnitude.
//
// Shape     bit-major: bit b of lane l at b * Lanes + l.
// Timing    combinational.
// Numerics  a carry of an addition is where two of the sum's bit, the magnitude's and the carry below are ones; a borrow of a
//           subtraction, where two of the sum's bit inverted, the magnitude's and the borrow below are. Of either the result is the parity.
//           So a sign that changes moves neither carries nor results where the magnitude is zero, as inverting it and adding one would.
module wd_lanes_accumulate #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned Bits  = 8
) (
  input  logic [Bits*Lanes-1:0] sum_i,
  input  logic [Bits*Lanes-1:0] magnitude_i,
  input  logic [Lanes-1:0]      negative_i,   // subtract
  input  logic [Lanes-1:0]      carry_i,      // or borrow
  output logic [Bits*Lanes-1:0] sum_o,
  output logic [Bits*Lanes-1:0] carries_o     // out of each bit
);
  logic [Bits*Lanes-1:0] turned;
  assign turned = sum_i ^ {Bits{negative_i}};
  if (Lanes == 1) begin : g_prefix
    // Sklansky: in step k the upper half of every 2^(k+1) bits learns what the lower half decides.
    logic [Bits-1:0] decides, passes, decided, passed;
    always_comb begin
      decides = turned & magnitude_i;
      passes  = turned | magnitude_i;
      for (int unsigned k = 0; k < 6; k++) begin
        decided = decides;
        passed  = passes;
        for (int unsigned b = 0; b < Bits; b++)
          if ((b >> k) % 2 == 1) begin
            decides[b] = decided[b] | (passed[b] & decided[((b >> k) << k) - 1]);
            passes[b]  = passed[b] & passed[((b >> k) << k) - 1];
          end
      end
      carries_o = decides | (passes & {Bits{carry_i}});
    end
    assign sum_o = sum_i ^ magnitude_i ^ {carries_o[Bits-2:0], carry_i};
  end else begin : g_ripple  // all lanes at once, bit by bit: what a simulator does fastest
    logic [Lanes-1:0] carry;
    always_comb begin
      carry = carry_i;
      for (int unsigned b = 0; b < Bits; b++) begin
        sum_o[b*Lanes+:Lanes] = sum_i[b*Lanes+:Lanes] ^ magnitude_i[b*Lanes+:Lanes] ^ carry;
        carry = (turned[b*Lanes+:Lanes] & magnitude_i[b*Lanes+:Lanes])
              | ((turned[b*Lanes+:Lanes] | magnitude_i[b*Lanes+:Lanes]) & carry);
        carries_o[b*Lanes+:Lanes] = carry;
      end
    end
  end
endmodule
