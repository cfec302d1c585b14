// SPDX-License-Identifier: Apache-2.0
// Operand fetch: reads each group's activation word of the next chunk and stages it.
//
// Shape     a request is a group's bank and row.
// Timing    a fetch that starts in cycle s reads in s .. s + f - 1 and is ready from s + f + 1 on: the bank's output
//           register, then the staging register. f: most groups that need one bank, at least 1; in each sub-read a bank
//           serves the lowest group that still needs it. The next chunk's requests are made in SETUP and in cycle s + f:
//           consumed_i decides only whether a cycle reads.
//           A POOL's chunks follow by themselves, as if each were consumed as soon as it is ready; pool_done_o: the last RUN cycle.
// Numerics  groups whose output pixel or input position lies outside of the tensor get zeros.
// Test      testbench/rtl/fetch_test.cpp
module wd_fetch #(
  parameter  int unsigned Chunk       = wd_arch_pkg::Chunk,
  parameter  int unsigned ActRows     = wd_arch_pkg::ActRows,
  localparam int unsigned RowBits     = $clog2(ActRows),
  localparam int unsigned AddressBits = RowBits + 4,
  localparam int unsigned PlaceBits   = wd_arch_pkg::InHBits + 2  // a strided coordinate, or a negative one
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,
  input  logic [wd_arch_pkg::InstrBits-1:0] instr_i,
  input  logic [15:0]                       inside_i,     // groups whose output pixel lies inside the tensor
  // control
  input  logic                              begin_i,      // a convolution or pool begins
  input  logic                              tile_done_i,  // last cycle of a tile
  input  logic                              next_oc_i,    // which was the last of its output-channel tile
  input  logic                              setup_i,
  input  logic                              run_first_i,
  input  logic                              consumed_i,   // the first row of the staged chunk is issued
  output logic                              ready_o,
  // banks
  output logic [15:0]                       read_o,
  output logic [16*RowBits-1:0]             row_o,        // of banks that are read
  input  logic [16*Chunk*8-1:0]             data_i,
  output logic [16*Chunk*8-1:0]             staged_o,
  output logic                              pool_done_o,
  output logic [4:0]                        reads_o       // words read in this cycle
);
  logic prepare, start, reading, busy_q, more_q, last_q, arrive_q;  // prepare: requests are made
  wd_arch_pkg::instr_t instr;
  // A TRANSPOSE's words are read as those of a POOL that takes each pixel as it is: `fetched`.
  wd_arch_pkg::instr_t fetched;
  logic pool, transpose;
  assign instr     = instr_i;
  assign transpose = instr.op == wd_arch_pkg::OP_TRANSPOSE;
  assign pool      = instr.op == wd_arch_pkg::OP_POOL || transpose;
  always_comb begin
    fetched = instr;
    if (transpose) begin
      fetched.op       = wd_arch_pkg::OP_POOL;
      fetched.stride   = wd_arch_pkg::StrideBits'(1);
      fetched.kernel_h = wd_arch_pkg::KernelHBits'(1);
      fetched.kernel_w = wd_arch_pkg::KernelWBits'(1);
      fetched.out_w    = instr.in_w;
      fetched.images   = wd_arch_pkg::ImagesBits'(1);
    end
  end
  assign prepare = setup_i || last_q;
  assign start   = run_first_i || ((pool ? ready_o : consumed_i) && more_q);
  assign reading = start || busy_q;

  // Where the groups are, and what the chunk adds.
  logic [16*PlaceBits-1:0]   y, x;
  logic [16*AddressBits-1:0] offset;
  logic [PlaceBits-1:0]      low_y, high_y, low_x, high_x, wrap_y;
  logic [AddressBits-1:0]    tap_address, wrapped_address;
  logic                      tap_valid;
  wd_fetch_pixels #(.AddressBits(AddressBits), .PlaceBits(PlaceBits)) u_pixels (
    .clk_i, .instr_i(fetched), .first_i(begin_i || next_oc_i), .next_i(tile_done_i && !next_oc_i), .setup_i, .run_first_i,
    .y_o(y), .x_o(x), .offset_o(offset)
  );
  wd_fetch_taps #(.AddressBits(AddressBits), .PlaceBits(PlaceBits)) u_taps (
    .clk_i, .instr_i(fetched), .begin_i, .next_oc_i, .first_i(begin_i || tile_done_i), .next_i(prepare),
    .valid_o(tap_valid), .address_o(tap_address), .wrapped_address_o(wrapped_address), .wrap_y_o(wrap_y),
    .low_y_o(low_y), .high_y_o(high_y), .low_x_o(low_x), .high_x_o(high_x)
  );

  function automatic logic in_range(input logic [PlaceBits-1:0] value, input logic [PlaceBits-1:0] low, input logic [PlaceBits-1:0] high);
    in_range = $signed({1'b0, value}) >= $signed({low[PlaceBits-1], low}) && $signed({1'b0, value}) < $signed({high[PlaceBits-1], high});
  endfunction

  // Requests of a chunk; waiting_q: groups that its sub-reads have not served yet.
  logic [16*AddressBits-1:0] address_q;
  logic [15:0]               valid_q, waiting_q, valid, serve, wanted;
  logic [15:0]               wrapped;  // groups whose pixel lies where its ring begins again
  for (genvar g = 0; g < 16; g++) begin : g_valid
    assign wrapped[g] = $signed({1'b0, y[g*PlaceBits+:PlaceBits]}) >= $signed({wrap_y[PlaceBits-1], wrap_y});
    assign valid[g] = inside_i[g] && in_range(y[g*PlaceBits+:PlaceBits], low_y, high_y) && in_range(x[g*PlaceBits+:PlaceBits], low_x, high_x);
  end
  always_ff @(posedge clk_i) begin
    if (prepare) begin
      more_q    <= tap_valid;
      valid_q   <= valid;
      waiting_q <= valid;
      for (int unsigned g = 0; g < 16; g++)
        address_q[g*AddressBits+:AddressBits] <= offset[g*AddressBits+:AddressBits] + (wrapped[g] ? wrapped_address : tap_address);
    end else if (reading) begin
      waiting_q <= waiting_q & ~serve;
    end
  end

  // Each bank serves the lowest waiting group that needs it.
  logic [16*16-1:0] served;  // by bank
  for (genvar b = 0; b < 16; b++) begin : g_bank
    logic [15:0]        needs, below;
    logic [RowBits-1:0] row;
    always_comb begin
      for (int unsigned g = 0; g < 16; g++)
        needs[g] = waiting_q[g] && address_q[g*AddressBits+:4] == 4'(b);
      below = {needs[14:0], 1'b0};
      below = below | {below[14:0], 1'b0};
      below = below | {below[13:0], 2'b0};
      below = below | {below[11:0], 4'b0};
      below = below | {below[7:0], 8'b0};
    end
    assign served[b*16+:16] = needs & ~below;
    assign wanted[b]        = needs != '0;
    always_comb begin
      row = '0;
      for (int unsigned g = 0; g < 16; g++)
        if (served[b*16+g]) row = row | address_q[g*AddressBits+4+:RowBits];
    end
    assign row_o[b*RowBits+:RowBits] = row;
  end
  always_comb begin
    serve   = '0;
    reads_o = '0;
    for (int unsigned b = 0; b < 16; b++) begin
      serve   = serve | served[b*16+:16];
      reads_o = reads_o + 5'(wanted[b] && reading);
    end
  end
  assign read_o = reading ? wanted : '0;

  logic last;  // the sub-read of this cycle is the chunk's last one, if it takes place
  assign last = (waiting_q & ~serve) == '0;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q   <= 1'b0;
      arrive_q <= 1'b0;
      last_q   <= 1'b0;
      ready_o  <= 1'b0;
    end else begin
      busy_q   <= reading && !last;
      arrive_q <= reading;
      last_q   <= reading && last;
      if (last_q) ready_o <= 1'b1;
      else if (pool || consumed_i) ready_o <= 1'b0;
    end
  end

  assign pool_done_o = pool && last_q && !tap_valid;

  // One cycle later the words are at the banks' outputs; the requests still stand.
  logic [15:0] serve_q;
  always_ff @(posedge clk_i) begin
    if (reading) serve_q <= serve;
  end
  for (genvar g = 0; g < 16; g++) begin : g_stage
    wd_fetch_stage #(.Chunk(Chunk)) u_stage (
      .clk_i, .pool_i(pool && !transpose), .begin_i(setup_i), .arrive_i(arrive_q), .valid_i(valid_q[g]), .serve_i(serve_q[g]),
      .word_i(data_i[address_q[g*AddressBits+:4]*Chunk*8+:Chunk*8]), .staged_o(staged_o[g*Chunk*8+:Chunk*8])
    );
  end
endmodule
