// SPDX-License-Identifier: Apache-2.0
// Post unit: exact sums, or an ELEMENTWISE's input, to FP8 activations or FP16 scores, 16 channels of 4 pixels a cycle.
//
// Shape     step i: channel block i / 4 of the tile, group row i mod 4; lane = pixel * 16 + channel. A pooled CONV's channel block takes
//           4 to 6 cycles, in which wd_post_column adds the sums of 16 / images groups: its steps are those that complete a row of pixels.
//           sums_i: bit k of PE p of group g at (g * AccBits + k) * PesPerGroup + p. SumBias: what every sum holds on top of
//           its value.
//           A tile's steps pass the stages beside the next tile of its instruction.
// Timing    step i reads norm row and input words in POST cycle i, residuals one later (they lie in the same banks), passes the
//           stages of wd_post_lane in i + 1 .. i + Stages and is written in the last of them. read_o: the cycle of a tile's last step; done_o: that of its write. saturations_o comes two cycles late.
//           With a table step i begins in cycle 4 i, and its pixels are looked up and written one by one, in the four cycles behind its last stage.
// Numerics  hw/numerics/post.hpp
module wd_post #(
  parameter  int unsigned PesPerGroup = wd_arch_pkg::PesPerGroup,
  parameter  int unsigned AccBits     = wd_arch_pkg::AccBits,
  parameter  logic [AccBits-1:0] SumBias = '0,
  parameter  int unsigned ActRows     = wd_arch_pkg::ActRows,
  parameter  int unsigned NormRows    = wd_arch_pkg::NormRows,
  parameter  int unsigned ScoreRows   = wd_arch_pkg::ScoreRows,
  localparam int unsigned ActRowBits  = $clog2(ActRows),
  localparam int unsigned NormRowBits = NormRows > 1 ? $clog2(NormRows) : 1,
  localparam int unsigned ScoreRowBits = ScoreRows > 1 ? $clog2(ScoreRows) : 1,
  localparam int unsigned Block       = wd_arch_pkg::Block,
  localparam int unsigned Blocks      = PesPerGroup / Block,
  localparam int unsigned BlockBits   = $clog2(Blocks + 1),
  localparam int unsigned Lanes       = 4 * Block,
  localparam int unsigned FieldBits   = 17,
  localparam int unsigned Stages      = wd_arch_pkg::PostStages,
  localparam int unsigned NumberBits  = wd_arch_pkg::OutBlocksBits  // of a channel block
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,
  input  logic [wd_arch_pkg::InstrBits-1:0] instr_i,
  // tile
  input  logic                              post_i,
  output logic                              read_o,
  output logic                              done_o,
  input  logic [15:0]                       inside_i,    // groups whose output pixel lies inside the tensor
  input  logic [BlockBits-1:0]              blocks_i,
  input  logic [NumberBits-1:0]             first_block_i,
  input  logic [ActRowBits-1:0]             in_row_i,    // of the tile's words of its first block: in the input,
  input  logic [ActRowBits-1:0]             res_row_i,   // the residual
  input  logic [ActRowBits-1:0]             out_row_i,   // and the output
  input  logic [NormRowBits-1:0]            norm_row_i,
  input  logic [NormRowBits-1:0]            tile_i,      // of pixels; norms of pixels have a row for each
  input  logic [16*PesPerGroup*AccBits-1:0] sums_i,
  // table of the activation
  input  logic                              table_write_i,
  input  logic [3:0]                        table_part_i,
  input  logic [127:0]                      table_beat_i,
  // normalization rows
  output logic                              norm_read_o,
  output logic [NormRowBits-1:0]            norm_row_o,
  input  logic [511:0]                      norms_i,
  // input and residual words
  output logic [15:0]                       input_read_o,
  output logic [ActRowBits-1:0]             input_row_o,
  output logic [15:0]                       residual_read_o,
  output logic [ActRowBits-1:0]             residual_row_o,
  input  logic [16*Block*8-1:0]             words_i,
  // results
  output logic [15:0]                       write_o,
  output logic [ActRowBits-1:0]             write_row_o,
  output logic [Lanes*8-1:0]                codes_o,
  output logic [3:0]                        score_write_o,  // by pixel, consecutive rows
  output logic [ScoreRowBits-1:0]           score_row_o,    // pixel 0's
  output logic [Lanes*16-1:0]               scores_o,
  // counts of this cycle
  output logic [2:0]                        input_reads_o,
  output logic [2:0]                        residual_reads_o,
  output logic [2:0]                        writes_o,
  output logic [2:0]                        pixels_o,
  output logic [6:0]                        saturations_o
);
  wd_arch_pkg::instr_t instr;
  assign instr = instr_i;

  // Cycles of a channel block. Of a pooled CONV: with 8 images rows 0 and 2 of groups, then 1 and 3; with fewer all four rows, then
  // columns 0 and 2, 1 and 3 (2 images), and then those two (1 image).
  logic                 pooled, one, two, eight, sixteen, adding;
  logic [2:0]           phase_q, last_phase;
  logic [BlockBits-1:0] tile_block_q;
  assign pooled     = instr.pooled;
  assign one        = instr.images[0];
  assign two        = instr.images[1];
  assign eight      = pooled && instr.images[3];
  assign sixteen    = instr.images[4];
  assign adding     = post_i && tile_block_q < blocks_i;
  logic [1:0]           turn_q;  // of the four cycles of a step with a table
  logic                 phase_ends;
  assign phase_ends = !instr.lookup || turn_q == 2'd3;
  assign last_phase = pooled && one ? 3'd5 : pooled && two ? 3'd4 : 3'd3;

  // Steps; valid_q, pixels_q, block, its end and row of pixels travel with the data, one stage a cycle.
  logic                 step_valid;
  logic [Stages-1:0]    valid_q;           // stage s holds a step: index s - 1
  logic [Stages*4-1:0]  inside_q;          // its pixels inside the tensor
  logic [Stages*2-1:0]  gy_q;
  logic [Stages*NumberBits-1:0] block_q;
  logic [NumberBits-1:0] block;
  logic [1:0]           gy;
  logic [3:0]           pixels;
  assign gy         = !pooled || sixteen ? phase_q[1:0] : {1'b0, eight && phase_q[1]};
  assign block      = first_block_i + NumberBits'(tile_block_q);
  assign step_valid = adding && turn_q == 2'd0 && (!pooled || sixteen || (eight ? phase_q[0] : phase_q == last_phase));
  assign pixels     = inside_i[gy*4+:4];
  // Steps with a table, behind their last stage; in hold_q[i] pixel i is written.
  logic [3:0]           hold_q;
  assign read_o     = adding && phase_ends && phase_q == last_phase && tile_block_q + BlockBits'(1) == blocks_i;
  assign done_o     = post_i && !adding && (instr.lookup ? hold_q[3] && valid_q == '0 : valid_q == Stages'(1) << (Stages - 1));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      phase_q      <= '0;
      tile_block_q <= '0;
      valid_q      <= '0;
      turn_q       <= '0;
      hold_q       <= '0;
    end else begin
      hold_q <= {hold_q[2:0], valid_q[Stages-1] && instr.lookup};
      if (!post_i) begin
        turn_q       <= '0;
        phase_q      <= '0;
        tile_block_q <= '0;
      end else if (adding) begin
        if (instr.lookup) turn_q <= turn_q + 2'd1;
        if (phase_ends) phase_q <= phase_q == last_phase ? '0 : phase_q + 3'd1;
        if (phase_ends && phase_q == last_phase) tile_block_q <= tile_block_q + BlockBits'(1);
      end
      valid_q <= {valid_q[Stages-2:0], step_valid};
    end
  end
  // The data's clock runs while there are steps only, and what the lanes need of the instruction is held beside them: nothing of a lane moves in
  // RUN.
  logic post_clk;
  wd_icg u_icg (.clk_i, .en_i(post_i || valid_q != '0 || hold_q != '0), .clk_o(post_clk));

  always_ff @(posedge post_clk) begin
    inside_q <= {inside_q[Stages*4-5:0], pixels};
    gy_q     <= {gy_q[Stages*2-3:0], gy};
    block_q  <= {block_q[(Stages-1)*NumberBits-1:0], block};
  end
  // What is written in this cycle.
  logic       last;
  logic [3:0] last_inside;
  logic [1:0] last_gy;
  assign last        = valid_q[Stages-1];
  assign last_inside = inside_q[Stages*4-1-:4];
  assign last_gy     = gy_q[Stages*2-1-:2];

  assign norm_read_o     = step_valid;
  assign norm_row_o      = norm_row_i + (instr.norm_t ? tile_i : NormRowBits'(block));
  logic       elementwise;
  logic [3:0] residual_pixels;  // of the step before
  assign elementwise     = instr.op == wd_arch_pkg::OP_ELEMENTWISE;
  assign input_row_o     = input_row_q;
  assign input_read_o    = step_valid && elementwise ? 16'(pixels) << {gy, 2'd0} : '0;
  assign residual_pixels = valid_q[0] && instr.residual ? inside_q[3:0] : 4'd0;
  assign residual_row_o  = residual_row_q;
  assign residual_read_o = 16'(residual_pixels) << {gy_q[1:0], 2'd0};

  // Rows of the step's words: a channel block's lie the tensor's pitch after those of the one before. Then those of the steps behind it.
  logic [ActRowBits-1:0]        input_row_q, step_residual_row_q, residual_row_q, step_write_row_q;
  logic [Stages*ActRowBits-1:0] write_row_q;
  always_ff @(posedge clk_i) begin
    if (!post_i) begin
      input_row_q         <= in_row_i;
      step_residual_row_q <= res_row_i;
      step_write_row_q    <= out_row_i;
    end else if (phase_ends && phase_q == last_phase) begin
      input_row_q         <= input_row_q + ActRowBits'(instr.in_rows);
      step_residual_row_q <= step_residual_row_q + ActRowBits'(instr.res_rows);
      step_write_row_q    <= step_write_row_q + ActRowBits'(instr.out_rows);
    end
  end
  always_ff @(posedge post_clk) begin
    residual_row_q <= step_residual_row_q;
    write_row_q    <= {write_row_q[(Stages-1)*ActRowBits-1:0], step_write_row_q};
  end

  // The sums of the step, and what the lanes need of the instruction: in each column of pixels.
  logic [Lanes*AccBits-1:0] acc_q /* verilator public_flat_rd */;
  logic [4*FieldBits-1:0]   fields;
  for (genvar gx = 0; gx < 4; gx++) begin : g_column
    logic [4*AccBits*PesPerGroup-1:0] column;
    for (genvar row = 0; row < 4; row++) begin : g_row
      assign column[row*AccBits*PesPerGroup+:AccBits*PesPerGroup] = sums_i[(row*4+gx)*AccBits*PesPerGroup+:AccBits*PesPerGroup];
    end
    wd_post_column #(.PesPerGroup(PesPerGroup), .AccBits(AccBits), .FieldBits(FieldBits), .SumBias(SumBias)) u_column (
      .clk_i, .clk_post_i(post_clk), .step_i(adding), .hold_i(!phase_ends), .pooled_i(pooled), .skip_i(eight && !phase_q[0]), .back_i(eight && phase_q == 3'd1),
      .add_i(pooled && !sixteen && (eight ? phase_q[0] : phase_q != 3'd0)), .other_i(phase_q[2]), .images_i(instr.images[4:1]), .sums_i(column),
      .other_acc_i(phase_q[0] ? acc_q[(gx^1)*Block*AccBits+:Block*AccBits] : acc_q[(gx^2)*Block*AccBits+:Block*AccBits]), .acc_o(acc_q[gx*Block*AccBits+:Block*AccBits]),
      .fields_i({instr.acc_shift, instr.res_shift, instr.residual, instr.relu, instr.score, elementwise, instr.norm_t}),
      .fields_o(fields[gx*FieldBits+:FieldBits])
    );
  end

  // The norm row arrives in stage 1, the residuals in stage 2, and they wait for their turn, in stage 2 and 4. Input words are used
  // as they arrive, in stage 1.
  logic [511:0]        norms_q;
  logic [4*16-1:0]     pixel_gamma_q, pixel_beta_q;  // of the step's pixels, where the row is pixels'
  logic [Lanes*8-1:0]  inputs, residual2_q, residual3_q;
  assign inputs = words_i[32'(gy_q[1:0])*Lanes*8+:Lanes*8];
  always_ff @(posedge post_clk) begin
    if (valid_q[0]) norms_q     <= norms_i;
    if (valid_q[0] && instr.norm_t) begin
      pixel_gamma_q <= norms_i[32'(gy_q[1:0])*64+:64];
      pixel_beta_q  <= norms_i[256+32'(gy_q[1:0])*64+:64];
    end
    if (valid_q[1]) residual2_q <= words_i[32'(gy_q[3:2])*Lanes*8+:Lanes*8];
    if (valid_q[2]) residual3_q <= residual2_q;
  end

  logic [Lanes-1:0]    saturated;
  logic [Lanes*8-1:0]  codes;
  for (genvar l = 0; l < Lanes; l++) begin : g_lane
    logic [5:0] acc_shift, residual_shift;
    logic       residual_on, relu, score, no_sums, norm_t;
    assign {acc_shift, residual_shift, residual_on, relu, score, no_sums, norm_t} = fields[l/Block*FieldBits+:FieldBits];
    wd_post_lane #(.AccBits(AccBits), .SumBias(32'(SumBias))) u_lane (
      .clk_i(post_clk),
      .valid_i({(last || hold_q[2:0] != 3'd0) && !score, valid_q[Stages-2:0]}),
      .acc_i(acc_q[l*AccBits+:AccBits]),
      .acc_shift_i(acc_shift),
      .elementwise_i(no_sums),
      .input_i(inputs[l*8+:8]),
      .gamma_i(norm_t ? pixel_gamma_q[l/Block*16+:16] : norms_q[l%Block*16+:16]),
      .beta_i(norm_t ? pixel_beta_q[l/Block*16+:16] : norms_q[256+l%Block*16+:16]),
      .residual_on_i(residual_on),
      .residual_i(residual3_q[l*8+:8]),
      .residual_shift_i(residual_shift),
      .relu_i(relu),
      .score_o(scores_o[l*16+:16]),
      .code_o(codes[l*8+:8]),
      .saturated_o(saturated[l])
    );
  end

  function automatic logic [2:0] ones(input logic [3:0] bits);
    ones = 3'(bits[0]) + 3'(bits[1]) + 3'(bits[2]) + 3'(bits[3]);
  endfunction
  // Registered before and after they are added: the counters are far from the lanes.
  logic [Lanes-1:0] saturated_q;
  logic [6:0]       saturations;
  always_comb begin
    saturations = '0;
    for (int unsigned l = 0; l < Lanes; l++) saturations = saturations + 7'(saturated_q[l]);
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      saturated_q   <= '0;
      saturations_o <= '0;
    end else begin
      for (int unsigned l = 0; l < Lanes; l++) saturated_q[l] <= last && saturated[l] && last_inside[l/Block];
      saturations_o <= saturations;
    end
  end
  // A pixel's codes are taken in one cycle and looked up in the next one, in which the stages may hold the step behind.
  logic [127:0] sought_q, found;
  logic [3:0]   held_inside_q;
  logic [1:0]   held_gy_q;
  logic [ActRowBits-1:0] held_row_q;
  always_ff @(posedge post_clk) begin
    held_inside_q <= last_inside;
    held_gy_q     <= last_gy;
    held_row_q    <= write_row_q[Stages*ActRowBits-1-:ActRowBits];
    if (instr.lookup)
      sought_q <= hold_q[2] ? codes[3*128+:128] : hold_q[1] ? codes[2*128+:128] : hold_q[0] ? codes[128+:128] : codes[0+:128];
  end
  wd_post_table u_table (
    .clk_i, .write_i(table_write_i), .part_i(table_part_i), .beat_i(table_beat_i), .codes_i(sought_q), .codes_o(found)
  );
  assign codes_o = instr.lookup ? {4{found}} : codes;

  logic [3:0] written;
  assign written       = instr.lookup ? held_inside_q & hold_q : last && !instr.score ? last_inside : '0;
  assign write_o       = 16'(written) << {instr.lookup ? held_gy_q : last_gy, 2'd0};
  assign write_row_o   = instr.lookup ? held_row_q : write_row_q[Stages*ActRowBits-1-:ActRowBits];
  // A channel block has a score row for each image; the second four pixels exist with 8 images and more only.
  logic [ScoreRowBits-1:0] block_rows;
  always_comb begin
    block_rows = '0;
    for (int unsigned i = 0; i < wd_arch_pkg::ImagesBits; i++)
      if (instr.images[i]) block_rows = block_rows | ScoreRowBits'(block_q[Stages*NumberBits-1-:NumberBits]) << i;
  end
  assign score_write_o = last && instr.score ? last_inside : '0;
  assign score_row_o   = ScoreRowBits'(instr.out_base) + (block_rows | ScoreRowBits'({last_gy, 2'd0}));

  assign input_reads_o    = step_valid && elementwise ? ones(pixels) : 3'd0;
  assign residual_reads_o = ones(residual_pixels);
  assign writes_o         = ones(written);
  assign pixels_o         = last ? ones(last_inside) : 3'd0;
endmodule
