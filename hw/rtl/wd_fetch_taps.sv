// SPDX-License-Identifier: Apache-2.0
// Operand fetch: the chunks of a tile in their order, as what they add to the groups' pixels.
//
// Shape     address_o: 16 * row + bank of the chunk's word for the output pixel (0, 0), modulo 2^AddressBits. A group at y reads
//           inside of the input if low_y_o <= y < high_y_o, two's complement; columns alike. The images of a batch lie side by
//           side, so that a column on is `images` pixels on. A POOL's tile has one channel block: its chunks are the kernel positions.
//           A pooled CONV's positions are 16 pixels each: of the last ones high_x_o says how many there are.
//           A group at y >= wrap_y_o reads where its ring begins again: wrapped_address_o takes address_o's place, `in_rows` rows before it.
// Timing    first_i or next_i in cycle t: the chunk from t + 1 on. valid_o falls behind the last one.
module wd_fetch_taps #(
  parameter  int unsigned AddressBits  = 14,
  parameter  int unsigned PlaceBits    = 12,
  localparam int unsigned PositionBits = 12  // 63 x 63 pixels of 16 images, 16 at a time
) (
  input  logic                              clk_i,
  input  logic [wd_arch_pkg::InstrBits-1:0] instr_i,
  input  logic                              begin_i,   // go to the first tile, of channel block 0
  input  logic                              next_oc_i, // go to the next channel block
  input  logic                              first_i,   // go to chunk 0
  input  logic                              next_i,    // go to the next chunk
  output logic                              valid_o,
  output logic [AddressBits-1:0]            address_o,
  output logic [AddressBits-1:0]            wrapped_address_o,
  output logic [PlaceBits-1:0]              wrap_y_o,
  output logic [PlaceBits-1:0]              low_y_o,
  output logic [PlaceBits-1:0]              high_y_o,
  output logic [PlaceBits-1:0]              low_x_o,
  output logic [PlaceBits-1:0]              high_x_o
);
  wd_arch_pkg::instr_t instr;
  assign instr = instr_i;

  // pad_y * in_w, two bits of pad_y at a time.
  logic [PlaceBits-1:0] width1, width3;
  logic [PlaceBits+1:0] pad_distance;
  assign width1 = {2'd0, instr.in_w};
  assign width3 = width1 + {width1[PlaceBits-2:0], 1'b0};
  function automatic logic [PlaceBits-1:0] multiple(input logic [1:0] n, input logic [PlaceBits-1:0] one, input logic [PlaceBits-1:0] three);
    case (n)
      2'd0:    multiple = '0;
      2'd1:    multiple = one;
      2'd2:    multiple = {one[PlaceBits-2:0], 1'b0};
      default: multiple = three;
    endcase
  endfunction
  assign pad_distance = (PlaceBits + 2)'(multiple(instr.pad_y[1:0], width1, width3)) + {multiple(instr.pad_y[3:2], width1, width3), 2'b0};

  // Columns of padding, in pixels.
  logic [PlaceBits-1:0] pad_x;
  always_comb begin
    pad_x = '0;
    for (int unsigned i = 0; i < wd_arch_pkg::ImagesBits; i++)
      if (instr.images[i]) pad_x = pad_x | PlaceBits'(instr.pad_x) << i;
  end

  // Distances to the end, so that the last one is known at once.
  logic [wd_arch_pkg::InBlocksBits-1:0] block_q, last_tap_block;
  logic [PositionBits-1:0] kx_q, last_column;  // of a pooled CONV in rows of 16 pixels
  logic [5:0]             ky_q, last_line;
  logic                   last_block, last_kx, last_ky;
  logic [AddressBits-1:0] tap_q, line_q;  // block 0 of this tap, and of the first one of this kernel row
  logic [AddressBits-1:0] first_address, next_tap;
  assign last_block    = block_q == '0;
  assign last_kx       = kx_q == '0;
  assign last_ky       = ky_q == 6'd0;
  // A tile's first chunk: the CONV's, or that of a POOL's channel block. The sums do not wait for begin_i and next_oc_i, which come late.
  logic                   pool;
  logic [AddressBits-1:0] begin_address, next_block_address, first_address_q;
  assign pool               = instr.op == wd_arch_pkg::OP_POOL;
  assign last_tap_block     = pool ? '0 : instr.in_blocks - 1'b1;
  assign begin_address      = AddressBits'({instr.in_base, instr.in_offset}) - AddressBits'(pad_distance) - AddressBits'(pad_x);
  assign next_block_address = first_address_q + AddressBits'({instr.in_rows, 4'd0});
  assign first_address      = begin_i ? begin_address : next_oc_i && pool ? next_block_address : first_address_q;
  always_ff @(posedge clk_i) begin
    if (first_i) first_address_q <= first_address;
  end
  assign next_tap      = (last_kx ? line_q : tap_q) + (last_kx ? AddressBits'(instr.in_w) : step);

  logic [AddressBits-1:0] step;         // from a column to the next
  logic [PlaceBits-1:0]   last_pixels;  // of a pooled CONV's last position
  assign step        = instr.pooled ? AddressBits'(16) : AddressBits'(instr.images);
  assign last_column = instr.pooled ? PositionBits'(instr.in_rows) - PositionBits'(1) : PositionBits'(instr.kernel_w) - PositionBits'(1);
  assign last_line   = instr.pooled ? 6'd0 : instr.kernel_h - 6'd1;
  logic [3:0] rest;
  assign rest        = instr.in_h[3:0] * instr.in_w[3:0];  // four bits of it are enough
  assign last_pixels = PlaceBits'({rest == 4'd0, rest});

  // The same, a ring before: what follows a channel block in a ring begins where the block did.
  logic [AddressBits-1:0] begin_wrapped, first_wrapped, first_wrapped_q, wrapped_tap_q, wrapped_line_q, next_wrapped_tap;
  assign begin_wrapped    = AddressBits'({wd_arch_pkg::InRowsBits'(instr.in_base) - instr.in_rows, instr.in_offset})
                          - AddressBits'(pad_distance) - AddressBits'(pad_x);
  assign first_wrapped    = begin_i ? begin_wrapped : next_oc_i && pool ? first_address_q : first_wrapped_q;
  assign next_wrapped_tap = (last_kx ? wrapped_line_q : wrapped_tap_q)
                          + (last_kx ? AddressBits'(instr.in_w) : step);
  logic [PlaceBits-1:0]   first_wrap_y;
  assign first_wrap_y = instr.in_wrap == '0 ? {1'b0, {PlaceBits - 1{1'b1}}}  // beyond all rows, even after 62 steps down
                      : PlaceBits'(instr.pad_y) + PlaceBits'(instr.in_wrap);
  always_ff @(posedge clk_i) begin
    if (first_i) begin
      first_wrapped_q   <= first_wrapped;
      wrapped_address_o <= first_wrapped;
      wrapped_tap_q     <= first_wrapped;
      wrapped_line_q    <= first_wrapped;
      wrap_y_o          <= first_wrap_y;
    end else if (next_i) begin
      wrapped_address_o <= last_block ? next_wrapped_tap : address_o;
      if (last_block) begin
        wrapped_tap_q <= next_wrapped_tap;
        if (last_kx) begin
          wrapped_line_q <= next_wrapped_tap;
          wrap_y_o       <= wrap_y_o - 1'b1;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (first_i) begin
      valid_o   <= 1'b1;
      block_q   <= last_tap_block;
      kx_q      <= last_column;
      ky_q      <= last_line;
      address_o <= first_address;
      tap_q     <= first_address;
      line_q    <= first_address;
      low_y_o   <= PlaceBits'(instr.pad_y);
      high_y_o  <= PlaceBits'(instr.pad_y) + PlaceBits'(instr.in_h);
      low_x_o   <= pad_x;
      high_x_o  <= !instr.pooled ? pad_x + PlaceBits'(instr.in_w) : last_column == '0 ? last_pixels : PlaceBits'(16);
    end else if (next_i) begin
      block_q   <= last_block ? last_tap_block : block_q - 1'b1;
      address_o <= last_block ? next_tap : address_o + AddressBits'({instr.in_rows, 4'd0});
      if (last_block) begin
        valid_o  <= !(last_kx && last_ky);
        tap_q    <= next_tap;
        kx_q     <= last_kx ? last_column : kx_q - PositionBits'(1);
        if (instr.pooled) begin
          if (kx_q == PositionBits'(1)) high_x_o <= last_pixels;
        end else begin
          low_x_o  <= last_kx ? pad_x : low_x_o - PlaceBits'(instr.images);
          high_x_o <= last_kx ? pad_x + PlaceBits'(instr.in_w) : high_x_o - PlaceBits'(instr.images);
        end
        if (last_kx) begin
          line_q   <= next_tap;
          ky_q     <= ky_q - 6'd1;
          low_y_o  <= low_y_o - 1'b1;
          high_y_o <= high_y_o - 1'b1;
        end
      end
    end
  end
endmodule
