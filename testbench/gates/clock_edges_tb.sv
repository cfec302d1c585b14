// SPDX-License-Identifier: Apache-2.0
// Clock edges of a synthesised slice: a group of 16 PEs, a set of 16 walkers, a window lane; every flop counts its own.
//
// What      drives each netlist through phases in which parts of it have nothing to do, and prints after each phase the edges
//           of every flop by its place ("edges PHASE PLACE COUNT") and what the work of the phase needs ("need PHASE WHAT COUNT").
// Test      hw/syn/clock_edges.sh, which judges them
`timescale 1ns / 1ps
module wd_counted_flop (input C, input D, output reg Q);
  integer edges = 0;
  initial Q = 1'b0;
  always @(posedge C) begin
    edges = edges + 1;
    Q <= D;
  end
  always @(clock_edges_tb.report) if (edges != 0) $display("edges %0s %m %0d", clock_edges_tb.phase, edges);
  always @(clock_edges_tb.clear) edges = 0;
endmodule

module clock_edges_tb;
  event report, clear;
  reg [8*16-1:0] phase;
  reg clk = 1'b0;
  integer seed = 1, ops, low_ops;

  // The group, its gates all on.
  reg reset, setup, null_operand, flush, pixel_on, load;
  reg [1:0] entry;
  reg [127:0] staged;
  reg [16*32-1:0] onehot;
  reg [15:0] valid, negative, high;
  reg [31:0] weight;
  wire [15:0] op;
  wire [16*36-1:0] sums;
  wd_walker_group u_group (
    .clk_i(clk), .gate_group_i(1'b1), .gate_operand_i(1'b1), .gate_sum_i(1'b1), .gate_segment_i(1'b1), .reset_i(reset),
    .setup_i(setup), .null_i(null_operand), .flush_i(flush), .used_i(16'hffff), .inside_i(pixel_on), .skip_zero_i(1'b1),
    .load_i(load), .entry_i(entry), .staged_i(staged), .pick_onehot_i(onehot), .pick_valid_i(valid),
    .pick_negative_i(negative), .pick_weight_i(weight), .pick_high_i(high), .op_o(op), .sums_o(sums)
  );

  // The lane and a set of walkers whose window it does not write.
  reg [1:0] write;
  reg [63:0] words;
  wire [15:0] walk;
  wire [95:0] slots;
  wd_walker_lane u_lane (
    .clk_i(clk), .used_i(1'b1), .skip_weights_i(1'b1), .skip_bits_i(1'b1), .write_i(write), .first_i(1'b1),
    .planes_i(2'd2), .words_i(words), .walk_o(walk), .slots_o(slots)
  );
  reg set_clear, set_load;
  reg [1:0] set_entry;
  wd_walker_set u_set (
    .clk_i(clk), .gate_i(1'b1), .clear_i(set_clear), .used_i(16'hffff), .skip_weights_i(1'b1), .skip_bits_i(1'b1),
    .write_i(2'b00), .load_i(set_load), .entry_i(set_entry), .issue_walk_i(256'd0), .staged_nonzero_i({16{16'h00ff}}),
    .older_i(2'b11), .slots_i(1536'd0), .info_i(6'd0), .left_o(), .active_o(), .walked_o(), .onehot_o(), .valid_o(),
    .negative_o(), .weight_o(), .high_o()
  );

  task cycle;
    begin
      #5 clk = 1'b1;
      #5 clk = 1'b0;
    end
  endtask
  task idle;
    begin
      {reset, setup, null_operand, flush, load, set_clear, set_load} = 7'd0;
      entry = 2'b01;
      set_entry = 2'b01;
      staged = 128'd0;
      onehot = 512'd0;
      {valid, negative, high} = 48'd0;
      weight = 32'd0;
      write = 2'b00;
    end
  endtask
  task begin_phase(input [8*16-1:0] name);
    begin
      phase = name;
      idle;
      repeat (4) cycle;
      -> clear;
      #1;
    end
  endtask
  task end_phase;
    begin
      idle;
      repeat (4) cycle;
      -> report;
      #1;
    end
  endtask
  // A pick of weight 1 at a place for the channels given.
  task pick(input [15:0] channels, input [4:0] place);
    begin
      valid = channels;
      onehot = {496'd0, channels} << (16 * place);
      weight = {16'd0, channels};
    end
  endtask

  integer n;
  initial begin
    idle;
    pixel_on = 1'b1;
    reset = 1'b1;
    set_clear = 1'b1;
    repeat (6) cycle;
    idle;
    load = 1'b1;  // entry 0: place 0 is 1.0 (its shift is below 8), place 1 is 256 (above), place 2 zero
    staged = {104'd0, 8'h00, 8'h78, 8'h38};
    cycle;

    begin_phase("outside");  // loads, picks, SETUP and flush of a group whose pixel lies outside of the tensor
    pixel_on = 1'b0;
    cycle;
    -> clear;
    for (n = 0; n < 50; n = n + 1) begin
      load = n % 4 == 0;
      setup = n == 10;
      null_operand = n == 46;
      flush = n > 46;
      staged = {4{$random(seed)}};
      pick(16'hffff, n % 3);
      cycle;
    end
    end_phase;
    pixel_on = 1'b1;

    begin_phase("zeros");  // picks of zero activations
    for (n = 0; n < 50; n = n + 1) begin
      pick(16'hffff, 5'd2);
      cycle;
    end
    end_phase;

    begin_phase("channels");  // four channels pick, above the low segment but for every fifth; twelve do not
    ops = 0;
    low_ops = 0;
    for (n = 0; n < 60; n = n + 1) begin
      if (n % 3 != 0) begin
        pick(16'h000f, n % 5 == 0 ? 5'd0 : 5'd1);
        ops = ops + 1;
        if (n % 5 == 0) low_ops = low_ops + 1;
      end else begin
        pick(16'h0000, 5'd0);
      end
      cycle;
    end
    end_phase;
    $display("need channels operands %0d", ops);
    $display("need channels low %0d", low_ops);

    begin_phase("loads");  // chunks into entry 1 only, rows into slot 0 only, maps into entry 1 only
    for (n = 0; n < 20; n = n + 1) begin
      load = 1'b1;
      entry = 2'b10;
      set_load = 1'b1;
      set_entry = 2'b10;
      write = 2'b01;
      words = {$random(seed), $random(seed)};
      staged = {4{$random(seed)}};
      cycle;
    end
    end_phase;
    $display("need loads loads 20");
    $finish;
  end
endmodule
