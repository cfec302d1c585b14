// SPDX-License-Identifier: Apache-2.0
// PE array: 16 groups that share the window; group gy * 4 + gx works on output pixel (gy, gx).
//
// Timing    left_o is combinational; the counts are those of the cycle before. After reset, one cycle of clear.
module wd_walker_array #(
  parameter  int unsigned PesPerGroup = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned Chunk       = wd_arch_pkg::Chunk,
  parameter  int unsigned Window      = wd_arch_pkg::Window,
  parameter  int unsigned AccBits     = wd_arch_pkg::AccBits,
  localparam int unsigned Groups      = wd_arch_pkg::GroupsY * wd_arch_pkg::GroupsX,
  localparam int unsigned SlotBits    = Window > 1 ? $clog2(Window) : 1,
  localparam int unsigned CountBits   = $clog2(PesPerGroup + 1),
  localparam int unsigned TotalBits   = $clog2(Groups * PesPerGroup + 1)
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,
  input  logic [wd_arch_pkg::SwitchCount-1:0] switches_i,
  input  logic                                setup_i,
  input  logic                                run_i,
  input  logic [3:0]                          inside_y_i,
  input  logic [3:0]                          inside_x_i,
  input  logic                                issue_i,
  input  logic                                issue_first_i,
  input  logic [SlotBits-1:0]                 issue_slot_i,
  input  logic [SlotBits-1:0]                 issue_entry_i,
  input  logic [PesPerGroup*Chunk-1:0]        issue_walk_i,
  input  logic [Groups*Chunk*8-1:0]           staged_i,
  input  logic [Window-1:0]                   older_i,
  input  logic [PesPerGroup*Window*Chunk-1:0] win_mask_i,
  input  logic [PesPerGroup*Window*Chunk-1:0] win_sign_i,
  input  logic [PesPerGroup*Window*Chunk-1:0] win_walk_i,
  input  logic [Window*8-1:0]                 win_info_i,
  output logic [Window-1:0]                   left_o,
  output logic [Groups*PesPerGroup*AccBits-1:0] sums_o,
  output logic [4:0]                          active_groups_o,
  output logic [TotalBits-1:0]                active_pes_o,
  output logic [TotalBits-1:0]                walks_o,
  output logic [TotalBits-1:0]                bit_ops_o
);
  // Reset reaches groups and PEs as SETUP does, through their clear: nothing works, and nothing is counted, before the
  // first tile.
  logic reset_q, clear, clk;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) reset_q <= 1'b1;
    else         reset_q <= 1'b0;
  end
  assign clear = setup_i || reset_q;
  wd_icg u_icg (
    .clk_i, .en_i(!switches_i[wd_arch_pkg::SwitchGateArray] || clear || run_i), .clk_o(clk)
  );

  logic [Groups*Window-1:0]    left;
  logic [Groups-1:0]           active;
  logic [Groups*CountBits-1:0] active_pes, bit_ops;
  logic [Groups*PesPerGroup-1:0] walked /* verilator public_flat_rd */;
  for (genvar g = 0; g < Groups; g++) begin : g_group
    wd_walker_group #(.PesPerGroup(PesPerGroup), .Chunk(Chunk), .Window(Window), .AccBits(AccBits)) u_group (
      .clk_i(clk),
      .gate_group_i(switches_i[wd_arch_pkg::SwitchGateGroup]),
      .gate_pe_i(switches_i[wd_arch_pkg::SwitchGatePe]),
      .clear_i(clear),
      .skip_zero_i(switches_i[wd_arch_pkg::SwitchSkipZeroActivations]),
      .inside_i(inside_y_i[g/4] && inside_x_i[g%4]),
      .issue_i,
      .issue_first_i,
      .issue_slot_i,
      .issue_entry_i,
      .issue_walk_i,
      .staged_i(staged_i[g*Chunk*8+:Chunk*8]),
      .older_i,
      .win_mask_i,
      .win_sign_i,
      .win_walk_i,
      .win_info_i,
      .left_o(left[g*Window+:Window]),
      .sums_o(sums_o[g*PesPerGroup*AccBits+:PesPerGroup*AccBits]),
      .active_o(active[g]),
      .active_pes_o(active_pes[g*CountBits+:CountBits]),
      .walked_o(walked[g*PesPerGroup+:PesPerGroup]),
      .bit_ops_o(bit_ops[g*CountBits+:CountBits])
    );
  end

  function automatic logic [CountBits-1:0] ones(input logic [PesPerGroup-1:0] bits);
    ones = '0;
    for (int unsigned p = 0; p < PesPerGroup; p++) ones = ones + CountBits'(bits[p]);
  endfunction

  always_comb begin
    left_o          = '0;
    active_groups_o = '0;
    active_pes_o    = '0;
    walks_o         = '0;
    bit_ops_o       = '0;
    for (int unsigned g = 0; g < Groups; g++) begin
      left_o          = left_o | left[g*Window+:Window];
      active_groups_o = active_groups_o + 5'(active[g]);
      active_pes_o    = active_pes_o + TotalBits'(active_pes[g*CountBits+:CountBits]);
      walks_o         = walks_o + TotalBits'(ones(walked[g*PesPerGroup+:PesPerGroup]));
      bit_ops_o       = bit_ops_o + TotalBits'(bit_ops[g*CountBits+:CountBits]);
    end
  end
endmodule
