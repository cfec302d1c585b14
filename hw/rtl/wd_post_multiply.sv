// SPDX-License-Identifier: Apache-2.0
// Post unit, stage 2: rounds t and brings t * gamma and beta to one scale.
//
// Shape     product and addend are whole numbers of 2^(base_o - 54), the product counted from bit 6.
// Timing    combinational.
// Numerics  t's rounding becomes one more row of the product. Where beta ends more than 25 places above the product's
//           end, the product is less than half of the result's last place, whose exact distance does not matter: it is taken
//           for 25. Where it ends more than 6 below, t and gamma are normal numbers and the product is at least 2^20 of its
//           own units, so that of beta's bits below these only their being there counts. In between, both are exact.
module wd_post_multiply (
  input  logic        negative_i,
  input  logic [19:0] t_i,
  input  logic [15:0] gamma_i,
  input  logic [15:0] beta_i,
  output logic        product_negative_o,  // with infinite_o: the sign of the infinity
  output logic        addend_negative_o,
  output logic        infinite_o,
  output logic        nan_o,
  output logic [5:0]  base_o,
  output logic [21:0] product_o,
  output logic [41:0] addend_o
);
  logic        up;
  logic [10:0] gamma, beta, extra;
  assign up        = wd_fp_pkg::rounds_up(t_i);
  assign gamma     = wd_fp_pkg::significand(gamma_i);
  assign beta      = wd_fp_pkg::significand(beta_i);
  assign extra     = up ? gamma : 11'd0;
  assign product_o = 22'(t_i[12:2]) * 22'(gamma) + 22'(extra);

  logic [5:0]        factors;
  logic [4:0]        beta_scale;
  logic signed [7:0] distance;  // from the product's last place up to beta's
  logic [5:0]        places;
  logic [46:0]       wide;      // beta, the product counted from bit 11
  logic              above, below;
  assign factors    = {1'b0, t_i[17:13]} + {1'b0, wd_fp_pkg::scale(gamma_i)};
  assign beta_scale = wd_fp_pkg::scale(beta_i);
  assign distance   = 8'sd24 + 8'(beta_scale) - 8'(factors);
  assign above      = distance > 8'sd25;
  assign below      = distance < -8'sd11;
  assign places     = above ? 6'd36 : 6'(distance + 8'sd11);
  assign wide       = 47'(beta) << places;
  assign base_o     = above ? {1'b0, beta_scale - 5'd1} : factors;
  assign addend_o   = below ? 42'(beta != 11'd0) : {wide[46:6], wide[5:0] != 6'd0};

  logic sign, t_infinite, gamma_infinite, beta_infinite;
  assign sign               = negative_i ^ gamma_i[15];
  assign t_infinite         = wd_fp_pkg::overflows(t_i);
  assign gamma_infinite     = gamma_i[14:0] == 15'h7c00;
  assign beta_infinite      = beta_i[14:0] == 15'h7c00;
  assign infinite_o         = t_infinite || gamma_infinite || beta_infinite;
  assign addend_negative_o  = beta_i[15];
  assign product_negative_o = beta_infinite ? beta_i[15] : sign;
  assign nan_o = wd_fp_pkg::is_nan(gamma_i) || wd_fp_pkg::is_nan(beta_i)
              || ((t_infinite || gamma_infinite) && beta_infinite && beta_i[15] != sign)
              || (t_infinite && gamma_i[14:0] == 15'd0) || (gamma_infinite && t_i[12:2] == 11'd0 && !up);
endmodule
