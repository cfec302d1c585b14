// SPDX-License-Identifier: Apache-2.0
// The rules of AXI4-Lite that the chip's registers keep, and those of the host that they rely on.
//
// Shape     broken_o: a bit for each rule, in the order of the assertions.
// Test      testbench/rtl/axi_rules_test.cpp breaks each; active in testbench/rtl/chip_test.cpp
// Not       read by synthesis.
module wd_axil_rules #(
  parameter int unsigned AddressBits = 18
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   awvalid_i,
  input  logic                   awready_i,
  input  logic [AddressBits-1:0] awaddr_i,
  input  logic                   wvalid_i,
  input  logic                   wready_i,
  input  logic [31:0]            wdata_i,
  input  logic [3:0]             wstrb_i,
  input  logic                   bvalid_i,
  input  logic                   bready_i,
  input  logic [1:0]             bresp_i,
  input  logic                   arvalid_i,
  input  logic                   arready_i,
  input  logic [AddressBits-1:0] araddr_i,
  input  logic                   rvalid_i,
  input  logic                   rready_i,
  input  logic [31:0]            rdata_i,
  input  logic [1:0]             rresp_i,
  output logic [7:0]             broken_o
);
  logic aw_waits_q, w_waits_q, b_waits_q, ar_waits_q, r_waits_q;
  logic [AddressBits-1:0] aw_q, ar_q;
  logic [35:0]            w_q;
  logic [33:0]            r_q;
  logic [1:0]             b_q;
  int unsigned            addresses_q, data_q, reads_q;  // without an answer
  always_ff @(posedge clk_i) begin
    aw_waits_q  <= rst_ni && awvalid_i && !awready_i;
    w_waits_q   <= rst_ni && wvalid_i && !wready_i;
    b_waits_q   <= rst_ni && bvalid_i && !bready_i;
    ar_waits_q  <= rst_ni && arvalid_i && !arready_i;
    r_waits_q   <= rst_ni && rvalid_i && !rready_i;
    aw_q        <= awaddr_i;
    ar_q        <= araddr_i;
    w_q         <= {wdata_i, wstrb_i};
    r_q         <= {rdata_i, rresp_i};
    b_q         <= bresp_i;
    addresses_q <= rst_ni ? addresses_q + 32'(awvalid_i && awready_i) - 32'(bvalid_i && bready_i) : 0;
    data_q      <= rst_ni ? data_q + 32'(wvalid_i && wready_i) - 32'(bvalid_i && bready_i) : 0;
    reads_q     <= rst_ni ? reads_q + 32'(arvalid_i && arready_i) - 32'(rvalid_i && rready_i) : 0;
  end
  assign broken_o[0] = aw_waits_q && !(awvalid_i && aw_q == awaddr_i);
  assign broken_o[1] = w_waits_q && !(wvalid_i && w_q == {wdata_i, wstrb_i});
  assign broken_o[2] = b_waits_q && !(bvalid_i && b_q == bresp_i);
  assign broken_o[3] = ar_waits_q && !(arvalid_i && ar_q == araddr_i);
  assign broken_o[4] = r_waits_q && !(rvalid_i && r_q == {rdata_i, rresp_i});
  assign broken_o[5] = bvalid_i && (addresses_q == 0 || data_q == 0);
  assign broken_o[6] = rvalid_i && reads_q == 0;
  assign broken_o[7] = (bvalid_i && bresp_i == 2'd1) || (rvalid_i && rresp_i == 2'd1);  // EXOKAY is not of AXI4-Lite
  a_aw_stays:        assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[0]);
  a_w_stays:         assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[1]);
  a_b_stays:         assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[2]);
  a_ar_stays:        assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[3]);
  a_r_stays:         assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[4]);
  a_b_behind_data:   assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[5]);
  a_r_was_asked_for: assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[6]);
  a_no_exokay:       assert property (@(posedge clk_i) disable iff (!rst_ni) !broken_o[7]);
endmodule
