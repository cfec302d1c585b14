// SPDX-License-Identifier: Apache-2.0
// Activation buffer: 16 banks. Operand fetch, an ELEMENTWISE's input and residuals share the read port (they never meet:
// RUN and POST, two rows of groups in POST); the post unit, pools and the DMA share the write port.
//
// Timing    as wd_act_bank. A DMA write displaces one of the post unit in the same bank: programs
//           wait for LOAD_INPUT before a convolution (hw/sva checks it).
module wd_act_buffer #(
  parameter  int unsigned WordBits = 128,
  parameter  int unsigned Rows     = wd_arch_pkg::ActRows,
  localparam int unsigned RowBits  = $clog2(Rows)
) (
  input  logic                   clk_i,
  input  logic [15:0]            fetch_i,
  input  logic [16*RowBits-1:0]  fetch_row_i,
  input  logic [15:0]            input_i,
  input  logic [RowBits-1:0]     input_row_i,
  input  logic [15:0]            residual_i,
  input  logic [RowBits-1:0]     residual_row_i,
  output logic [16*WordBits-1:0] data_o,
  input  logic [15:0]            post_i,
  input  logic [RowBits-1:0]     post_row_i,
  input  logic [4*WordBits-1:0]  post_data_i,   // one row of groups: word b mod 4 goes to bank b
  input  logic [15:0]            pool_i,
  input  logic [RowBits-1:0]     pool_row_i,
  input  logic [16*WordBits-1:0] pool_data_i,
  input  logic                   dma_i,
  input  logic [3:0]             dma_bank_i,
  input  logic [RowBits-1:0]     dma_row_i,
  input  logic [WordBits-1:0]    dma_data_i
);
  for (genvar b = 0; b < 16; b++) begin : g_bank
    logic dma;
    assign dma = dma_i && dma_bank_i == 4'(b);
    wd_act_bank #(.WordBits(WordBits), .Rows(Rows)) u_bank (
      .clk_i,
      .read_i(fetch_i[b] || input_i[b] || residual_i[b]),
      .read_row_i(residual_i[b] ? residual_row_i : input_i[b] ? input_row_i : fetch_row_i[b*RowBits+:RowBits]),  // fetch_i comes late
      .data_o(data_o[b*WordBits+:WordBits]),
      .write_i(dma || post_i[b] || pool_i[b]),
      .write_row_i(dma ? dma_row_i : pool_i[b] ? pool_row_i : post_row_i),
      .data_i(dma ? dma_data_i : pool_i[b] ? pool_data_i[b*WordBits+:WordBits] : post_data_i[b%4*WordBits+:WordBits])
    );
  end
endmodule
