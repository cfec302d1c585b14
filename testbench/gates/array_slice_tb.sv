// SPDX-License-Identifier: Apache-2.0
// Drives the netlist of wd_array_slice, with its delays, by a stimulus, and dumps its nets.
//
// What      STIMULUS holds a line for each cycle: the inputs in hexadecimal, and 1 where sums are to be shown ("tile WALKS OPERANDS
//           SUMS"). Inputs change 0.1 ns after the clock's edge, as flops around would let them. Macros: the files STIMULUS, DELAYS and WAVES, PERIOD in ns,
//           and the parameters WINDOW, ENTRIES, PLANES, GROUPS, ACC.
// Test      cli/characterize_test.sh
`timescale 1ns / 1ps
module array_slice_tb;
  localparam EntryBits = `ENTRIES > 1 ? $clog2(`ENTRIES) : 1;
  localparam InfoBits = 2 + EntryBits;
  localparam Bits = 8 + 5 + 16 + `WINDOW + 1 + `ENTRIES + 1 + 2 + `WINDOW + `WINDOW * InfoBits + 16 * `PLANES * 32 + `GROUPS * 16 + 128;
  reg clk = 1'b0;
  reg [Bits-1:0] in, next;
  reg [7:0] settings;
  reg reset, setup, null_operand, flush, lies_inside, load, first;
  reg [15:0] used;
  reg [`WINDOW-1:0] write, older;
  reg [`ENTRIES-1:0] entry;
  reg [1:0] planes;
  reg [`WINDOW*InfoBits-1:0] info;
  reg [16*`PLANES*32-1:0] words;
  reg [`GROUPS*16-1:0] staged_nonzero;
  reg [127:0] staged;
  wire [`WINDOW-1:0] left;
  wire [15:0] walked, op;
  wire [16*`ACC-1:0] sums;
  always @* {settings, reset, setup, null_operand, flush, lies_inside, used, write, load, entry, first, planes, older, info, words,
             staged_nonzero, staged} = in;

  wd_array_slice dut (
    .clk_i(clk), .gate_walker_i(settings[0]), .gate_group_i(settings[1]), .gate_operand_i(settings[2]),
    .gate_sum_i(settings[3]), .gate_segment_i(settings[4]), .skip_weights_i(settings[5]), .skip_bits_i(settings[6]),
    .skip_zero_i(settings[7]), .reset_i(reset), .setup_i(setup), .null_i(null_operand), .flush_i(flush),
    .inside_i(lies_inside), .used_i(used), .write_i(write), .load_i(load), .entry_i(entry), .first_i(first),
    .planes_i(planes), .older_i(older), .info_i(info), .words_i(words), .staged_nonzero_i(staged_nonzero),
    .staged_i(staged), .left_o(left), .walked_o(walked), .op_o(op), .sums_o(sums)
  );

  function integer ones(input [15:0] bits);
    integer i;
    begin
      ones = 0;
      for (i = 0; i < 16; i = i + 1) ones = ones + bits[i];
    end
  endfunction

  integer file, got, show, walks, operands;
  initial begin
    `include `DELAYS
    file = $fopen(`STIMULUS, "r");
    walks = 0;
    operands = 0;
    got = $fscanf(file, "%h %d\n", next, show);
    in = next;
    $dumpfile(`WAVES);
    $dumpvars(1, dut);
    #(`PERIOD);
    while (got == 2) begin
      clk = 1'b1;  // the cycle of this line's inputs begins
      #0.1 in = next;
      #(`PERIOD / 2.0 - 0.1) clk = 1'b0;
      #(`PERIOD / 2.0 - 0.05);  // all has settled
      if (show == 1) begin
        $display("tile %0d %0d %h", walks, operands, sums);
        walks = 0;
        operands = 0;
      end else if (!reset) begin
        walks = walks + ones(walked);
        operands = operands + ones(op);
      end
      got = $fscanf(file, "%h %d\n", next, show);
      #0.05;
    end
    $finish;
  end
endmodule
