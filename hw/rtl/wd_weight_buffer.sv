// SPDX-License-Identifier: Apache-2.0
// Weight buffer: a row holds one bit-plane word per PE; up to Planes consecutive rows are read at once.
//
// Shape     word p at p * WordBits, plane-major at the output. Row a lies in bank a mod Banks, so that consecutive rows never
//           share one. A write goes to the lanes selected; lane_word_i names, two bits per lane, which of the beat's words it takes. A decoded row goes
//           to all lanes. Each lane has memories of its own: synthesis takes the lanes' ports of a wide one by one.
// Timing    synchronous read of read_count_i rows from read_row_i on; they stay until the next read.
module wd_weight_buffer #(
  parameter  int unsigned Lanes    = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned WordBits = 2 * wd_arch_pkg::Chunk,
  parameter  int unsigned Rows     = wd_arch_pkg::WeightRows,
  parameter  int unsigned Planes   = wd_arch_pkg::PlanesPerRow,
  localparam int unsigned Banks    = Planes == 3 ? 4 : Planes,
  localparam int unsigned BankBits = Banks > 1 ? $clog2(Banks) : 1,
  localparam int unsigned RowBits  = $clog2(Rows),
  localparam int unsigned AtBits   = $clog2(Rows / Banks)
) (
  input  logic                             clk_i,
  input  logic                             read_i,
  input  logic [RowBits-1:0]               read_row_i,
  input  logic [1:0]                       read_count_i,
  output logic [Planes*Lanes*WordBits-1:0] row_o,
  input  logic                             write_i,
  input  logic [RowBits-1:0]               write_row_i,
  input  logic [Lanes-1:0]                 lanes_i,
  input  logic [Lanes*2-1:0]               lane_word_i,
  input  logic [4*WordBits-1:0]            words_i,
  input  logic                             coded_i,  // row_i is written, whole
  input  logic [Lanes*WordBits-1:0]        row_i
);
  if (Rows % Banks != 0) begin : g_check_rows
    $fatal(1, "WeightRows must be a multiple of the banks that PlanesPerRow needs");
  end

  logic [Banks*Lanes*WordBits-1:0] bank;
  logic [BankBits-1:0]             first_q;  // the bank of the first row
  always_ff @(posedge clk_i) begin
    if (read_i) first_q <= Banks > 1 ? read_row_i[BankBits-1:0] : '0;
  end

  for (genvar b = 0; b < Banks; b++) begin : g_bank
    // The row of this bank is the first one's number plus `offset`.
    logic [BankBits-1:0] offset;
    logic [RowBits-1:0]  read_row;
    logic [AtBits-1:0]   read_at, write_at;
    logic                read, write;
    if (Banks > 1) begin : g_split
      assign offset = BankBits'(b) - read_row_i[BankBits-1:0];
      assign read   = read_i && 2'(offset) < read_count_i;
      assign write  = (write_i || coded_i) && write_row_i[BankBits-1:0] == BankBits'(b);
    end else begin : g_whole
      assign offset = '0;
      assign read   = read_i;
      assign write  = write_i || coded_i;
      logic unused;
      assign unused = &{1'b0, read_count_i};
    end
    assign read_row = read_row_i + RowBits'(offset);
    assign read_at  = AtBits'(read_row >> $clog2(Banks));
    assign write_at = AtBits'(write_row_i >> $clog2(Banks));
    // A memory for each lane's words, with one port for writes and one for reads.
    for (genvar p = 0; p < Lanes; p++) begin : g_lane
      logic [WordBits-1:0] mem [Rows/Banks];
      always_ff @(posedge clk_i) begin
        if (read) bank[(b*Lanes+p)*WordBits+:WordBits] <= mem[read_at];
        if (write && (lanes_i[p] || coded_i))
          mem[write_at] <= coded_i ? row_i[p*WordBits+:WordBits] : words_i[lane_word_i[p*2+:2]*WordBits+:WordBits];
      end
    end
  end

  for (genvar j = 0; j < Planes; j++) begin : g_plane
    logic [BankBits-1:0] from;
    assign from = Banks > 1 ? first_q + BankBits'(j) : '0;
    assign row_o[j*Lanes*WordBits+:Lanes*WordBits] = bank[32'(from)*Lanes*WordBits+:Lanes*WordBits];
  end
endmodule
