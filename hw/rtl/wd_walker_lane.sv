// SPDX-License-Identifier: Apache-2.0
// The window's slots of one output channel: the words of up to Window rows, shared by all sets.
//
// Shape     words_i: {sign, mask} of the row's planes, the first in the least significant bits; a slot holds {sign, masks}, the
//           sign of the lowest set plane, or of the first (which then says that the weight is not zero).
// Timing    walk_o is the walk map of the word at the input, written with it at the issue.
module wd_walker_lane #(
  parameter  int unsigned Chunk        = wd_arch_pkg::Chunk,
  parameter  int unsigned Window       = wd_arch_pkg::Window,
  parameter  int unsigned PlanesPerRow = wd_arch_pkg::PlanesPerRow,
  localparam int unsigned WordBits     = (PlanesPerRow + 1) * Chunk
) (
  input  logic                            clk_i,
  input  logic                            used_i,
  input  logic                            skip_weights_i,
  input  logic                            skip_bits_i,
  input  logic [Window-1:0]               write_i,   // the slot that the issue writes
  input  logic                            first_i,
  input  logic [1:0]                      planes_i,  // of the row
  input  logic [PlanesPerRow*2*Chunk-1:0] words_i,
  output logic [Chunk-1:0]                walk_o,
  output logic [Window*WordBits-1:0]      slots_o
);
  logic [PlanesPerRow*Chunk-1:0] masks;
  logic [Chunk-1:0]              sign, any;
  always_comb begin
    masks = '0;
    any   = '0;
    sign  = words_i[Chunk+:Chunk];
    for (int unsigned j = 0; j < PlanesPerRow; j++) begin
      if (2'(j) < planes_i) begin
        masks[j*Chunk+:Chunk] = words_i[j*2*Chunk+:Chunk];
        // All set planes of a weight have its sign: the first one decides.
        sign = (any & sign) | (~any & ((words_i[j*2*Chunk+:Chunk] & words_i[(j*2+1)*Chunk+:Chunk])
                                       | (~words_i[j*2*Chunk+:Chunk] & sign)));
        any  = any | words_i[j*2*Chunk+:Chunk];
      end
    end
  end
  wd_walker_map #(.Chunk(Chunk)) u_map (
    .used_i, .skip_weights_i, .skip_bits_i, .first_i, .set_i(any), .nonzero_i(any | sign), .walk_o
  );

  for (genvar s = 0; s < Window; s++) begin : g_slot
    logic [WordBits-1:0] slot_q;
`ifdef SYNTHESIS
    logic clk;
    wd_icg u_icg (.clk_i, .en_i(write_i[s]), .clk_o(clk));
    always_ff @(posedge clk) slot_q <= {sign, masks};
`else
    always_ff @(posedge clk_i) begin
      if (write_i[s]) slot_q <= {sign, masks};
    end
`endif
    assign slots_o[s*WordBits+:WordBits] = slot_q;
  end
endmodule
