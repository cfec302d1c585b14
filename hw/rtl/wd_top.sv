// SPDX-License-Identifier: Apache-2.0
// WhiteDwarf core: host port, memory port, sequencer, buffers, PE array and post unit.
//
// Shape     host: instruction writes, control register {window, switches}, start, counters;
//           memory: one burst request at a time, beats of 16 bytes.
// Timing    start_i in cycle -1 makes cycle 0 the first FETCH; busy_o falls a cycle after HALT, when the counters are complete. control_i
//           is static while busy. A read beat i comes MemoryLatency + i cycles after the request or later; it is taken in a cycle with
//           mem_valid_i and mem_ready_o, a written one in a cycle with mem_valid_o and mem_ready_i. Instructions are written by words
//           of 32 bits, and read (instr_o in the cycle behind instr_read_i) while the core is not busy.
// Errors    illegal_o, past_end_o, outside_o for a cycle: what instruction_o says is no operation, execution ran past it, or it names a row
//           (outside_row_o) that a buffer does not have; stream_fault_o: so long.
//           The core does not stop by itself: it is reset.
// Test      testbench/rtl/core_test.cpp
module wd_top #(
  parameter  int unsigned Organisation  = wd_arch_pkg::Organisation,
  parameter  int unsigned PesPerGroup   = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned Chunk         = wd_arch_pkg::Chunk,
  parameter  int unsigned Window        = wd_arch_pkg::Window,
  parameter  int unsigned Planes        = wd_arch_pkg::Planes,
  parameter  int unsigned AccBits       = wd_arch_pkg::AccBits,
  parameter  int unsigned WeightRows    = wd_arch_pkg::WeightRows,
  parameter  int unsigned NormRows      = wd_arch_pkg::NormRows,
  parameter  int unsigned ActRows       = wd_arch_pkg::ActRows,
  parameter  int unsigned InstrRows     = wd_arch_pkg::InstrRows,
  parameter  int unsigned ScoreRows     = wd_arch_pkg::ScoreRows,
  parameter  int unsigned MemoryLatency = wd_arch_pkg::MemoryLatency,
  parameter  int unsigned GroupsPerWalker = wd_arch_pkg::GroupsPerWalker,
  parameter  int unsigned Entries       = wd_arch_pkg::Entries,
  parameter  int unsigned PlanesPerRow  = wd_arch_pkg::PlanesPerRow,
  parameter  int unsigned SumSegment    = wd_arch_pkg::SumSegment,
  parameter  int unsigned LatchOperand  = wd_arch_pkg::LatchOperand,
  parameter  int unsigned Decoders      = wd_arch_pkg::Decoders,
  parameter  int unsigned FreezeGenerator = wd_arch_pkg::FreezeGenerator,
  localparam int unsigned PcBits        = $clog2(InstrRows),
  localparam int unsigned SelBits       = $clog2(wd_arch_pkg::CounterCount),
  localparam int unsigned CounterBits   = 48
) (
  input  logic                                  clk_i,
  input  logic                                  rst_ni,
  // host
  input  logic [wd_arch_pkg::InstrBits/32-1:0]  instr_write_i,
  input  logic                                  instr_read_i,
  input  logic [PcBits-1:0]                     instr_row_i,
  input  logic [wd_arch_pkg::InstrBits-1:0]     instr_i,
  output logic [wd_arch_pkg::InstrBits-1:0]     instr_o,
  input  logic                                  control_write_i,
  input  logic [wd_arch_pkg::ControlBits-1:0]   control_i,     // {window (0: all), switches}
  input  logic                                  start_i,
  input  logic [PcBits-1:0]                     start_pc_i,
  output logic                                  busy_o,
  input  logic [SelBits-1:0]                    counter_select_i,
  output logic [CounterBits-1:0]                counter_o,
  output logic                                  illegal_o,
  output logic                                  past_end_o,
  output logic                                  outside_o,
  output logic [15:0]                           outside_row_o,
  output logic [PcBits-1:0]                     instruction_o,        // that is being executed
  output logic [PcBits-1:0]                     burst_instruction_o,  // of the burst in progress, or of the last one
  // memory
  output logic                                  mem_request_o,
  output logic                                  mem_write_o,
  output logic [31:0]                           mem_addr_o,
  output logic [23:0]                           mem_count_o,
  input  logic                                  mem_valid_i,
  output logic                                  mem_ready_o,
  input  logic [wd_arch_pkg::BusBits-1:0]       mem_data_i,
  output logic                                  mem_valid_o,
  input  logic                                  mem_ready_i,
  output logic [wd_arch_pkg::BusBits-1:0]       mem_data_o,
  output logic [2:0]                            stream_fault_o  // why the last coded burst was given up: wd_decoder
);
  localparam int unsigned Groups        = wd_arch_pkg::GroupsY * wd_arch_pkg::GroupsX;
  localparam int unsigned WeightRowBits = $clog2(WeightRows);
  localparam int unsigned NormRowBits   = NormRows > 1 ? $clog2(NormRows) : 1;
  localparam int unsigned ActRowBits    = $clog2(ActRows);
  localparam int unsigned ScoreRowBits  = ScoreRows > 1 ? $clog2(ScoreRows) : 1;
  localparam int unsigned Block         = wd_arch_pkg::Block;
  localparam int unsigned BlockBits     = $clog2(PesPerGroup / Block + 1);
  localparam int unsigned WordBits      = Chunk * 8;
  localparam int unsigned IncBits       = 24;
  localparam int unsigned AdvanceBits   = wd_arch_pkg::NormStepBits + $clog2(wd_arch_pkg::MostIterations);

  if (wd_arch_pkg::GroupsY != 4 || wd_arch_pkg::GroupsX != 4 || Chunk != 16 || WordBits != wd_arch_pkg::BusBits)
  begin : g_check_shape
    $fatal(1, "the core is built for 4 x 4 groups and chunks of 16 channels, one beat a word");
  end
  if (PesPerGroup % Block != 0 || PesPerGroup < 16 || PesPerGroup > 64) begin : g_check_pes
    $fatal(1, "PesPerGroup must be a multiple of 16, at most 64");
  end
  if (Window < 1 || Window > 8 || Planes < 1 || Planes > 3) begin : g_check_window
    $fatal(1, "Window must be 1 to 8, Planes 1 to 3");
  end
  if (AccBits < 24 || AccBits > wd_fp_pkg::AccMax) begin : g_check_acc
    $fatal(1, "AccBits must be 24 to 48");
  end

  // Control register.
  logic [wd_arch_pkg::ControlBits-1:0] control_q;
  logic [wd_arch_pkg::SwitchCount-1:0] switches;
  localparam int unsigned WindowBits = wd_arch_pkg::SwitchWindowBits;
  logic [WindowBits-1:0]               window, window_switch;
  always_ff @(posedge clk_i) begin
    if (control_write_i) control_q <= control_i;
  end
  assign switches = control_q[wd_arch_pkg::SwitchCount-1:0];
  assign window_switch = control_q[wd_arch_pkg::SwitchWindow+:wd_arch_pkg::SwitchWindowBits];
  assign window        = window_switch == '0 || window_switch > WindowBits'(Window) ? WindowBits'(Window) : window_switch;

  // Sequencer.
  logic                              running, running_q, fetch;  // running_q: in the cycle before
  logic                              burst, queue_full, bursts_busy, dma_start, dma_busy;
  logic [2**wd_arch_pkg::TagBits-1:0]  burst_pending;
  logic [AdvanceBits-1:0]              burst_advance, dma_advance;
  logic [wd_arch_pkg::InstrBits-1:0]   dma_instr;
  logic                              tiles_begin, setup, run, run_first, run_done, post, tile_done, next_oc;
  logic                              conv, pool, transpose, array_done, pool_done, unit_read, unit_done;  // which instruction; who ends RUN and POST
  logic [PcBits-1:0]                 pc;
  wd_arch_pkg::instr_t               instr /* verilator public_flat_rd */;
  logic [wd_arch_pkg::InstrBits-1:0] instr_bits;
  logic [15:0]                       live_groups, working_groups;
  logic [BlockBits-1:0]              blocks;
  logic [wd_arch_pkg::OutBlocksBits-1:0] first_block;
  logic [ActRowBits-1:0]             in_row, res_row, out_row;
  logic [NormRowBits-1:0]            tile_norm_row;
  logic [NormRowBits-1:0]            tile;  // of pixels
  assign instr  = instr_bits;
  assign conv   = instr.op == wd_arch_pkg::OP_CONV;
  assign transpose = instr.op == wd_arch_pkg::OP_TRANSPOSE;
  assign pool   = instr.op == wd_arch_pkg::OP_POOL || transpose;  // no array, no post unit
  assign run_done  = pool ? pool_done : array_done;
  assign busy_o = running || running_q || bursts_busy;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) running_q <= 1'b0;
    else         running_q <= running;
  end

  wd_instr_memory #(.Rows(InstrRows)) u_instr_memory (
    .clk_i, .write_i(instr_write_i), .write_row_i(instr_row_i), .data_i(instr_i),
    .read_i(fetch || instr_read_i), .read_row_i(fetch ? pc : instr_row_i), .instr_o(instr_bits)
  );
  assign instr_o = instr_bits;
  wd_sequencer #(
    .PesPerGroup(PesPerGroup), .InstrRows(InstrRows), .ActRows(ActRows), .NormRows(NormRows), .WeightRows(WeightRows),
    .ScoreRows(ScoreRows)
  ) u_sequencer (
    .clk_i, .rst_ni, .start_i, .start_pc_i, .busy_o(running), .illegal_o, .past_end_o, .outside_o, .outside_row_o, .instruction_o,
    .fetch_o(fetch), .pc_o(pc), .instr_i(instr_bits),
    .queue_full_i(queue_full), .pending_i(burst_pending), .burst_o(burst), .advance_o(burst_advance), .begin_o(tiles_begin), .setup_o(setup), .run_o(run),
    .run_first_o(run_first), .post_o(post), .next_oc_o(next_oc), .run_done_i(run_done), .post_read_i(pool || unit_read), .post_done_i(pool || unit_done),  // a POOL's and a TRANSPOSE's POST is one cycle
    .tile_done_o(tile_done),
    .inside_o(live_groups), .works_o(working_groups), .blocks_o(blocks),
    .first_block_o(first_block), .in_row_o(in_row), .res_row_o(res_row), .out_row_o(out_row), .norm_row_o(tile_norm_row), .tile_o(tile)
  );

  // Bursts, expander, decoder and buffers.
  logic                      decoder_busy, coded_start, coded_valid, coded_ready, coded_row_valid;
  logic [PesPerGroup*2*Chunk-1:0] coded_row;
  logic [3:0]                words_taken;
  logic                      signs_taken;
  wd_burst_queue #(.AdvanceBits(AdvanceBits), .PcBits(PcBits)) u_burst_queue (
    .clk_i, .rst_ni, .push_i(burst), .instr_i(instr_bits), .advance_i(burst_advance), .pc_i(pc), .full_o(queue_full),
    .pending_o(burst_pending), .busy_o(bursts_busy), .pc_o(burst_instruction_o), .dma_busy_i(dma_busy), .decoder_busy_i(decoder_busy), .start_o(dma_start), .burst_o(dma_instr),
    .advance_o(dma_advance)
  );
  logic                      weight_start, weight_valid, weight_read, norm_valid, norm_read, load_valid, store_read, store_taken, stores_acts, score_read;
  logic [WeightRowBits-1:0]  weight_start_row, weight_row, weight_read_row;
  logic [PesPerGroup-1:0]    lanes;
  logic [PesPerGroup*2-1:0]  lane_word;
  logic [wd_arch_pkg::BusBits-1:0]    words;
  logic [PlanesPerRow*PesPerGroup*2*Chunk-1:0] weights;
  logic [1:0]                weight_read_count;
  logic [NormRowBits-1:0]    norm_row, norm_read_row;
  logic [1:0]                norm_quarter;
  logic [511:0]              norms;
  logic                      table_valid;
  logic [3:0]                table_part;
  logic [3:0]                dma_bank;
  logic [ActRowBits-1:0]     dma_row;
  logic [ScoreRowBits:0]     score_half;
  wd_dma #(
    .WeightRows(WeightRows), .NormRows(NormRows), .ActRows(ActRows), .ScoreRows(ScoreRows),
    .MemoryLatency(MemoryLatency), .AdvanceBits(AdvanceBits)
  ) u_dma (
    .clk_i, .rst_ni, .start_i(dma_start), .instr_i(dma_instr), .advance_i(dma_advance), .busy_o(dma_busy),
    .mem_request_o, .mem_write_o, .mem_addr_o, .mem_count_o, .mem_valid_i, .mem_ready_o, .mem_valid_o, .mem_ready_i,
    .weight_start_o(weight_start), .weight_row_o(weight_start_row), .weight_valid_o(weight_valid),
    .coded_start_o(coded_start), .coded_valid_o(coded_valid), .coded_ready_i(coded_ready || !decoder_busy),
    .norm_valid_o(norm_valid), .norm_row_o(norm_row), .norm_quarter_o(norm_quarter),
    .table_valid_o(table_valid), .table_part_o(table_part),
    .act_valid_o(load_valid), .act_read_o(store_read), .act_taken_i(store_taken), .act_bank_o(dma_bank), .act_row_o(dma_row), .act_store_o(stores_acts),
    .score_read_o(score_read), .score_half_o(score_half)
  );
  wd_expander #(.Lanes(PesPerGroup), .WordBits(2 * Chunk), .RowBits(WeightRowBits)) u_expander (
    .clk_i, .start_i(weight_start), .row_i(weight_start_row), .valid_i(weight_valid), .beat_i(mem_data_i),
    .coded_row_i(coded_row_valid), .row_o(weight_row), .lanes_o(lanes), .lane_word_o(lane_word), .words_o(words)
  );
  if (Decoders != 0) begin : g_decoder
    logic          decoder_clk;
    logic [2047:0] row;
    wd_icg u_icg_decoder (.clk_i, .en_i(coded_start || decoder_busy), .clk_o(decoder_clk));
    wd_decoder #(.Decoders(Decoders), .Freeze(FreezeGenerator)) u_decoder (
      .clk_i(decoder_clk), .rst_ni, .start_i(coded_start), .busy_o(decoder_busy), .fault_o(stream_fault_o), .valid_i(coded_valid),
      .ready_o(coded_ready), .beat_i(mem_data_i), .ended_i(!dma_busy), .row_valid_o(coded_row_valid), .row_o(row),
      .words_taken_o(words_taken), .group_taken_o(signs_taken)
    );
    assign coded_row = row[PesPerGroup*2*Chunk-1:0];
    if (PesPerGroup < 64) begin : g_narrow
      logic unused;
      assign unused = &{1'b0, row[2047:PesPerGroup*2*Chunk]};
    end
  end else begin : g_no_decoder
    assign {decoder_busy, stream_fault_o, coded_ready, coded_row_valid, words_taken, signs_taken} = '0;
    assign coded_row = '0;
    logic unused;
    assign unused = &{1'b0, coded_start, coded_valid};
  end
  wd_weight_buffer #(
    .Lanes(PesPerGroup), .WordBits(2 * Chunk), .Rows(WeightRows), .Planes(PlanesPerRow)
  ) u_weight_buffer (
    .clk_i, .read_i(weight_read), .read_row_i(weight_read_row), .read_count_i(weight_read_count), .row_o(weights),
    .write_i(weight_valid), .write_row_i(weight_row), .lanes_i(lanes), .lane_word_i(lane_word), .words_i(words),
    .coded_i(coded_row_valid), .row_i(coded_row)
  );
  wd_norm_buffer #(.Rows(NormRows)) u_norm_buffer (
    .clk_i, .read_i(norm_read), .read_row_i(norm_read_row), .row_o(norms),
    .write_i(norm_valid), .write_row_i(norm_row), .quarter_i(norm_quarter), .beat_i(mem_data_i)
  );
  logic [15:0]               act_read, element_read, residual_read, act_write;
  logic [16*ActRowBits-1:0]  act_read_row;
  logic [ActRowBits-1:0]     element_row, residual_row, act_write_row;
  logic [16*WordBits-1:0]    act_data;
  logic [4*WordBits-1:0]     codes;
  logic [16*WordBits-1:0]    staged;
  logic [WordBits-1:0]       store_word;
  logic [wd_arch_pkg::BusBits-1:0] score_beat;
  assign mem_data_o = stores_acts ? store_word : score_beat;
  logic [15:0]               pool_write;
  logic [ActRowBits-1:0]     pool_write_row;
  // A TRANSPOSE's staged words are the pixels of a block of channels: word g of what is written holds lane g of each.
  logic [16*WordBits-1:0]    transposed, pool_data;
  for (genvar g = 0; g < 16; g++) begin : g_transposed
    for (genvar i = 0; i < 16; i++) begin : g_lane
      assign transposed[g*WordBits+i*8+:8] = staged[i*WordBits+g*8+:8];
    end
  end
  assign pool_data      = transpose ? transposed : staged;
  assign pool_write     = !pool || !post ? '0 : transpose ? '1 : live_groups;
  assign pool_write_row = out_row;
  wd_act_buffer #(.WordBits(WordBits), .Rows(ActRows)) u_act_buffer (
    .clk_i, .fetch_i(act_read), .fetch_row_i(act_read_row), .input_i(element_read), .input_row_i(element_row), .residual_i(residual_read), .residual_row_i(residual_row),
    .data_o(act_data), .post_i(act_write), .post_row_i(act_write_row), .post_data_i(codes),
    .pool_i(pool_write), .pool_row_i(pool_write_row), .pool_data_i(pool_data),
    .dma_i(load_valid), .store_i(store_read), .store_taken_o(store_taken),
    .store_keep_i(stores_acts && mem_valid_o && !mem_ready_i), .dma_bank_i(dma_bank), .dma_row_i(dma_row), .dma_data_i(mem_data_i),
    .store_data_o(store_word)
  );
  logic [3:0]                score_write;
  logic [ScoreRowBits-1:0]   score_row;
  logic [4*Block*16-1:0]     scores;
  wd_score_buffer #(.Rows(ScoreRows)) u_score_buffer (
    .clk_i, .write_i(score_write), .write_row_i(score_row), .data_i(scores),
    .read_i(score_read), .read_half_i(score_half), .beat_o(score_beat)
  );

  // Operands and the array, on the array's clock. After reset it runs until the array has cleared itself, after RUN a cycle for the
  // last counts.
  logic       array_clk, run_q;
  logic [3:0] reset_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      reset_q <= '1;
      run_q   <= 1'b0;
    end else begin
      reset_q <= {reset_q[2:0], 1'b0};
      run_q   <= run;
    end
  end
  wd_icg u_icg_array (
    .clk_i, .en_i(!switches[wd_arch_pkg::SwitchGateArray] || tiles_begin || setup || run || run_q || tile_done || reset_q[3]),
    .clk_o(array_clk)
  );
  logic                          chunk_ready, consumed;
  logic [4:0]                    act_reads;
  wd_fetch #(.Chunk(Chunk), .ActRows(ActRows)) u_fetch (
    .clk_i(array_clk), .rst_ni, .instr_i(instr_bits), .inside_i(working_groups), .begin_i(tiles_begin), .tile_done_i(tile_done),
    .next_oc_i(next_oc), .setup_i(setup), .run_first_i(run_first),
    .consumed_i(consumed), .ready_o(chunk_ready),
    .read_o(act_read), .row_o(act_read_row), .data_i(act_data), .staged_o(staged), .pool_done_o(pool_done), .reads_o(act_reads)
  );
  logic [Groups*PesPerGroup*AccBits-1:0]        sums;
  logic [wd_arch_pkg::CounterCount*IncBits-1:0] activity;
  wd_organisation #(
    .Organisation(Organisation), .PesPerGroup(PesPerGroup), .Chunk(Chunk), .Window(Window), .AccBits(AccBits),
    .WeightRows(WeightRows), .GroupsPerWalker(GroupsPerWalker), .Entries(Entries), .PlanesPerRow(PlanesPerRow),
    .SumSegment(SumSegment), .LatchOperand(LatchOperand), .IncBits(IncBits)
  ) u_organisation (
    .clk_i(array_clk), .rst_ni, .instr_i(instr_bits), .switches_i(switches), .window_i(window),
    .conv_i(tiles_begin && conv), .next_oc_i(next_oc && conv), .setup_i(setup && conv), .run_first_i(run_first && conv),
    .run_i(run && conv), .blocks_i(blocks), .inside_i(working_groups), .done_o(array_done),
    .read_o(weight_read), .read_row_o(weight_read_row), .read_count_o(weight_read_count), .row_i(weights),
    .chunk_ready_i(chunk_ready && conv), .staged_i(staged), .consumed_o(consumed), .sums_o(sums), .activity_o(activity)
  );

  // Post unit.
  localparam logic [AccBits-1:0] SumBias = SumSegment == 0 ? '0 : AccBits'(1) << 21;  // what wd_walker_sum starts from
  logic [2:0] element_reads, residual_reads, act_writes, post_pixels;
  logic [6:0] saturations;
  wd_post #(
    .PesPerGroup(PesPerGroup), .AccBits(AccBits), .SumBias(SumBias), .ActRows(ActRows), .NormRows(NormRows),
    .ScoreRows(ScoreRows)
  ) u_post (
    .clk_i, .rst_ni, .instr_i(instr_bits), .post_i(post && !pool), .read_o(unit_read), .done_o(unit_done),
    .inside_i(live_groups), .blocks_i(blocks), .first_block_i(first_block),
    .in_row_i(in_row), .res_row_i(res_row), .out_row_i(out_row), .norm_row_i(tile_norm_row), .tile_i(tile),
    .table_write_i(table_valid), .table_part_i(table_part), .table_beat_i(mem_data_i), .sums_i(sums), .norm_read_o(norm_read),
    .norm_row_o(norm_read_row), .norms_i(norms), .input_read_o(element_read), .input_row_o(element_row), .residual_read_o(residual_read), .residual_row_o(residual_row),
    .words_i(act_data), .write_o(act_write), .write_row_o(act_write_row), .codes_o(codes),
    .score_write_o(score_write), .score_row_o(score_row), .scores_o(scores),
    .input_reads_o(element_reads), .residual_reads_o(residual_reads), .writes_o(act_writes), .pixels_o(post_pixels), .saturations_o(saturations)
  );

  // Counters: the organisation's own, and those of the blocks around it.
  logic [wd_arch_pkg::CounterCount*IncBits-1:0] increment;
  logic store;
  assign store = instr.op == wd_arch_pkg::OP_STORE_SCORES || instr.op == wd_arch_pkg::OP_STORE_TENSOR;
  always_comb begin
    increment = activity;
    increment[wd_arch_pkg::CounterCycles*IncBits+:IncBits]        = IncBits'(running);
    increment[wd_arch_pkg::CounterRunCycles*IncBits+:IncBits]     = IncBits'(run);
    increment[wd_arch_pkg::CounterActReads*IncBits+:IncBits]      = IncBits'(act_reads) + IncBits'(element_reads);
    increment[wd_arch_pkg::CounterResidualReads*IncBits+:IncBits] = IncBits'(residual_reads);
    increment[wd_arch_pkg::CounterActWrites*IncBits+:IncBits]     = IncBits'(act_writes) + IncBits'($countones(pool_write));
    increment[wd_arch_pkg::CounterNormReads*IncBits+:IncBits]     = IncBits'(norm_read);
    increment[wd_arch_pkg::CounterPostOps*IncBits+:IncBits]       = IncBits'(post_pixels) * IncBits'(Block);
    increment[wd_arch_pkg::CounterSaturations*IncBits+:IncBits]   = IncBits'(saturations);
    increment[wd_arch_pkg::CounterBeatsRead*IncBits+:IncBits]     = burst && !store ? instr.count : '0;
    increment[wd_arch_pkg::CounterBeatsWritten*IncBits+:IncBits]  = burst && store ? instr.count : '0;
    increment[wd_arch_pkg::CounterDecoderCycles*IncBits+:IncBits] = IncBits'(decoder_busy);
    increment[wd_arch_pkg::CounterCodedWords*IncBits+:IncBits]    = IncBits'(words_taken);
    increment[wd_arch_pkg::CounterCodedRows*IncBits+:IncBits]     = IncBits'(coded_row_valid);
    increment[wd_arch_pkg::CounterSignGroups*IncBits+:IncBits]    = IncBits'(signs_taken);
  end
  // They are counted a cycle later: what they count lies all over the chip.
  logic [wd_arch_pkg::CounterCount*IncBits-1:0] increment_q;
  logic                                         increment_clk;
  wd_icg u_icg_increment (.clk_i, .en_i(running || running_q), .clk_o(increment_clk));
  always_ff @(posedge increment_clk) increment_q <= running ? increment : '0;
  wd_counters #(.IncBits(IncBits), .Bits(CounterBits)) u_counters (
    .clk_i, .clear_i(start_i && !running), .count_i(running_q), .increment_i(increment_q),
    .select_i(counter_select_i), .value_o(counter_o)
  );
endmodule
