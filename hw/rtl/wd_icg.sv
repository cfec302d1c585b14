// SPDX-License-Identifier: Apache-2.0
// Integrated clock gate: the enable is held while the clock is high, so that no pulse is cut.
//
// Timing    en_i is sampled while clk_i is low; the next high phase passes or not.
// Not       a library's own cell replaces this module in synthesis.
module wd_icg (
  input  logic clk_i,
  input  logic en_i,
  output logic clk_o
);
  logic held;
  always_latch begin
    if (!clk_i) held = en_i;
  end
  assign clk_o = clk_i & held;
endmodule
