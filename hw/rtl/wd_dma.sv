// SPDX-License-Identifier: Apache-2.0
// DMA: one burst at a time between memory and the on-chip buffers.
//
// Timing    start_i in cycle t: request in t + 1, beats from t + 1 + MemoryLatency on; busy_o to the
//           last beat. The memory answers reads after the latency; the DMA delays writes itself. A tensor's word is sent in the cycle
//           behind the one in which act_taken_i is high, or later: beats come when the activation buffer has time for them. A read beat is
//           taken in a cycle with mem_valid_i and mem_ready_o, which only a coded burst's decoder holds down, a written one in a
//           cycle with mem_valid_o and mem_ready_i.
// Shape     a tensor's words come block by block, pixels in raster order: each goes to the bank behind the one before, or is read there.
module wd_dma #(
  parameter  int unsigned WeightRows    = wd_arch_pkg::WeightRows,
  parameter  int unsigned NormRows      = wd_arch_pkg::NormRows,
  parameter  int unsigned ActRows       = wd_arch_pkg::ActRows,
  parameter  int unsigned ScoreRows     = wd_arch_pkg::ScoreRows,
  parameter  int unsigned MemoryLatency = wd_arch_pkg::MemoryLatency,
  parameter  int unsigned AdvanceBits   = 20,
  localparam int unsigned WeightRowBits = $clog2(WeightRows),
  localparam int unsigned NormRowBits   = NormRows > 1 ? $clog2(NormRows) : 1,
  localparam int unsigned ActRowBits    = $clog2(ActRows),
  localparam int unsigned ScoreRowBits  = ScoreRows > 1 ? $clog2(ScoreRows) : 1
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,
  input  logic                              start_i,
  input  logic [wd_arch_pkg::InstrBits-1:0] instr_i,
  input  logic [AdvanceBits-1:0]            advance_i,   // rows of four beats behind the instruction's address
  output logic                              busy_o,
  // memory port
  output logic                              mem_request_o,
  output logic                              mem_write_o,
  output logic [31:0]                       mem_addr_o,
  output logic [23:0]                       mem_count_o,
  input  logic                              mem_valid_i,
  output logic                              mem_ready_o,
  output logic                              mem_valid_o,
  input  logic                              mem_ready_i,
  // weight buffer, through the expander
  output logic                              weight_start_o,
  output logic [WeightRowBits-1:0]          weight_row_o,
  output logic                              weight_valid_o,
  // weight decoder
  output logic                              coded_start_o,
  output logic                              coded_valid_o,
  input  logic                              coded_ready_i,
  // normalization buffer
  output logic                              norm_valid_o,
  output logic [NormRowBits-1:0]            norm_row_o,
  output logic [1:0]                        norm_quarter_o,
  // table of the activation
  output logic                              table_valid_o,
  output logic [3:0]                        table_part_o,
  // activation buffer
  output logic                              act_valid_o,  // a word comes
  output logic                              act_read_o,   // a word is to be read
  input  logic                              act_taken_i,  // and is
  output logic [3:0]                        act_bank_o,
  output logic [ActRowBits-1:0]             act_row_o,
  output logic                              act_store_o,  // the activation buffer's words are sent, not the score buffer's
  // score buffer
  output logic                              score_read_o,
  output logic [ScoreRowBits:0]             score_half_o
);
  wd_arch_pkg::instr_t instr;
  assign instr = instr_i;

  typedef enum logic [2:0] { WEIGHTS, NORMS, LOAD, SCORES, STORE, TABLE, CODED } kind_e;
  kind_e       kind_q;
  logic [23:0] left_q;
  logic [7:0]  delay_q;
  logic [wd_arch_pkg::MemAddrBits-1:0] mem_addr_q;
  logic [AdvanceBits-1:0] advance_q;
  assign mem_addr_o     = 32'(mem_addr_q) + 32'({advance_q, 2'b0});
  logic        beat, stores, read_q;  // read_q: a tensor's word has been read, and is sent
  assign stores         = kind_q == SCORES || kind_q == STORE;
  assign mem_valid_o    = busy_o && (kind_q == STORE ? read_q : kind_q == SCORES && delay_q == 8'd0);
  assign mem_ready_o    = kind_q != CODED || coded_ready_i;
  assign beat           = (mem_valid_o && mem_ready_i) || (busy_o && !stores && mem_valid_i && mem_ready_o);
  assign mem_count_o    = left_q;  // read with the request, before the first beat
  assign mem_write_o    = stores;
  assign weight_start_o = start_i;
  assign weight_row_o   = WeightRowBits'(instr.weight_row);
  assign weight_valid_o = beat && kind_q == WEIGHTS;
  assign coded_start_o  = start_i && instr.op == wd_arch_pkg::OP_LOAD_WEIGHTS && instr.coded;
  assign coded_valid_o  = busy_o && mem_valid_i && kind_q == CODED;
  assign norm_valid_o   = beat && kind_q == NORMS;
  assign act_valid_o    = beat && kind_q == LOAD;
  assign act_store_o    = kind_q == STORE;
  assign table_valid_o  = beat && kind_q == TABLE;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_o        <= 1'b0;
      mem_request_o <= 1'b0;
    end else begin
      mem_request_o <= start_i;
      if (start_i) busy_o <= 1'b1;
      else if (beat && left_q == 24'd1) busy_o <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      mem_addr_q <= instr.mem_addr;
      advance_q  <= advance_i;
      left_q     <= instr.count;
      delay_q    <= 8'(MemoryLatency);
      kind_q     <= instr.op == wd_arch_pkg::OP_LOAD_WEIGHTS ? (instr.coded ? CODED : WEIGHTS)
                  : instr.op == wd_arch_pkg::OP_LOAD_NORMS   ? NORMS
                  : instr.op == wd_arch_pkg::OP_LOAD_TABLE   ? TABLE
                  : instr.op == wd_arch_pkg::OP_LOAD_TENSOR  ? LOAD
                  : instr.op == wd_arch_pkg::OP_STORE_TENSOR ? STORE : SCORES;
    end else begin
      if (beat) left_q <= left_q - 24'd1;
      if (delay_q != 8'd0) delay_q <= delay_q - 8'd1;
    end
  end

  // Normalization rows and score rows are counted in beats.
  always_ff @(posedge clk_i) begin
    if (start_i) {norm_row_o, norm_quarter_o} <= {NormRowBits'(instr.norm_row), 2'd0};
    else if (norm_valid_o) {norm_row_o, norm_quarter_o} <= {norm_row_o, norm_quarter_o} + (NormRowBits + 2)'(1);
  end
  always_ff @(posedge clk_i) begin
    if (start_i) table_part_o <= 4'd0;
    else if (table_valid_o) table_part_o <= table_part_o + 4'd1;
  end
  // A beat is read in the cycle before it is sent.
  assign score_read_o = busy_o && kind_q == SCORES && (delay_q == 8'd1 || (delay_q == 8'd0 && mem_ready_i));
  always_ff @(posedge clk_i) begin
    if (start_i) score_half_o <= {ScoreRowBits'(instr.out_base), 1'b0};
    else if (score_read_o) score_half_o <= score_half_o + (ScoreRowBits + 1)'(1);
  end

  // A tensor's words: bank and row of the next one, pixels in raster order, a channel block after the other. in_base is out_base.
  logic [wd_arch_pkg::InWBits-1:0] last_x_q, x_q;  // counted down
  logic [wd_arch_pkg::InHBits-1:0] last_y_q, y_q;
  logic [ActRowBits-1:0] rows_q, block_row_q, next_block_row;
  logic                  end_x, end_block;
  assign act_read_o     = act_store_o && busy_o && delay_q[7:1] == 7'd0 && !(read_q && (left_q == 24'd1 || !mem_ready_i));
  always_ff @(posedge clk_i) read_q <= busy_o && ((act_read_o && act_taken_i) || (read_q && !mem_ready_i));
  assign end_x          = x_q == '0;
  assign end_block      = end_x && y_q == '0;
  assign next_block_row = block_row_q + rows_q;
  always_ff @(posedge clk_i) begin
    if (start_i) begin
      last_x_q    <= instr.in_w - 1'b1;
      last_y_q    <= instr.in_h - 1'b1;
      x_q         <= instr.in_w - 1'b1;
      y_q         <= instr.in_h - 1'b1;
      rows_q      <= ActRowBits'(instr.in_rows);
      act_bank_o  <= 4'd0;
      act_row_o   <= ActRowBits'(instr.out_base);
      block_row_q <= ActRowBits'(instr.out_base);
    end else if (act_valid_o || act_taken_i) begin
      x_q        <= end_x ? last_x_q : x_q - 1'b1;
      act_bank_o <= end_block ? 4'd0 : act_bank_o + 4'd1;
      act_row_o  <= end_block ? next_block_row : act_row_o + ActRowBits'(act_bank_o == 4'd15);
      if (end_x) y_q <= end_block ? last_y_q : y_q - 1'b1;
      if (end_block) block_row_q <= next_block_row;
    end
  end
endmodule
