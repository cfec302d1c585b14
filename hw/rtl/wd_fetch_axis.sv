// SPDX-License-Identifier: Apache-2.0
// Operand fetch along one axis: where the four group rows (or columns) read, and in which bank row.
//
// Shape     position = (4 * tile + i) * stride + tap - pad for group row i; bank row = position mod 4.
// Timing    combinational.
module wd_fetch_axis (
  input  logic        strided_i,   // stride 2
  input  logic [5:0]  tile_i,
  input  logic [5:0]  tap_i,       // kernel row or column
  input  logic [3:0]  pad_i,
  input  logic [7:0]  size_i,      // input height or width
  input  logic        half_i,      // with stride 2: the half of the group rows that is served
  input  logic [3:0]  inside_i,    // group rows inside the output
  output logic [3:0]  serve_o,     // served by this sub-read
  output logic [3:0]  valid_o,     // reads a position inside the tensor
  output logic [7:0]  bank_o,      // bank row by group row, two bits each
  output logic [3:0]  read_o,      // bank rows that are read
  output logic [23:0] quad_o       // position / 4 by bank row, six bits each
);
  logic signed [11:0] position;
  always_comb begin
    serve_o  = '0;
    valid_o  = '0;
    bank_o   = '0;
    read_o   = '0;
    quad_o   = '0;
    position = '0;
    for (int unsigned i = 0; i < 4; i++) begin
      position = (strided_i ? 12'({tile_i, 2'(i), 1'b0}) : 12'({tile_i, 2'(i)})) + 12'(tap_i) - 12'(pad_i);
      serve_o[i]      = !strided_i || 1'(i / 2) == half_i;
      valid_o[i]      = inside_i[i] && !position[11] && position < $signed({4'd0, size_i});
      bank_o[i*2+:2]  = position[1:0];
      if (serve_o[i]) begin
        read_o[position[1:0]] = valid_o[i];
        quad_o[position[1:0]*6+:6] = position[7:2];
      end
    end
  end
endmodule
