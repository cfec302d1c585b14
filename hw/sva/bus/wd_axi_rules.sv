// SPDX-License-Identifier: Apache-2.0
// The rules of AXI4 that the chip's master keeps, and those of the slave that it relies on.
//
// Shape     broken_o: a bit for each rule, in the order of the assertions. Bursts INCR of 16-byte beats, one ID, in order, of at most 16 beats.
// Test      testbench/rtl/axi_rules_test.cpp breaks each; active in testbench/rtl/chip_test.cpp
// Not       read by synthesis.
module wd_axi_rules #(
  parameter int unsigned AddressBits = 40,
  parameter int unsigned Most        = 16  // bursts of a kind that are under way
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   arvalid_i,
  input  logic                   arready_i,
  input  logic [AddressBits-1:0] araddr_i,
  input  logic [7:0]             arlen_i,
  input  logic                   rvalid_i,
  input  logic                   rready_i,
  input  logic [127:0]           rdata_i,
  input  logic [1:0]             rresp_i,
  input  logic                   rlast_i,
  input  logic                   awvalid_i,
  input  logic                   awready_i,
  input  logic [AddressBits-1:0] awaddr_i,
  input  logic [7:0]             awlen_i,
  input  logic                   wvalid_i,
  input  logic                   wready_i,
  input  logic [127:0]           wdata_i,
  input  logic [15:0]            wstrb_i,
  input  logic                   wlast_i,
  input  logic                   bvalid_i,
  input  logic                   bready_i,
  input  logic [1:0]             bresp_i,
  output logic [13:0]            broken_o
);
  // What a channel offers and the other side has not taken stays, unchanged.
  logic ar_waits_q, r_waits_q, aw_waits_q, w_waits_q, b_waits_q;
  logic [AddressBits+7:0] ar_q, aw_q;
  logic [130:0]           r_q;
  logic [144:0]           w_q;
  logic [1:0]             b_q;
  always_ff @(posedge clk_i) begin
    ar_waits_q <= rst_ni && arvalid_i && !arready_i;
    r_waits_q  <= rst_ni && rvalid_i && !rready_i;
    aw_waits_q <= rst_ni && awvalid_i && !awready_i;
    w_waits_q  <= rst_ni && wvalid_i && !wready_i;
    b_waits_q  <= rst_ni && bvalid_i && !bready_i;
    ar_q       <= {araddr_i, arlen_i};
    r_q        <= {rdata_i, rresp_i, rlast_i};
    aw_q       <= {awaddr_i, awlen_i};
    w_q        <= {wdata_i, wstrb_i, wlast_i};
    b_q        <= bresp_i;
  end

  // Lengths of bursts, the oldest first: of reads from their acceptance on, of writes from their offer on, as data need not wait.
  logic [Most*8-1:0]           reads_q, writes_q;
  int unsigned                 read_count_q, write_count_q, ended_q, accepted_q;  // ended_q: with all data, without an answer
  logic [7:0]                  read_beat_q, write_beat_q;
  logic                        read_begins, write_begins, read_ends, write_ends, aw_taken, answered;
  assign read_begins  = arvalid_i && arready_i;
  assign write_begins = awvalid_i && !aw_waits_q;
  assign read_ends    = rvalid_i && rready_i && rlast_i;
  assign write_ends   = wvalid_i && wready_i && wlast_i;
  assign aw_taken     = awvalid_i && awready_i;
  assign answered     = bvalid_i && bready_i;
  // An offered burst counts at once.
  logic [7:0] write_length;
  assign write_length = write_count_q == 0 ? awlen_i : writes_q[7:0];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {read_count_q, write_count_q, ended_q, accepted_q} <= '0;
      {read_beat_q, write_beat_q} <= '0;
    end else begin
      read_count_q  <= read_count_q + 32'(read_begins) - 32'(read_ends);
      write_count_q <= write_count_q + 32'(write_begins) - 32'(write_ends);
      ended_q       <= ended_q + 32'(write_ends) - 32'(answered);
      accepted_q    <= accepted_q + 32'(aw_taken) - 32'(answered);
      if (rvalid_i && rready_i) read_beat_q <= rlast_i ? 8'd0 : read_beat_q + 8'd1;
      if (wvalid_i && wready_i) write_beat_q <= wlast_i ? 8'd0 : write_beat_q + 8'd1;
      for (int unsigned i = 0; i < Most; i++) begin
        if (read_begins && i == read_count_q - 32'(read_ends)) reads_q[i*8+:8] <= arlen_i;
        else if (read_ends && i + 1 < Most) reads_q[i*8+:8] <= reads_q[(i+1)%Most*8+:8];
        if (write_begins && i == write_count_q - 32'(write_ends)) writes_q[i*8+:8] <= awlen_i;
        else if (write_ends && i + 1 < Most) writes_q[i*8+:8] <= writes_q[(i+1)%Most*8+:8];
      end
    end
  end

  logic ar_crosses, aw_crosses;  // the last beat lies in other 4 KiB than the first
  assign ar_crosses = araddr_i[11:4] + arlen_i < araddr_i[11:4];
  assign aw_crosses = awaddr_i[11:4] + awlen_i < awaddr_i[11:4];
  assign broken_o[0]  = ar_waits_q && !(arvalid_i && ar_q == {araddr_i, arlen_i});
  assign broken_o[1]  = r_waits_q && !(rvalid_i && r_q == {rdata_i, rresp_i, rlast_i});
  assign broken_o[2]  = aw_waits_q && !(awvalid_i && aw_q == {awaddr_i, awlen_i});
  assign broken_o[3]  = w_waits_q && !(wvalid_i && w_q == {wdata_i, wstrb_i, wlast_i});
  assign broken_o[4]  = b_waits_q && !(bvalid_i && b_q == bresp_i);
  assign broken_o[5]  = arvalid_i && (ar_crosses || araddr_i[3:0] != 4'd0);
  assign broken_o[6]  = awvalid_i && (aw_crosses || awaddr_i[3:0] != 4'd0);
  assign broken_o[7]  = (arvalid_i && arlen_i > 8'd15) || (awvalid_i && awlen_i > 8'd15);
  assign broken_o[8]  = rvalid_i && read_count_q == 0;
  assign broken_o[9]  = rvalid_i && read_count_q != 0 && rlast_i != (read_beat_q == reads_q[7:0]);
  assign broken_o[10] = wvalid_i && write_count_q == 0 && !write_begins;
  assign broken_o[11] = wvalid_i && (write_count_q != 0 || write_begins) && wlast_i != (write_beat_q == write_length);
  assign broken_o[12] = bvalid_i && (ended_q == 0 || accepted_q == 0);
  assign broken_o[13] = read_count_q > Most || write_count_q > Most;
  a_ar_stays:         assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[0]);
  a_r_stays:          assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[1]);
  a_aw_stays:         assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[2]);
  a_w_stays:          assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[3]);
  a_b_stays:          assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[4]);
  a_read_in_4_kib:    assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[5]);
  a_write_in_4_kib:   assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[6]);
  a_at_most_16_beats: assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[7]);
  a_r_was_asked_for:  assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[8]);
  a_rlast_is_last:    assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[9]);
  a_w_has_address:    assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[10]);
  a_wlast_is_last:    assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[11]);
  a_b_behind_data:    assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[12]);
  a_under_way:        assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[13]);
endmodule
