// SPDX-License-Identifier: Apache-2.0
// Group: the PEs of one output pixel, with the pixel's activations of the chunks in the window.
//
// Shape     win_* hold the window PE-major: PE p, slot s at (p * Window + s) * Chunk.
// Timing    a chunk's activations are written with its first row's issue; counts are one cycle late.
//           Its clock runs while a PE of it works, takes a row, hears of one or adds an operand.
module wd_walker_group #(
  parameter  int unsigned PesPerGroup = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned Chunk       = wd_arch_pkg::Chunk,
  parameter  int unsigned Window      = wd_arch_pkg::Window,
  parameter  int unsigned AccBits     = wd_arch_pkg::AccBits,
  localparam int unsigned SlotBits    = Window > 1 ? $clog2(Window) : 1,
  localparam int unsigned CountBits   = $clog2(PesPerGroup + 1)
) (
  input  logic                                clk_i,
  input  logic                                gate_group_i,
  input  logic                                gate_pe_i,
  input  logic                                clear_i,
  input  logic                                skip_zero_i,   // non-zero map: FP8 codes that are not zero
  input  logic                                inside_i /* verilator public_flat_rd */, // the output pixel lies inside the tensor
  // issue
  input  logic                                issue_i,
  input  logic                                issue_first_i, // with a chunk's activations
  input  logic [SlotBits-1:0]                 issue_slot_i,
  input  logic [SlotBits-1:0]                 issue_entry_i,
  input  logic [PesPerGroup*Chunk-1:0]        issue_walk_i,
  input  logic [Chunk*8-1:0]                  staged_i /* verilator public_flat_rd */,
  input  logic [Window-1:0]                   older_i,
  // window
  input  logic [PesPerGroup*Window*Chunk-1:0] win_mask_i,
  input  logic [PesPerGroup*Window*Chunk-1:0] win_sign_i,
  input  logic [PesPerGroup*Window*Chunk-1:0] win_walk_i,
  input  logic [Window*8-1:0]                 win_info_i,
  // results
  output logic [Window-1:0]                   left_o,        // slots with work left after this cycle
  output logic [PesPerGroup*AccBits-1:0]      sums_o,
  output logic                                active_o,      // counts of the cycle before
  output logic [PesPerGroup-1:0]              walked_o,      // PEs that walked
  output logic [CountBits-1:0]                active_pes_o,
  output logic [CountBits-1:0]                bit_ops_o
);
  /* verilator no_inline_module */  // 16 instances share the simulator's code
  logic [7:0]                acts [Window*Chunk];  // by {entry, position}
  logic [Window*Chunk-1:0]   nonzero_q;
  logic [Chunk-1:0]          staged_nonzero, issue_nonzero;
  logic [PesPerGroup-1:0]    active, active_q;
  logic [PesPerGroup-1:0]    bit_op;
  logic [PesPerGroup*Window-1:0] left;

  for (genvar i = 0; i < Chunk; i++) begin : g_nonzero
    assign staged_nonzero[i] = skip_zero_i ? staged_i[i*8+:7] != 7'd0 : inside_i;
  end
  assign issue_nonzero = issue_first_i ? staged_nonzero : nonzero_q[issue_entry_i*Chunk+:Chunk];

  logic clk, on;
  assign on = !gate_group_i || clear_i || issue_i || active != '0 || active_q != '0 || walked_o != '0;
  wd_icg u_icg (.clk_i, .en_i(on), .clk_o(clk));

  always_ff @(posedge clk) begin
    if (issue_i && issue_first_i) begin
      for (int unsigned i = 0; i < Chunk; i++) acts[issue_entry_i*Chunk+i] <= staged_i[i*8+:8];
      nonzero_q[issue_entry_i*Chunk+:Chunk]  <= staged_nonzero;
    end
    active_q <= clear_i ? '0 : active;
  end

  for (genvar p = 0; p < PesPerGroup; p++) begin : g_pe
    logic [SlotBits+3:0] act;
    wd_walker_pe #(.Chunk(Chunk), .Window(Window), .AccBits(AccBits)) u_pe (
      .clk_i(clk),
      .gate_i(gate_pe_i),
      .clear_i,
      .issue_i,
      .issue_slot_i,
      .issue_walk_i(issue_walk_i[p*Chunk+:Chunk]),
      .issue_nonzero_i(issue_nonzero),
      .older_i,
      .win_mask_i(win_mask_i[p*Window*Chunk+:Window*Chunk]),
      .win_sign_i(win_sign_i[p*Window*Chunk+:Window*Chunk]),
      .win_walk_i(win_walk_i[p*Window*Chunk+:Window*Chunk]),
      .win_info_i,
      .act_o(act),
      .act_i(acts[32'(act)]),
      .nonzero_i(nonzero_q),
      .active_o(active[p]),
      .left_o(left[p*Window+:Window]),
      .walked_o(walked_o[p]),
      .bit_op_o(bit_op[p]),
      .sum_o(sums_o[p*AccBits+:AccBits])
    );
  end

  always_comb begin
    left_o       = '0;
    active_pes_o = '0;
    bit_ops_o    = '0;
    for (int unsigned p = 0; p < PesPerGroup; p++) begin
      left_o       = left_o | left[p*Window+:Window];
      active_pes_o = active_pes_o + CountBits'(active_q[p]);
      bit_ops_o    = bit_ops_o + CountBits'(bit_op[p]);
    end
  end
  assign active_o = active_q != '0;
endmodule
