// SPDX-License-Identifier: Apache-2.0
// Operand fetch: reads each group's activation word of the next chunk and stages it.
//
// Shape     bank b = (y mod 4) * 4 + x mod 4; group g = gy * 4 + gx.
// Timing    a fetch that starts in cycle s reads in s .. s + stride^2 - 1 and is ready from
//           s + stride^2 + 1 on: the bank's output register, then the staging register.
// Numerics  groups whose output pixel or input position lies outside of the tensor get zeros.
module wd_fetch #(
  parameter  int unsigned Chunk   = wd_arch_pkg::Chunk,
  parameter  int unsigned ActRows = wd_arch_pkg::ActRows,
  localparam int unsigned RowBits = $clog2(ActRows)
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,
  input  logic [wd_arch_pkg::InstrBits-1:0] instr_i,
  input  logic [5:0]                        tile_y_i,
  input  logic [5:0]                        tile_x_i,
  input  logic [3:0]                        inside_y_i,  // group rows and columns inside the output
  input  logic [3:0]                        inside_x_i,
  // control
  input  logic                              setup_i,
  input  logic                              run_first_i,
  input  logic                              consumed_i,  // the first row of the staged chunk is issued
  output logic                              ready_o,
  // banks
  output logic [15:0]                       read_o,
  output logic [16*RowBits-1:0]             row_o,
  input  logic [16*Chunk*8-1:0]             data_i,
  output logic [16*Chunk*8-1:0]             staged_o,
  output logic [4:0]                        reads_o      // words read in this cycle
);
  wd_arch_pkg::instr_t instr;
  assign instr = instr_i;

  // The chunk to fetch next.
  logic [7:0] block_q;
  logic [5:0] kx_q, ky_q;
  logic       more_q;  // there is a next chunk
  logic       last_block, last_kx, last_ky;
  assign last_block = block_q == instr.in_blocks - 8'd1;
  assign last_kx    = kx_q == instr.kernel_w - 6'd1;
  assign last_ky    = ky_q == instr.kernel_h - 6'd1;

  // Sub-reads: 0 in the starting cycle, the rest from the register.
  logic       strided, start, busy_q, reading, last_sub;
  logic [1:0] sub_q, sub;
  assign strided  = instr.stride == 2'd2;
  assign start    = run_first_i || (consumed_i && more_q);
  assign sub      = busy_q ? sub_q : 2'd0;
  assign reading  = start || busy_q;
  assign last_sub = reading && (!strided || sub == 2'd3);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      sub_q  <= 2'd0;
    end else begin
      busy_q <= reading && !last_sub;
      sub_q  <= sub + 2'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (setup_i) begin
      block_q <= 8'd0;
      kx_q    <= 6'd0;
      ky_q    <= 6'd0;
      more_q  <= 1'b1;
    end else if (last_sub) begin
      block_q <= last_block ? 8'd0 : block_q + 8'd1;
      if (last_block) kx_q <= last_kx ? 6'd0 : kx_q + 6'd1;
      if (last_block && last_kx) ky_q <= ky_q + 6'd1;
      more_q <= !(last_block && last_kx && last_ky);
    end
  end

  // Input positions of the four group rows and columns, and who is served by this sub-read.
  logic [3:0] serve_y, serve_x, valid_y, valid_x;
  logic [7:0] bank_y, bank_x;  // two bits per group row or column
  wd_fetch_axis u_axis_y (
    .strided_i(strided), .tile_i(tile_y_i), .tap_i(ky_q), .pad_i(instr.pad), .size_i(instr.in_h),
    .half_i(sub[1]), .inside_i(inside_y_i), .serve_o(serve_y), .valid_o(valid_y), .bank_o(bank_y),
    .read_o(read_y), .quad_o(quad_y)
  );
  wd_fetch_axis u_axis_x (
    .strided_i(strided), .tile_i(tile_x_i), .tap_i(kx_q), .pad_i(instr.pad), .size_i(instr.in_w),
    .half_i(sub[0]), .inside_i(inside_x_i), .serve_o(serve_x), .valid_o(valid_x), .bank_o(bank_x),
    .read_o(read_x), .quad_o(quad_x)
  );

  // Bank addresses: base + (y / 4 * ceil(W / 4) + x / 4) * C + c.
  logic [3:0]  read_y, read_x;
  logic [23:0] quad_y, quad_x;  // y / 4 and x / 4 by bank row and column, six bits each
  logic [RowBits-1:0] quads_wide_q;  // words of a row of 4 x 4 blocks
  logic [4*RowBits-1:0] row_y, row_x;
  always_ff @(posedge clk_i) begin
    if (setup_i) quads_wide_q <= RowBits'((32'(instr.in_w) + 32'd3) >> 2) * RowBits'(instr.in_blocks);
  end
  always_comb begin
    row_y   = '0;
    row_x   = '0;
    read_o  = '0;
    row_o   = '0;
    reads_o = '0;
    if (reading) begin
      for (int unsigned i = 0; i < 4; i++) begin
        row_y[i*RowBits+:RowBits] = RowBits'(quad_y[i*6+:6]) * quads_wide_q + RowBits'(instr.in_base) + RowBits'(block_q);
        row_x[i*RowBits+:RowBits] = RowBits'(quad_x[i*6+:6]) * RowBits'(instr.in_blocks);
      end
      for (int unsigned b = 0; b < 16; b++) begin
        read_o[b] = read_y[b/4] && read_x[b%4];
        row_o[b*RowBits+:RowBits] = row_y[b/4*RowBits+:RowBits] + row_x[b%4*RowBits+:RowBits];
        reads_o = reads_o + 5'(read_o[b]);
      end
    end
  end

  // One cycle later the words are at the banks' outputs.
  logic       arrive_q, last_q;
  logic [3:0] serve_y_q, serve_x_q, valid_y_q, valid_x_q;
  logic [7:0] bank_y_q, bank_x_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      arrive_q <= 1'b0;
      last_q   <= 1'b0;
      ready_o  <= 1'b0;
    end else begin
      arrive_q <= reading;
      last_q   <= last_sub;
      if (last_q) ready_o <= 1'b1;
      else if (consumed_i) ready_o <= 1'b0;
    end
  end
  always_ff @(posedge clk_i) begin
    if (reading) begin
      serve_y_q <= serve_y;
      serve_x_q <= serve_x;
      valid_y_q <= valid_y;
      valid_x_q <= valid_x;
      bank_y_q  <= bank_y;
      bank_x_q  <= bank_x;
    end
    if (arrive_q) begin
      for (int unsigned g = 0; g < 16; g++) begin
        if (serve_y_q[g/4] && serve_x_q[g%4])
          staged_o[g*Chunk*8+:Chunk*8] <= valid_y_q[g/4] && valid_x_q[g%4]
              ? data_i[{bank_y_q[g/4*2+:2], bank_x_q[g%4*2+:2]}*Chunk*8+:Chunk*8] : '0;
      end
    end
  end
endmodule
