// SPDX-License-Identifier: Apache-2.0
// AXI4 master of the memory port: the core's bursts become INCR bursts of one ID, of at most 16 beats of 128 bits, in order.
//
// Shape     bursts end at multiples of 16 beats (256 bytes), so that none crosses 4 KiB. Addresses of the core are in beats, `base_i` in
//           pages of 4 KiB is added. Up to Outstanding reads are under way; a request waits for the responses of a write before it.
// Timing    request_i in cycle t: first address valid in t + 2. A read beat passes in the cycle in which it comes; a write beat is sent in
//           the cycle behind the one in which it is taken. request_i may be high when all beats of the request before have passed.
//           busy_o from t + 1 to the last response.
// Errors    error_o with the address, in beats, of the refused burst's first beat, and the request's tag.
// Not       what stops the core: stop_i ends a request cleanly. What has been asked for still comes and is dropped, write bursts that have
//           begun are sent to their ends without strobes. busy_o falls when all is answered.
// Test      testbench/rtl/axi_master_test.cpp
module wd_axi_master #(
  parameter  int unsigned Outstanding = 4,
  parameter  int unsigned AddressBits = 40,
  parameter  int unsigned TagBits     = 8,
  localparam int unsigned CountBits   = $clog2(Outstanding + 1)
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,     // synchronous
  input  logic [27:0]            base_i,     // static while busy
  input  logic                   stop_i,
  output logic                   busy_o,
  output logic                   error_o,
  output logic [31:0]            error_address_o,
  output logic [TagBits-1:0]     error_tag_o,
  // core
  input  logic                   request_i,
  input  logic                   write_i,
  input  logic [31:0]            addr_i,
  input  logic [23:0]            count_i,
  input  logic [TagBits-1:0]     tag_i,
  output logic                   valid_o,    // read beats
  output logic [127:0]           data_o,
  input  logic                   ready_i,
  input  logic                   valid_i,    // write beats
  input  logic [127:0]           data_i,
  output logic                   ready_o,
  // AXI4
  output logic                   arvalid_o,
  input  logic                   arready_i,
  output logic [AddressBits-1:0] araddr_o,
  output logic [7:0]             arlen_o,
  input  logic                   rvalid_i,
  output logic                   rready_o,
  input  logic [127:0]           rdata_i,
  input  logic [1:0]             rresp_i,
  input  logic                   rlast_i,
  output logic                   awvalid_o,
  input  logic                   awready_i,
  output logic [AddressBits-1:0] awaddr_o,
  output logic [7:0]             awlen_o,
  output logic                   wvalid_o,
  input  logic                   wready_i,
  output logic [127:0]           wdata_o,
  output logic [15:0]            wstrb_o,
  output logic                   wlast_o,
  input  logic                   bvalid_i,
  output logic                   bready_o,
  input  logic [1:0]             bresp_i
);
  // What is still to be asked for, in pieces that end at a multiple of 16 beats.
  logic [31:0] addr_q, read_addr_q, answer_addr_q;  // read_addr_q: of the burst whose beats come
  logic [23:0] left_q;
  logic        write_q, fresh_q, stopped_q;  // fresh_q: nothing of the request has been asked for
  logic [4:0]  room, piece;
  logic [CountBits-1:0] reads_q;             // without their last beat
  logic [20:0] answers_q;                    // write bursts without a response
  logic [TagBits-1:0] tag_q, answer_tag_q;
  logic [4:0]  unsent_q;                     // beats of the write burst that are to be taken
  logic        issue, read_free, write_free, taken, last_taken, last_read, answered;
  assign room       = 5'd16 - {1'b0, addr_q[3:0]};
  assign piece      = left_q < 24'(room) ? left_q[4:0] : room;
  assign read_free  = (!arvalid_o || arready_i) && reads_q != CountBits'(Outstanding);
  assign write_free = (!awvalid_o || awready_i) && (unsent_q == 5'd0 || last_taken);
  assign issue      = left_q != 24'd0 && !stop_i && !(fresh_q && answers_q != '0) && (write_q ? write_free : read_free);
  assign last_read  = rvalid_i && rready_o && rlast_i;
  assign answered   = bvalid_i && bready_o;
  logic [AddressBits-1:0] system_addr;
  assign system_addr = AddressBits'({base_i, 12'd0}) + AddressBits'({addr_q, 4'd0});

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      left_q    <= 24'd0;
      fresh_q   <= 1'b0;
      stopped_q <= 1'b0;
      reads_q   <= '0;
      answers_q <= '0;
      arvalid_o <= 1'b0;
      awvalid_o <= 1'b0;
    end else begin
      if (request_i && !stop_i && !(stopped_q && busy_o)) begin
        left_q  <= count_i;
        fresh_q <= 1'b1;
      end else if (stop_i) begin
        left_q <= 24'd0;
      end else if (issue) begin
        left_q  <= left_q - 24'(piece);
        fresh_q <= 1'b0;
      end
      stopped_q <= (stop_i || stopped_q) && busy_o;
      reads_q   <= reads_q + CountBits'(issue && !write_q) - CountBits'(last_read);
      answers_q <= answers_q + 21'(issue && write_q) - 21'(answered);
      if (arready_i || !arvalid_o) arvalid_o <= issue && !write_q;
      if (awready_i || !awvalid_o) awvalid_o <= issue && write_q;
    end
  end
  always_ff @(posedge clk_i) begin
    if (request_i) begin
      addr_q      <= addr_i;
      tag_q       <= tag_i;
      write_q     <= write_i;
      read_addr_q <= addr_i;
    end else begin
      if (issue) addr_q <= addr_q + 32'(piece);
      if (last_read) read_addr_q <= {read_addr_q[31:4], 4'd0} + 32'd16;
    end
    if (issue && !write_q) {araddr_o, arlen_o} <= {system_addr, 8'(piece) - 8'd1};
    if (issue && write_q)  {awaddr_o, awlen_o} <= {system_addr, 8'(piece) - 8'd1};
    if (issue && fresh_q)  {answer_addr_q, answer_tag_q} <= {addr_q, tag_q};
    else if (answered)     answer_addr_q <= {answer_addr_q[31:4], 4'd0} + 32'd16;
  end

  // Read beats.
  assign valid_o  = rvalid_i && !stopped_q && !stop_i;
  assign data_o   = rdata_i;
  assign rready_o = ready_i || stopped_q || stop_i;

  // Write beats, through a register.
  logic stopping;
  assign stopping   = stop_i || stopped_q;
  assign ready_o    = unsent_q != 5'd0 && (!wvalid_o || wready_i) && !stopping;
  assign taken      = unsent_q != 5'd0 && (!wvalid_o || wready_i) && (valid_i || stopping);
  assign last_taken = taken && unsent_q == 5'd1;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      unsent_q <= 5'd0;
      wvalid_o <= 1'b0;
    end else begin
      if (issue && write_q) unsent_q <= piece;
      else if (taken)       unsent_q <= unsent_q - 5'd1;
      if (!wvalid_o || wready_i) wvalid_o <= taken;
    end
  end
  always_ff @(posedge clk_i) begin
    if (taken) {wdata_o, wstrb_o, wlast_o} <= {data_i, stopping ? 16'd0 : 16'hffff, unsent_q == 5'd1};
  end
  assign bready_o = 1'b1;

  logic read_error, write_error;
  assign read_error      = valid_o && rresp_i[1];  // as soon as it comes, also if it is not taken yet
  assign write_error     = answered && bresp_i[1] && !stopping;
  assign error_o         = read_error || write_error;
  assign error_address_o = read_error ? read_addr_q : answer_addr_q;
  assign error_tag_o     = read_error ? tag_q : answer_tag_q;
  assign busy_o          = left_q != 24'd0 || reads_q != '0 || answers_q != '0 || arvalid_o || awvalid_o || unsent_q != 5'd0 || wvalid_o;
  logic unused;
  assign unused = rresp_i[0] || bresp_i[0];
endmodule
