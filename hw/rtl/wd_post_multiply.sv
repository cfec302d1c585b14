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
  logic        up, t_infinite, gamma_infinite, gamma_nan, beta_infinite, beta_nan;
  logic [4:0]  gamma_scale, beta_scale;
  logic [10:0] gamma, beta, extra;
  wd_fp_rounding u_rounding (.unrounded_i(t_i), .up_o(up), .infinite_o(t_infinite));
  wd_fp_unpack u_gamma (
    .magnitude_i(gamma_i[14:0]), .scale_o(gamma_scale), .significand_o(gamma), .infinite_o(gamma_infinite), .nan_o(gamma_nan)
  );
  wd_fp_unpack u_beta (
    .magnitude_i(beta_i[14:0]), .scale_o(beta_scale), .significand_o(beta), .infinite_o(beta_infinite), .nan_o(beta_nan)
  );
  assign extra     = up ? gamma : 11'd0;
  assign product_o = 22'(t_i[12:2]) * 22'(gamma) + 22'(extra);

  logic [5:0]        factors;
  logic signed [7:0] distance;  // from the product's last place up to beta's
  logic [5:0]        places;
  logic [46:0]       wide;      // beta, the product counted from bit 11
  logic              above, below;
  assign factors  = {1'b0, t_i[17:13]} + {1'b0, gamma_scale};
  assign distance = 8'sd24 + 8'(beta_scale) - 8'(factors);
  assign above    = distance > 8'sd25;
  assign below    = distance < -8'sd11;
  assign places   = above ? 6'd36 : 6'(distance + 8'sd11);
  assign wide     = 47'(beta) << places;
  assign base_o   = above ? {1'b0, beta_scale - 5'd1} : factors;
  assign addend_o = below ? 42'(beta != 11'd0) : {wide[46:6], wide[5:0] != 6'd0};

  logic sign;
  assign sign               = negative_i ^ gamma_i[15];
  assign infinite_o         = t_infinite || gamma_infinite || beta_infinite;
  assign addend_negative_o  = beta_i[15];
  assign product_negative_o = beta_infinite ? beta_i[15] : sign;
  assign nan_o = gamma_nan || beta_nan
              || ((t_infinite || gamma_infinite) && beta_infinite && beta_i[15] != sign)
              || (t_infinite && gamma_i[14:0] == 15'd0) || (gamma_infinite && t_i[12:2] == 11'd0 && !up);
endmodule
