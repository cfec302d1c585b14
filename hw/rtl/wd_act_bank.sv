// SPDX-License-Identifier: Apache-2.0
// One bank of the activation buffer: a word of 16 FP8 values is read and a word written per cycle.
//
// Timing    synchronous read; the word stays until the next read. Reading a word that is being
//           written gives the old one.
module wd_act_bank #(
  parameter  int unsigned WordBits = 128,
  parameter  int unsigned Rows     = wd_arch_pkg::ActRows,
  localparam int unsigned RowBits  = $clog2(Rows)
) (
  input  logic                clk_i,
  input  logic                read_i,
  input  logic [RowBits-1:0]  read_row_i,
  output logic [WordBits-1:0] data_o,
  input  logic                write_i,
  input  logic [RowBits-1:0]  write_row_i,
  input  logic [WordBits-1:0] data_i
);
  logic [WordBits-1:0] mem [Rows] /* verilator public_flat_rd */;
  always_ff @(posedge clk_i) begin
    if (read_i) data_o <= mem[read_row_i];
    if (write_i) mem[write_row_i] <= data_i;
  end
endmodule
