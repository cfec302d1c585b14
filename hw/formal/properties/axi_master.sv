// SPDX-License-Identifier: Apache-2.0
// AXI master against the rules of AXI4, with any memory that keeps them.
//
// Proves    the rules of hw/sva/bus that are the master's: what a channel offers stays until it is taken; bursts stay within 4 KiB, are aligned and of at most
//           16 beats; write data has an address and ends with its burst's last beat; not more is under way than `Outstanding` reads. Of a request that is not
//           stopped each beat is asked for once, in order, and none more. Without `busy` nothing is under way.
// Not       the rules of the slave, which are assumed: r_stays, b_stays, r_was_asked_for, rlast_is_last, b_behind_data.
// Modules   wd_axi_master wd_axi_rules
// Runs      Outstanding=2; Outstanding=4 AddressBits=32
// Depth     1
// Finds     10
// Planted   wd_axi_master: assign room       = 5'd16 - {1'b0, addr_q[3:0]} -> assign room       = 5'd16
// Planted   wd_axi_master: (!wvalid_o || wready_i) wvalid_o <= taken -> (!wvalid_o || wready_i || stop_i) wvalid_o <= taken
// Planted   wd_axi_master: (arready_i || !arvalid_o) arvalid_o -> (arready_i || !arvalid_o || stop_i) arvalid_o
// Planted   wd_axi_master: stopping ? 16'd0 : 16'hffff, unsent_q == 5'd1 -> stopping ? 16'd0 : 16'hffff, unsent_q == 5'd2
// Planted   wd_axi_master: reads_q != CountBits'(Outstanding) -> 1'b1
module axi_master #(
  parameter  int unsigned Outstanding = 2,
  parameter  int unsigned AddressBits = 40,
  localparam int unsigned CountBits   = $clog2(Outstanding + 1)
) (
  input logic         clk_i,
  input logic         stop_i,
  input logic         request_i,
  input logic         write_i,
  input logic [31:0]  addr_i,
  input logic [23:0]  count_i,
  input logic         ready_i,
  input logic         valid_i,
  input logic [127:0] data_i,
  input logic         arready_i,
  input logic         rvalid_i,
  input logic [127:0] rdata_i,
  input logic [1:0]   rresp_i,
  input logic         rlast_i,
  input logic         awready_i,
  input logic         wready_i,
  input logic         bvalid_i,
  input logic [1:0]   bresp_i
);
  (* anyconst *) logic [27:0] base;
  logic rst_n;
  initial rst_n = 1'b0;
  always_ff @(posedge clk_i) rst_n <= 1'b1;

  logic                   busy, error, valid, ready, arvalid, awvalid, wvalid, wlast, rready, bready;
  logic [31:0]            error_address;
  logic [7:0]             error_tag, arlen, awlen;
  logic [127:0]           data, wdata;
  logic [15:0]            wstrb;
  logic [AddressBits-1:0] araddr, awaddr;
  logic [13:0]            broken;
  wd_axi_master #(.Outstanding(Outstanding), .AddressBits(AddressBits)) u_master (
    .clk_i, .rst_ni(rst_n), .base_i(base), .stop_i, .busy_o(busy), .error_o(error), .error_address_o(error_address), .error_tag_o(error_tag),
    .request_i, .write_i, .addr_i, .count_i, .tag_i(8'd0), .valid_o(valid), .data_o(data), .ready_i, .valid_i, .data_i, .ready_o(ready),
    .arvalid_o(arvalid), .arready_i, .araddr_o(araddr), .arlen_o(arlen), .rvalid_i, .rready_o(rready), .rdata_i, .rresp_i, .rlast_i,
    .awvalid_o(awvalid), .awready_i, .awaddr_o(awaddr), .awlen_o(awlen), .wvalid_o(wvalid), .wready_i, .wdata_o(wdata), .wstrb_o(wstrb),
    .wlast_o(wlast), .bvalid_i, .bready_o(bready), .bresp_i
  );
  wd_axi_rules #(.AddressBits(AddressBits), .Most(Outstanding > 4 ? Outstanding : 4)) u_rules (
    .clk_i, .rst_ni(rst_n), .arvalid_i(arvalid), .arready_i, .araddr_i(araddr), .arlen_i(arlen), .rvalid_i, .rready_i(rready), .rdata_i, .rresp_i,
    .rlast_i, .awvalid_i(awvalid), .awready_i, .awaddr_i(awaddr), .awlen_i(awlen), .wvalid_i(wvalid), .wready_i, .wdata_i(wdata),
    .wstrb_i(wstrb), .wlast_i(wlast), .bvalid_i, .bready_i(bready), .bresp_i, .broken_o(broken)
  );
  (* hierconn *) wire [31:0]          \u_master.addr_q ;
  (* hierconn *) wire [23:0]          \u_master.left_q ;
  (* hierconn *) wire                 \u_master.write_q ;
  (* hierconn *) wire                 \u_master.stopped_q ;
  (* hierconn *) wire [CountBits-1:0] \u_master.reads_q ;
  (* hierconn *) wire [20:0]          \u_master.answers_q ;
  (* hierconn *) wire [4:0]           \u_master.unsent_q ;
  (* hierconn *) wire                 \u_master.fresh_q ;
  (* hierconn *) wire                 \u_master.issue ;
  (* hierconn *) wire [4:0]           \u_master.piece ;
  (* hierconn *) wire                 \u_rules.ar_waits_q ;
  (* hierconn *) wire                 \u_rules.aw_waits_q ;
  (* hierconn *) wire                 \u_rules.w_waits_q ;
  (* hierconn *) wire [31:0]          \u_rules.read_count_q ;
  (* hierconn *) wire [31:0]          \u_rules.write_count_q ;
  (* hierconn *) wire [31:0]          \u_rules.accepted_q ;
  (* hierconn *) wire [7:0]           \u_rules.write_beat_q ;
  (* hierconn *) wire [31:0]          \u_rules.writes_q ;  // of the four lengths that there are at least

  // The request that is under way: what is still to be offered, and from which beat on.
  logic                   whole_q, writes_request_q;  // whole: it has not been stopped
  logic [31:0]            next_q, next;
  logic [23:0]            todo_q, todo;
  logic                   offers_read, offers_write;
  logic [8:0]             beats;
  logic [AddressBits-1:0] address;
  assign offers_read  = arvalid && !\u_rules.ar_waits_q ;
  assign offers_write = awvalid && !\u_rules.aw_waits_q ;
  assign beats        = offers_read ? 9'(arlen) + 9'd1 : offers_write ? 9'(awlen) + 9'd1 : 9'd0;
  assign next         = next_q + 32'(beats);
  assign todo         = todo_q - 24'(beats);
  assign address      = AddressBits'({base, 12'd0}) + AddressBits'({next_q, 4'd0});
  initial whole_q = 1'b0;
  always_ff @(posedge clk_i) begin
    {next_q, todo_q} <= {next, todo};
    if (request_i) begin
      {next_q, todo_q, writes_request_q} <= {addr_i, count_i, write_i};
      whole_q <= !stop_i && !(\u_master.stopped_q && busy);
    end else if (stop_i) begin
      whole_q <= 1'b0;
    end
  end

  // Answers are counted in 21 bits: a request waits for those of a write before it, and has so many pieces at most.
  localparam logic [20:0] MostPieces = 21'd1048577;
  logic [20:0] pieces_q;
  logic [24:0] done_q, count_q;
  always_ff @(posedge clk_i) begin
    if (!rst_n) {pieces_q, done_q} <= '0;
    else if (request_i && !stop_i && !(\u_master.stopped_q && busy)) {pieces_q, done_q, count_q} <= {21'd0, 25'd0, 1'b0, count_i};
    else if (\u_master.issue ) {pieces_q, done_q} <= {pieces_q + 21'd1, done_q + 25'(\u_master.piece )};
  end

  // Write bursts that are offered and not sent: one whose beats are taken, and one whose last beat waits.
  logic        sending, last_waits;
  logic [31:0] unsent_bursts;
  logic [7:0]  first_length, second_length;
  assign sending       = \u_master.unsent_q != 5'd0;
  assign last_waits    = wvalid && wlast;
  assign unsent_bursts = \u_rules.write_count_q + 32'(offers_write);
  assign first_length  = \u_rules.write_count_q == 0 ? awlen : \u_rules.writes_q [7:0];
  assign second_length = \u_rules.write_count_q == 1 ? awlen : \u_rules.writes_q [15:8];

  always_comb begin
    assume (rst_n || (!request_i && !stop_i));
    assume (!request_i || ((\u_master.left_q == '0 && \u_master.reads_q == '0 && !sending) || \u_master.stopped_q ));
    assume (!request_i || count_i != '0);
    assert (rst_n || !whole_q);
    if (rst_n) begin
      assume (!broken[1] && !broken[4] && !broken[8] && !broken[9] && !broken[12]);
      assert (!broken[0] && !broken[2] && !broken[3]);
      assert (!broken[5] && !broken[6] && !broken[7]);
      assert (!broken[10] && !broken[11] && !broken[13]);
      if (!busy) assert (\u_rules.read_count_q == 0 && \u_rules.write_count_q == 0 && !arvalid && !awvalid && !wvalid && \u_rules.accepted_q == 0);
      // Reads and answers are those of the rules.
      assert (\u_rules.read_count_q + 32'(arvalid) == 32'(\u_master.reads_q ) && 32'(\u_master.reads_q ) <= Outstanding);
      assert (\u_rules.accepted_q <= 32'(MostPieces) && \u_rules.accepted_q + 32'(awvalid) == 32'(\u_master.answers_q ));
      assert (\u_master.answers_q <= (\u_master.fresh_q ? MostPieces : pieces_q));
      if (\u_master.left_q != '0) assert (done_q + 25'(\u_master.left_q ) == count_q && !count_q[24]);
      if (!\u_master.fresh_q ) begin
        assert (done_q <= 25'h0ffffff && pieces_q <= MostPieces);
        if (\u_master.left_q == '0) assert ({pieces_q, 4'd0} <= done_q + 25'd30);
        else assert ({pieces_q, 4'd0} <= done_q + 25'd15 && \u_master.addr_q [3:0] == '0);
      end else if (\u_master.left_q != '0) assert (pieces_q == '0 && done_q == '0);
      assert (!\u_rules.ar_waits_q || arvalid);
      assert (!\u_rules.aw_waits_q || awvalid);
      assert (!\u_rules.w_waits_q || wvalid);
      // Write beats are those of the bursts.
      assert (\u_rules.write_count_q <= 2 && unsent_bursts == 32'(sending) + 32'(last_waits));
      assert (!wvalid || wlast || sending);
      if (unsent_bursts == 1) assert (9'(first_length) + 9'd1 == 9'(\u_rules.write_beat_q ) + 9'(wvalid) + 9'(\u_master.unsent_q ));
      if (unsent_bursts == 2) assert (first_length == \u_rules.write_beat_q && 9'(second_length) + 9'd1 == 9'(\u_master.unsent_q ));
      if (unsent_bursts == 0) assert (\u_rules.write_beat_q == '0);
      // Of a whole request.
      assert (!(offers_read && offers_write));
      assert (whole_q ? !\u_master.stopped_q : \u_master.left_q == '0);
      if (whole_q) begin
        assert (todo == \u_master.left_q && todo_q >= 24'(beats) && next == \u_master.addr_q );
        assert (writes_request_q == \u_master.write_q );
        if (offers_read) assert (!writes_request_q && araddr == address);
        if (offers_write) assert (writes_request_q && awaddr == address);
      end
    end
  end
endmodule
