// SPDX-License-Identifier: Apache-2.0
// Instruction memory: written by the host in words of 32 bits, read by it and by the sequencer's FETCH.
//
// Timing    synchronous read; the instruction stays until the next read.
module wd_instr_memory #(
  parameter  int unsigned Rows    = wd_arch_pkg::InstrRows,
  localparam int unsigned RowBits = $clog2(Rows)
) (
  input  logic                              clk_i,
  input  logic [wd_arch_pkg::InstrBits/32-1:0] write_i,  // by word
  input  logic [RowBits-1:0]                write_row_i,
  input  logic [wd_arch_pkg::InstrBits-1:0] data_i,
  input  logic                              read_i,
  input  logic [RowBits-1:0]                read_row_i,
  output logic [wd_arch_pkg::InstrBits-1:0] instr_o
);
  logic [wd_arch_pkg::InstrBits-1:0] mem [Rows];
  always_ff @(posedge clk_i) begin
    for (int unsigned w = 0; w < wd_arch_pkg::InstrBits / 32; w++)
      if (write_i[w]) mem[write_row_i][w*32+:32] <= data_i[w*32+:32];
    if (read_i) instr_o <= mem[read_row_i];
  end
endmodule
