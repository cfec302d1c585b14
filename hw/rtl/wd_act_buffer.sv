// SPDX-License-Identifier: Apache-2.0
// Activation buffer: 16 banks. Operand fetch, an ELEMENTWISE's input and residuals share the read port (they never meet: RUN and POST,
// two rows of groups in POST); a STORE_TENSOR reads when none of them reads its bank. The post unit, pools and the DMA share the write port.
//
// Timing    as wd_act_bank. A DMA's word whose bank is written otherwise is held, and written in the next cycle: neither the post unit nor a
//           pool writes a bank in two cycles in a row, and the DMA's next word goes to another bank (hw/sva checks it).
//           store_data_o: the word that was read for store_i, as store_taken_o said, in the cycle before; store_keep_i: it is not sent in this
//           cycle and stays, whatever else its bank reads.
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
  input  logic                   dma_i,         // writes a word
  input  logic                   store_i,       // would read one
  output logic                   store_taken_o, // and does: its bank is free
  input  logic                   store_keep_i,
  input  logic [3:0]             dma_bank_i,
  input  logic [RowBits-1:0]     dma_row_i,
  input  logic [WordBits-1:0]    dma_data_i,
  output logic [WordBits-1:0]    store_data_o
);
  logic                held_q;
  logic [3:0]          held_bank_q, store_bank_q;
  logic [RowBits-1:0]  held_row_q;
  logic [WordBits-1:0] held_data_q;
  always_ff @(posedge clk_i) begin
    held_q <= dma_i && (post_i[dma_bank_i] || pool_i[dma_bank_i]);
    if (dma_i) {held_bank_q, held_row_q, held_data_q} <= {dma_bank_i, dma_row_i, dma_data_i};
    if (store_i) store_bank_q <= dma_bank_i;
  end
  logic [15:0] tiles;  // banks that are read for them
  assign tiles         = fetch_i | input_i | residual_i;
  assign store_taken_o = store_i && !tiles[dma_bank_i];
  logic                kept_q;
  logic [WordBits-1:0] kept_data_q, store_word;
  always_ff @(posedge clk_i) begin
    kept_q <= store_keep_i;
    if (store_keep_i) kept_data_q <= store_data_o;
  end
  assign store_word   = data_o[store_bank_q*WordBits+:WordBits];
  assign store_data_o = kept_q ? kept_data_q : store_word;

  for (genvar b = 0; b < 16; b++) begin : g_bank
    logic dma, held, store;
    assign dma   = dma_i && dma_bank_i == 4'(b);
    assign held  = held_q && held_bank_q == 4'(b);
    assign store = store_i && dma_bank_i == 4'(b);
    wd_act_bank #(.WordBits(WordBits), .Rows(Rows)) u_bank (
      .clk_i,
      .read_i(tiles[b] || store),
      .read_row_i(fetch_i[b] ? fetch_row_i[b*RowBits+:RowBits] : residual_i[b] ? residual_row_i : input_i[b] ? input_row_i : dma_row_i),  // fetch_i comes late
      .data_o(data_o[b*WordBits+:WordBits]),
      .write_i(post_i[b] || pool_i[b] || held || dma),
      .write_row_i(pool_i[b] ? pool_row_i : post_i[b] ? post_row_i : held ? held_row_q : dma_row_i),
      .data_i(pool_i[b] ? pool_data_i[b*WordBits+:WordBits] : post_i[b] ? post_data_i[b%4*WordBits+:WordBits]
            : held ? held_data_q : dma_data_i)
    );
  end
endmodule
