// SPDX-License-Identifier: Apache-2.0
// Sequencer: instructions, loops and tiles.
//
// Timing    FETCH (1), EXEC (1; a burst waits for room in the queue, WAIT for its tag); tiles: SETUP (1), RUN (to run_done_i; an ELEMENTWISE has none),
//           POST (to post_read_i; the last tile's to post_done_i). The cycle after start_i is the first FETCH.
// Shape     tiles in the order output-channel tile, tile of 16 pixels; blocks_o: channel blocks of the tile; in_row_o (of an
//           ELEMENTWISE), res_row_o, out_row_o: activation rows of the tile's words of its first block. A POOL's tile has one channel block.
//           A TRANSPOSE's tiles are its input's: words in the place of channel tiles, and out_row_o where the transposed ones go.
// Errors    illegal_o, past_end_o, outside_o: the instruction is no operation, the one before was the memory's last row, or a field names a row
//           (outside_row_o, of the first such field) that its buffer does not have. Whoever hears it resets the core; left alone it takes
//           the first for none, row 0 for the next one, and stays where a row is outside.
module wd_sequencer #(
  parameter  int unsigned PesPerGroup = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned InstrRows   = wd_arch_pkg::InstrRows,
  parameter  int unsigned ActRows     = wd_arch_pkg::ActRows,
  parameter  int unsigned NormRows    = wd_arch_pkg::NormRows,
  parameter  int unsigned WeightRows  = wd_arch_pkg::WeightRows,
  parameter  int unsigned ScoreRows   = wd_arch_pkg::ScoreRows,
  localparam int unsigned PcBits      = $clog2(InstrRows),
  localparam int unsigned ActRowBits  = $clog2(ActRows),
  localparam int unsigned NormRowBits = NormRows > 1 ? $clog2(NormRows) : 1,
  localparam int unsigned Blocks      = PesPerGroup / wd_arch_pkg::Block,
  localparam int unsigned BlockBits   = $clog2(Blocks + 1),
  localparam int unsigned IterationBits = $clog2(wd_arch_pkg::MostIterations),
  localparam int unsigned AdvanceBits = wd_arch_pkg::NormStepBits + IterationBits
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,
  input  logic                              start_i,
  input  logic [PcBits-1:0]                 start_pc_i,
  output logic                              busy_o,
  output logic                              illegal_o,
  output logic                              past_end_o,
  output logic                              outside_o,
  output logic [15:0]                       outside_row_o,
  output logic [PcBits-1:0]                 instruction_o,  // the number of the present one, or of the HALT that was the last
  // instruction memory
  output logic                              fetch_o,
  output logic [PcBits-1:0]                 pc_o,
  input  logic [wd_arch_pkg::InstrBits-1:0] instr_i,
  // bursts
  input  logic                              queue_full_i,
  input  logic [2**wd_arch_pkg::TagBits-1:0] pending_i,     // by tag: a burst waits or is in progress
  output logic                              burst_o,
  output logic [AdvanceBits-1:0]            advance_o,     // normalization rows that the iteration adds
  // tiles
  output logic                              begin_o,  // an instruction with tiles begins
  output logic                              setup_o,
  output logic                              run_o,
  output logic                              run_first_o,
  output logic                              post_o,
  output logic                              next_oc_o,
  input  logic                              run_done_i,
  input  logic                              post_read_i,   // a tile's last step is read
  input  logic                              post_done_i,   // and written: nothing is left in the post unit
  output logic                              tile_done_o,   // last cycle of a tile
  output logic [15:0]                       inside_o,  // groups whose output pixel lies inside the tensor
  output logic [15:0]                       works_o,   // groups that RUN works for: all of a pooled CONV
  output logic [BlockBits-1:0]              blocks_o,
  output logic [wd_arch_pkg::OutBlocksBits-1:0] first_block_o,
  output logic [ActRowBits-1:0]             in_row_o,
  output logic [ActRowBits-1:0]             res_row_o,
  output logic [ActRowBits-1:0]             out_row_o,
  output logic [NormRowBits-1:0]            norm_row_o,
  output logic [NormRowBits-1:0]            tile_o    // number of the tile of pixels, which is the norm row of these
);
  typedef enum logic [2:0] { IDLE, FETCH, EXEC, SETUP, RUN, POST } state_e;
  state_e            state_q /* verilator public_flat_rd */;
  logic              run_first_q;
  logic [PcBits-1:0] pc_q, loop_pc_q;
  logic [23:0]       iteration_q /* verilator public_flat_rd */;
  logic [23:0]       iterations_q;
  wd_arch_pkg::instr_t instr;
  assign instr = instr_i;

  logic is_burst, exec_done, has_tiles, elementwise, last_oc, last_tile;
  localparam logic [2**wd_arch_pkg::OpBits-1:0] BurstOps = wd_arch_pkg::BurstOps;
  localparam logic [2**wd_arch_pkg::OpBits-1:0] TilesOps = wd_arch_pkg::TilesOps;
  assign is_burst  = BurstOps[instr.op];
  assign has_tiles   = TilesOps[instr.op];
  assign elementwise = instr.op == wd_arch_pkg::OP_ELEMENTWISE;
  assign exec_done = state_q == EXEC && !outside_o && !(is_burst && queue_full_i)
                   && !(instr.op == wd_arch_pkg::OP_WAIT && pending_i[instr.tag]);
  assign burst_o     = exec_done && is_burst;
  assign begin_o     = exec_done && has_tiles;
  assign busy_o      = state_q != IDLE;
  assign fetch_o     = state_q == FETCH;
  assign pc_o        = pc_q;
  localparam logic [2**wd_arch_pkg::OpBits-1:0] LegalOps = wd_arch_pkg::LegalOps;
  localparam logic [PcBits-1:0] LastRow = PcBits'(InstrRows - 1);
  logic past_end_q;
  assign illegal_o     = state_q == EXEC && !LegalOps[instr.op];
  assign past_end_o    = fetch_o && past_end_q;
  // Fields that an operation does not use are zero, so that it need not be asked which one it is.
  logic weight_outside, norm_outside, in_outside, out_outside, res_outside;
  logic [15:0] out_rows;
  assign out_rows       = instr.score || instr.op == wd_arch_pkg::OP_STORE_SCORES ? 16'(ScoreRows) : 16'(ActRows);
  assign weight_outside = 16'(instr.weight_row) >= 16'(WeightRows);
  assign norm_outside   = 16'(instr.norm_row) >= 16'(NormRows);
  assign in_outside     = 16'(instr.in_base) >= 16'(ActRows);
  assign out_outside    = 16'(instr.out_base) >= out_rows;
  assign res_outside    = 16'(instr.res_base) >= 16'(ActRows);
  assign outside_o      = state_q == EXEC && (weight_outside || norm_outside || in_outside || out_outside || res_outside);
  assign outside_row_o  = weight_outside ? 16'(instr.weight_row) : norm_outside ? 16'(instr.norm_row) : in_outside ? 16'(instr.in_base)
                        : out_outside ? 16'(instr.out_base) : 16'(instr.res_base);
  assign instruction_o = past_end_q ? LastRow : state_q == FETCH || state_q == EXEC ? pc_q : pc_q - PcBits'(1);
  assign setup_o     = state_q == SETUP;
  assign run_o       = state_q == RUN;
  assign run_first_o = run_first_q;
  assign post_o      = state_q == POST;

  assign advance_o = AdvanceBits'(instr.norm_step) * AdvanceBits'(iteration_q[IterationBits-1:0]);

  logic again;  // END_LOOP goes back
  assign again = instr.op == wd_arch_pkg::OP_END_LOOP && iteration_q + 24'd1 < iterations_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q     <= IDLE;
      run_first_q <= 1'b0;
    end else begin
      run_first_q <= state_q == SETUP && !elementwise;
      case (state_q)
        IDLE:    if (start_i) state_q <= FETCH;
        FETCH:   state_q <= EXEC;
        EXEC:    if (exec_done) state_q <= has_tiles ? SETUP : instr.op == wd_arch_pkg::OP_HALT ? IDLE : FETCH;
        SETUP:   state_q <= elementwise ? POST : RUN;
        RUN:     if (run_done_i) state_q <= POST;
        POST:    if (tile_done_o) state_q <= last_tile ? FETCH : SETUP;
        default: state_q <= IDLE;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (!busy_o && start_i) begin
      pc_q        <= start_pc_i;
      iteration_q <= 24'd0;
      past_end_q  <= 1'b0;
    end else if (exec_done) begin
      pc_q <= again ? loop_pc_q : pc_q + PcBits'(1);
      past_end_q <= !again && pc_q == LastRow;
      if (instr.op == wd_arch_pkg::OP_LOOP) begin
        loop_pc_q    <= pc_q + PcBits'(1);
        iteration_q  <= 24'd0;
        iterations_q <= instr.count;
      end
      if (instr.op == wd_arch_pkg::OP_END_LOOP) iteration_q <= again ? iteration_q + 24'd1 : 24'd0;
    end
  end

  // Tiles.
  logic [wd_arch_pkg::TilesOcBits-1:0] oc_q /* verilator public_flat_rd */;
  logic [wd_arch_pkg::TilesBits-1:0]   t_q /* verilator public_flat_rd */;
  logic                  last_t_q;        // no tile of pixels follows
  logic [wd_arch_pkg::OutBlocksBits-1:0] blocks_left_q;
  logic [15:0]           last_inside_q;   // of the last tile of pixels
  logic [3:0]            last_pixels;     // in that one; 0: all 16
  logic                  one_t;
  assign last_oc   = oc_q == instr.tiles_oc - 1'b1;
  assign last_tile = last_t_q && last_oc;
  assign one_t     = instr.tiles == wd_arch_pkg::TilesBits'(1);
  assign tile_done_o = post_o && (last_tile ? post_done_i : post_read_i);
  assign next_oc_o = tile_done_o && last_t_q;
  assign blocks_o  = blocks_left_q < wd_arch_pkg::OutBlocksBits'(Blocks) ? BlockBits'(blocks_left_q) : BlockBits'(Blocks);
  logic                  pool;
  logic                  transpose;
  assign pool      = instr.op == wd_arch_pkg::OP_POOL;
  assign transpose = instr.op == wd_arch_pkg::OP_TRANSPOSE;
  assign inside_o  = last_t_q ? last_inside_q : 16'hffff;
  assign works_o   = instr.pooled ? 16'hffff : inside_o;
  logic [3:0] height, width;  // four bits of them are enough
  assign height      = transpose ? instr.in_h[3:0] : instr.out_h[3:0];
  assign width       = transpose ? instr.in_w[3:0] : instr.out_w[3:0];
  assign last_pixels = height * width;
  assign tile_o      = NormRowBits'(t_q);

  always_ff @(posedge clk_i) begin
    if (begin_o) begin
      oc_q          <= '0;
      t_q           <= '0;
      last_t_q      <= one_t;
      last_inside_q <= last_pixels == 4'd0 ? 16'hffff : ~(16'hffff << last_pixels);
      blocks_left_q <= instr.out_blocks;
      first_block_o <= '0;
      norm_row_o    <= NormRowBits'(instr.norm_row) + NormRowBits'(advance_o);
    end else if (next_oc_o) begin
      oc_q          <= oc_q + 1'b1;
      t_q           <= '0;
      last_t_q      <= one_t;
      blocks_left_q <= blocks_left_q - wd_arch_pkg::OutBlocksBits'(Blocks);
      first_block_o <= first_block_o + wd_arch_pkg::OutBlocksBits'(Blocks);
    end else if (tile_done_o) begin
      t_q       <= t_q + 1'b1;
      last_t_q  <= t_q + wd_arch_pkg::TilesBits'(2) == instr.tiles;
    end
  end
  wd_tile_row #(.RowBits(ActRowBits), .Blocks(Blocks)) u_in_row (
    .clk_i, .begin_i(begin_o), .next_oc_i(next_oc_o), .next_t_i(tile_done_o), .pool_i(pool), .across_i(1'b0),
    .base_i(ActRowBits'(instr.in_base)), .pitch_i(ActRowBits'(instr.in_rows)), .row_o(in_row_o)
  );
  wd_tile_row #(.RowBits(ActRowBits), .Blocks(Blocks)) u_res_row (
    .clk_i, .begin_i(begin_o), .next_oc_i(next_oc_o), .next_t_i(tile_done_o), .pool_i(pool), .across_i(1'b0),
    .base_i(ActRowBits'(instr.res_base)), .pitch_i(ActRowBits'(instr.res_rows)), .row_o(res_row_o)
  );
  wd_tile_row #(.RowBits(ActRowBits), .Blocks(Blocks)) u_out_row (
    .clk_i, .begin_i(begin_o), .next_oc_i(next_oc_o), .next_t_i(tile_done_o), .pool_i(pool), .across_i(transpose),
    .base_i(ActRowBits'(instr.out_base)), .pitch_i(ActRowBits'(instr.out_rows)), .row_o(out_row_o)
  );
endmodule
