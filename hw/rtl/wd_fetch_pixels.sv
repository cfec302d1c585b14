// SPDX-License-Identifier: Apache-2.0
// Operand fetch: where the output pixel of each group lies in the input, from tile to tile.
//
// Shape     y_o, x_o: stride * row and column of the output pixel, PlaceBits a group; offset_o: y * in_w + x of these,
//           modulo 2^AddressBits. Group g of tile t has the output pixel 16 t + g in raster order, of image g mod `images`:
//           of whose columns alone x_o counts several: it is less by (stride - 1) times the image's number.
//           A pooled CONV has one tile, whose groups begin at the first 16 pixels of the input.
// Timing    first_i or next_i in cycle t: the tile's pixels from t + 1 on. setup_i and, a cycle later, run_first_i come before
//           each next_i: in them what a step adds is computed.
// Not       which of the pixels lie outside of the tensor: wd_sequencer.
module wd_fetch_pixels #(
  parameter  int unsigned AddressBits = 14,
  parameter  int unsigned PlaceBits   = 12,
  localparam int unsigned StepBits    = wd_arch_pkg::StrideBits + 5  // of 16 strides
) (
  input  logic                              clk_i,
  input  logic [wd_arch_pkg::InstrBits-1:0] instr_i,
  input  logic                              first_i,   // go to tile 0
  input  logic                              next_i,    // go to the next tile
  input  logic                              setup_i,
  input  logic                              run_first_i,
  output logic [16*PlaceBits-1:0]           y_o,
  output logic [16*PlaceBits-1:0]           x_o,
  output logic [16*AddressBits-1:0]         offset_o
);
  wd_arch_pkg::instr_t instr;
  assign instr = instr_i;

  // Of so many pixels of an output row, in the input.
  function automatic logic [StepBits-1:0] scaled(input logic [4:0] count, input logic [wd_arch_pkg::StrideBits-1:0] stride);
    scaled = StepBits'(count) * StepBits'(stride);
  endfunction

  // Multiples of an output row's distance in the input: a table and at most one adder each.
  logic [AddressBits-1:0] row1, row3, row5, row7;
  assign row1 = AddressBits'(instr.in_w) * AddressBits'(instr.stride);
  assign row3 = row1 + {row1[AddressBits-2:0], 1'b0};
  assign row5 = row1 + {row1[AddressBits-3:0], 2'b0};
  assign row7 = {row1[AddressBits-4:0], 3'b0} - row1;
  function automatic logic [AddressBits-1:0] multiple(input logic [2:0] n, input logic [AddressBits-1:0] one, input logic [AddressBits-1:0] three,
                                                  input logic [AddressBits-1:0] five, input logic [AddressBits-1:0] seven);
    case (n)
      3'd0:    multiple = '0;
      3'd1:    multiple = one;
      3'd2:    multiple = {one[AddressBits-2:0], 1'b0};
      3'd3:    multiple = three;
      3'd4:    multiple = {one[AddressBits-3:0], 2'b0};
      3'd5:    multiple = five;
      3'd6:    multiple = {three[AddressBits-2:0], 1'b0};
      default: multiple = seven;
    endcase
  endfunction

  // 16 pixels on: rows and columns, with one correction where the row ends.
  logic [3:0] width;  // 0: 16 or more
  logic [4:0] rows, columns;
  assign width = instr.out_w < wd_arch_pkg::OutWBits'(16) && !instr.pooled ? instr.out_w[3:0] : 4'd0;
  always_comb begin
    case (width)
      4'd1:    {rows, columns} = {5'd16, 5'd0};
      4'd2:    {rows, columns} = {5'd8, 5'd0};
      4'd3:    {rows, columns} = {5'd5, 5'd1};
      4'd4:    {rows, columns} = {5'd4, 5'd0};
      4'd5:    {rows, columns} = {5'd3, 5'd1};
      4'd6:    {rows, columns} = {5'd2, 5'd4};
      4'd7:    {rows, columns} = {5'd2, 5'd2};
      4'd8:    {rows, columns} = {5'd2, 5'd0};
      4'd0:    {rows, columns} = {5'd0, 5'd16};
      default: {rows, columns} = {5'd1, 5'd16 - {1'b0, width}};
    endcase
  end
  logic [AddressBits-1:0] rows_distance;
  assign rows_distance = rows[4] ? {row1[AddressBits-5:0], 4'b0}
                       : rows[3] ? {row1[AddressBits-4:0], 3'b0} : multiple(rows[2:0], row1, row3, row5, row7);
  logic [AddressBits-1:0] step_q, to_next_row_q, step_wrap_q;
  logic [StepBits-1:0]    step_y_q, step_x_q;
  logic [PlaceBits-1:0]   row_end, row_end_q;
  logic [wd_arch_pkg::StrideBits-1:0] stride_q;
  assign row_end = PlaceBits'(instr.out_w) * PlaceBits'(instr.stride);
  always_ff @(posedge clk_i) begin
    if (setup_i) begin
      step_q        <= rows_distance + AddressBits'(scaled(columns, instr.stride));
      to_next_row_q <= row1 - AddressBits'(row_end);
      step_y_q      <= scaled(rows, instr.stride);
      step_x_q      <= scaled(columns, instr.stride);
      row_end_q     <= row_end;
      stride_q      <= instr.stride;
    end
    if (run_first_i) step_wrap_q <= step_q + to_next_row_q;
  end

  // Bits of a pixel's number that are its image's.
  logic [3:0] image_bits;
  always_comb begin
    for (int unsigned i = 0; i < 4; i++) image_bits[i] = (instr.images >> (i + 1)) != '0;
  end

  for (genvar g = 0; g < 16; g++) begin : g_group
    // Row and column in tile 0: g divided by the width.
    logic [3:0] row, column;
    always_comb begin
      case (width)
        4'd1:    {row, column} = {4'(g), 4'd0};
        4'd2:    {row, column} = {4'(g / 2), 4'(g % 2)};
        4'd3:    {row, column} = {4'(g / 3), 4'(g % 3)};
        4'd4:    {row, column} = {4'(g / 4), 4'(g % 4)};
        4'd5:    {row, column} = {4'(g / 5), 4'(g % 5)};
        4'd6:    {row, column} = {4'(g / 6), 4'(g % 6)};
        4'd7:    {row, column} = {4'(g / 7), 4'(g % 7)};
        4'd8:    {row, column} = {4'(g / 8), 4'(g % 8)};
        4'd9:    {row, column} = {4'(g / 9), 4'(g % 9)};
        4'd10:   {row, column} = {4'(g / 10), 4'(g % 10)};
        4'd11:   {row, column} = {4'(g / 11), 4'(g % 11)};
        4'd12:   {row, column} = {4'(g / 12), 4'(g % 12)};
        4'd13:   {row, column} = {4'(g / 13), 4'(g % 13)};
        4'd14:   {row, column} = {4'(g / 14), 4'(g % 14)};
        4'd15:   {row, column} = {4'(g / 15), 4'(g % 15)};
        default: {row, column} = {4'd0, 4'(g)};
      endcase
    end
    logic [StepBits-1:0] start;  // x of tile 0
    assign start = scaled({1'b0, column}, instr.stride) - scaled({1'b0, 4'(g) & image_bits}, instr.stride - 1'b1);
    // Only a width of 1 has rows from 8 on, and then the column is 0.
    logic [AddressBits-1:0] first, first_rest;
    assign first_rest = row[3] ? {row1[AddressBits-4:0], 3'b0} : AddressBits'(start);
    assign first      = multiple(row[2:0], row1, row3, row5, row7) + first_rest;

    logic [PlaceBits-1:0]   y_q, x_q, x_step;
    logic [AddressBits-1:0] offset_q;
    logic                   wrap;
    assign x_step = x_q + PlaceBits'(step_x_q);
    assign wrap   = x_step >= row_end_q;
    always_ff @(posedge clk_i) begin
      if (first_i) begin
        y_q      <= PlaceBits'(scaled({1'b0, row}, instr.stride));
        x_q      <= PlaceBits'(start);
        offset_q <= first;
      end else if (next_i) begin
        y_q      <= y_q + PlaceBits'(step_y_q) + (wrap ? PlaceBits'(stride_q) : PlaceBits'(0));
        x_q      <= wrap ? x_step - row_end_q : x_step;
        offset_q <= offset_q + (wrap ? step_wrap_q : step_q);
      end
    end
    assign y_o[g*PlaceBits+:PlaceBits]          = y_q;
    assign x_o[g*PlaceBits+:PlaceBits]          = x_q;
    assign offset_o[g*AddressBits+:AddressBits] = offset_q;
  end
endmodule
