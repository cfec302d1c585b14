// SPDX-License-Identifier: Apache-2.0
// Generated from hw/arch/*.def by emit_arch. Do not edit; scripts/generate.sh makes it again.
package wd_arch_pkg;
  localparam int unsigned GroupsY = 4;  // [groups] rows of groups; a tile is GroupsY x GroupsX output pixels
  localparam int unsigned GroupsX = 4;  // [groups] columns of groups
  localparam int unsigned PesPerGroup = 64;  // [PEs] output channels of a tile; a whole number of chunks
  localparam int unsigned Chunk = 16;  // [activations] input channels that a row of weight words covers
  localparam int unsigned Window = 2;  // [rows] rows that may be in flight; a switch can lower it
  localparam int unsigned Planes = 3;  // [bits] largest weight magnitude width (INT4: 3)
  localparam int unsigned AccBits = 36;  // [bits] exact accumulator, two's complement, unit 2^-9
  localparam int unsigned WeightRows = 1536;  // [rows] weight buffer depth
  localparam int unsigned NormRows = 256;  // [rows] normalization buffer depth, 16 channels a row
  localparam int unsigned ActRows = 1024;  // [words] activation bank depth, one bank per group
  localparam int unsigned InstrRows = 256;  // [instructions] instruction memory depth
  localparam int unsigned ScoreRows = 64;  // [words] class score buffer, 16 FP16 scores a row
  localparam int unsigned MemoryLatency = 24;  // [cycles] from a burst's request to before its first beat
  localparam int unsigned BusBits = 128;  // [bits] one beat of the memory port
  localparam int unsigned Organisation = 0;  // number of the array, as organisations.def counts them
  localparam int unsigned GroupsPerWalker = 16;  // [groups] that share a walker: 1, 2, 4, 8 or 16
  localparam int unsigned Entries = 2;  // [chunks] whose activations are held; at most window
  localparam int unsigned PlanesPerRow = 2;  // [bit-planes] walked together: 1 a position is a set bit, 2 a weight of two planes, 3 a whole weight, multiplied
  localparam int unsigned SumSegment = 8;  // [bits] low bits of a sum with a clock of their own: 0 (a plain sum) or 6 to 12
  localparam int unsigned LatchOperand = 0;  // 1: addends in low-phase latches; in synthesis only
  localparam int unsigned Decoders = 32;  // [decoders] of coded weights, side by side: 1, 2, 4, 8, 16, 32, or 0 for none
  localparam int unsigned FreezeGenerator = 1;  // 1: the weight decoder makes frozen weights from their seed
  localparam int unsigned Block = 16;  // [channels] of a normalization row, a score row and a word of activations
  localparam int unsigned PostStages = 6;  // [cycles] from a post-unit step's reads to its write
  localparam int unsigned BurstQueue = 8;  // [bursts] that may wait or be in progress; one more holds up the program
  localparam int unsigned MostIterations = 1000;  // [iterations] of a loop
  localparam int unsigned TableBeats = 16;  // [beats] of the activation's table: 256 codes
  localparam int unsigned InstrBits = 384;
  localparam int unsigned OrganisationWalkerSets = 0;  // one walker per output channel and set of groups picks positions for the PEs of that channel
  localparam int unsigned SwitchSkipZeroActivations = 0;  // walk only non-zero activations
  localparam int unsigned SwitchSkipZeroWeights = 1;  // walk only non-zero weights
  localparam int unsigned SwitchSkipZeroBits = 2;  // walk only set bits of a weight, not all its bit-planes
  localparam int unsigned SwitchGateArray = 3;  // stop the array's clock outside of tiles
  localparam int unsigned SwitchGateGroup = 4;  // stop the clock of a group without work
  localparam int unsigned SwitchGateWalker = 5;  // stop the registers of a walker without work
  localparam int unsigned SwitchGateOperand = 6;  // stop the operand register and the sum, which have one clock, of a PE without an operand; gate_sum must be on, too
  localparam int unsigned SwitchGateSum = 7;  // the same clock as that of gate_operand: it stops if both are on
  localparam int unsigned SwitchGateSegment = 8;  // stop the segments of a sum that an operand does not reach
  localparam int unsigned SwitchCount = 9;
  localparam int unsigned SwitchWindow = 9;  // rows in flight; 0: all
  localparam int unsigned SwitchWindowBits = 4;
  localparam int unsigned ControlBits = 13;  // switches and their values
  localparam int unsigned CounterCount = 21;
  localparam int unsigned CounterCycles = 0;  // [cycles] from start to done
  localparam int unsigned CounterRunCycles = 1;  // [cycles] in which the array's clock is needed
  localparam int unsigned CounterGroupCycles = 2;  // [group cycles] in which a walker of the group walks or takes a row
  localparam int unsigned CounterWalkerCycles = 3;  // [walker cycles] in which the walker walks or takes a row
  localparam int unsigned CounterWalkOps = 4;  // [positions] walked by walkers, one a cycle
  localparam int unsigned CounterBitOps = 5;  // [operands] added by PEs: of a walked position with a set weight bit, and a non-zero activation
  localparam int unsigned CounterRowsIssued = 6;  // [rows] weight rows read and issued to the window
  localparam int unsigned CounterChunksIssued = 7;  // [chunks] of activations taken into entries
  localparam int unsigned CounterFlushOps = 8;  // [PE cycles] in which a PE's sum is completed at the end of a tile
  localparam int unsigned CounterActReads = 9;  // [words] activation words read for the window
  localparam int unsigned CounterResidualReads = 10;  // [words] activation words read as residual
  localparam int unsigned CounterActWrites = 11;  // [words] activation words written by the post unit
  localparam int unsigned CounterNormReads = 12;  // [rows] normalization rows read
  localparam int unsigned CounterPostOps = 13;  // [elements] outputs normalized
  localparam int unsigned CounterSaturations = 14;  // [elements] FP8 outputs that saturated
  localparam int unsigned CounterBeatsRead = 15;  // [beats] read over the memory port
  localparam int unsigned CounterBeatsWritten = 16;  // [beats] written over the memory port
  localparam int unsigned CounterDecoderCycles = 17;  // [cycles] in which the weight decoder has a coded burst
  localparam int unsigned CounterCodedWords = 18;  // [words] of 16 bits that the decoders take from coded bursts
  localparam int unsigned CounterCodedRows = 19;  // [rows] weight rows that the decoder writes
  localparam int unsigned CounterSignGroups = 20;  // [groups] of eight channels' signs that the decoder's generator makes
  localparam int unsigned RegStart = 'h0;  // [byte] W: any value starts the program at `entry` in the next cycle
  localparam int unsigned RegStatus = 'h4;  // [byte] R: what the core does
  localparam int unsigned RegEntry = 'h8;  // [byte] RW: number of the first instruction
  localparam int unsigned RegSwitches = 'hc;  // [byte] RW: bit i: switch i of the list of switches
  localparam int unsigned RegWindow = 'h10;  // [byte] RW: weight rows in flight; 0: all that the architecture has
  localparam int unsigned RegMemBase = 'h14;  // [byte] RW: page of 4096 bytes of the system's memory in which the program's memory begins
  localparam int unsigned RegInterruptEnable = 'h18;  // [byte] RWA: the events that raise the interrupt; bits as in `interrupt_pending`
  localparam int unsigned RegInterruptPending = 'h1c;  // [byte] RWA: events since they were cleared: a written 1 clears its bit
  localparam int unsigned RegWatchdog = 'h20;  // [byte] RW: a program that is not done this many cycles after its start is stopped (one of N cycles needs N + 1); 0: none is
  localparam int unsigned RegFaultCause = 'h24;  // [byte] R: number of the fault that stopped the last start, 0: none did
  localparam int unsigned RegFaultInstruction = 'h28;  // [byte] R: number of the instruction that it belongs to
  localparam int unsigned RegFaultAddress = 'h2c;  // [byte] R: of a bus error: its AXI burst's first beat in the program's memory, in beats; of an address outside: the row; else 0
  localparam int unsigned RegId = 'h30;  // [byte] R: which device this is
  localparam int unsigned RegVersion = 'h34;  // [byte] R: of this map: a larger low half only adds registers
  localparam int unsigned StatusDone = 0;  // [bit] it was started and has finished, or was stopped by a fault
  localparam int unsigned StatusBusy = 1;  // [bit] it executes, or a burst is in progress
  localparam int unsigned StatusFault = 2;  // [bit] the last start ended in a fault
  localparam int unsigned InterruptPendingDone = 0;  // [bit] a program has finished, without a fault
  localparam int unsigned InterruptPendingFault = 1;  // [bit] a program was stopped by a fault
  localparam logic [31:0] IdValue = 32'h57445752;
  localparam logic [31:0] VersionValue = 32'h10000;
  localparam int unsigned IndexStart = 0;
  localparam int unsigned IndexStatus = 1;
  localparam int unsigned IndexEntry = 2;
  localparam int unsigned IndexSwitches = 3;
  localparam int unsigned IndexWindow = 4;
  localparam int unsigned IndexMemBase = 5;
  localparam int unsigned IndexInterruptEnable = 6;
  localparam int unsigned IndexInterruptPending = 7;
  localparam int unsigned IndexWatchdog = 8;
  localparam int unsigned IndexFaultCause = 9;
  localparam int unsigned IndexFaultInstruction = 10;
  localparam int unsigned IndexFaultAddress = 11;
  localparam int unsigned IndexId = 12;
  localparam int unsigned IndexVersion = 13;
  localparam int unsigned RegisterCount = 14;  // as wd_register_map numbers them
  localparam int unsigned RegCounters = 'h100;  // [byte] R: counter i of the list of counters, of the last or present start; reading the low word keeps the high word of that moment for the next read
  localparam int unsigned RegCountersWords = 2;
  localparam int unsigned RegConfiguration = 'h200;  // [byte] R: parameter i of the list of parameters
  localparam int unsigned RegConfigurationWords = 1;
  localparam int unsigned RegInstructions = 'h10000;  // [byte] RW: instruction i; read while the core is busy: refused
  localparam int unsigned RegInstructionsWords = 12;
  localparam int unsigned PlaceGroupsY = 0;
  localparam int unsigned PlaceGroupsX = 1;
  localparam int unsigned PlacePesPerGroup = 2;
  localparam int unsigned PlaceChunk = 3;
  localparam int unsigned PlaceWindow = 4;
  localparam int unsigned PlacePlanes = 5;
  localparam int unsigned PlaceAccBits = 6;
  localparam int unsigned PlaceWeightRows = 7;
  localparam int unsigned PlaceNormRows = 8;
  localparam int unsigned PlaceActRows = 9;
  localparam int unsigned PlaceInstrRows = 10;
  localparam int unsigned PlaceScoreRows = 11;
  localparam int unsigned PlaceMemoryLatency = 12;
  localparam int unsigned PlaceBusBits = 13;
  localparam int unsigned PlaceOrganisation = 14;
  localparam int unsigned PlaceGroupsPerWalker = 15;
  localparam int unsigned PlaceEntries = 16;
  localparam int unsigned PlacePlanesPerRow = 17;
  localparam int unsigned PlaceSumSegment = 18;
  localparam int unsigned PlaceLatchOperand = 19;
  localparam int unsigned PlaceDecoders = 20;
  localparam int unsigned PlaceFreezeGenerator = 21;
  localparam int unsigned ParameterCount = 22;
  localparam int unsigned FaultIllegalOpcode = 1;  // an instruction's opcode is no operation
  localparam int unsigned FaultInstructionAddress = 2;  // execution ran past the last row of the instruction memory
  localparam int unsigned FaultStreamError = 3;  // a coded burst is none that the weight decoder can take
  localparam int unsigned FaultBusError = 4;  // the system answered a beat of a burst with an error
  localparam int unsigned FaultWatchdog = 5;  // the program was not finished after as many cycles as `watchdog` allows
  localparam int unsigned FaultAddressOutside = 6;  // an instruction begins in a row that the buffer of one of its fields does not have
  localparam int unsigned StreamChannels = 64;  // [output channels] of a stream that is decoded by itself: a tile's
  localparam int unsigned StreamMaxCoats = 7;  // [levels] largest level of a weight
  localparam int unsigned StreamKindBits = 4;  // [bits] number of a kind, a level with its sign: 2 * max_coats kinds at most
  localparam int unsigned StreamMaxRunLog = 7;  // [bits] log2 of the run limit: runs of zeros in one symbol stay below it
  localparam int unsigned StreamMaxCodeBits = 15;  // [bits] longest Huffman code word
  localparam int unsigned StreamMaxGolomb = 255;  // [zeros] largest Golomb parameter
  localparam int unsigned StreamMaxSharedTables = 255;  // [tables] that the layers of a model may share
  localparam int unsigned StreamMaxLengthBytes = 4;  // [bytes] of a stream's length in its layer's header
  localparam int unsigned StreamMaxWeightsPerByte = 1024;  // [weights] that a layer may claim for each of its coded bytes
  localparam int unsigned StreamTansLog = 11;  // [bits] log2 of the states of tANS
  localparam int unsigned STREAM_PLAIN = 0;  // fixed fields
  localparam int unsigned STREAM_GOLOMB = 1;  // Golomb runs, unary levels
  localparam int unsigned STREAM_HUFFMAN = 2;  // a canonical Huffman table of the layer's own
  localparam int unsigned STREAM_SHARED_HUFFMAN = 3;  // a canonical Huffman table that layers share
  localparam int unsigned STREAM_TANS = 4;  // asymmetric numeral systems
  localparam int unsigned OpBits = 5;
  localparam int unsigned PlanesBits = 2;
  localparam int unsigned StrideBits = 4;
  localparam int unsigned PadYBits = 4;
  localparam int unsigned PadXBits = 4;
  localparam int unsigned KernelHBits = 6;
  localparam int unsigned KernelWBits = 6;
  localparam int unsigned AccShiftBits = 6;
  localparam int unsigned ResShiftBits = 6;
  localparam int unsigned InHBits = 10;
  localparam int unsigned InWBits = 10;
  localparam int unsigned InBlocksBits = 9;
  localparam int unsigned InRowsBits = 16;
  localparam int unsigned InOffsetBits = 4;
  localparam int unsigned InWrapBits = 10;
  localparam int unsigned OutHBits = 10;
  localparam int unsigned OutWBits = 10;
  localparam int unsigned OutBlocksBits = 9;
  localparam int unsigned OutRowsBits = 16;
  localparam int unsigned ResRowsBits = 16;
  localparam int unsigned TilesBits = 16;
  localparam int unsigned TilesOcBits = 9;
  localparam int unsigned InBaseBits = 15;
  localparam int unsigned OutBaseBits = 15;
  localparam int unsigned ResBaseBits = 15;
  localparam int unsigned WeightRowBits = 14;
  localparam int unsigned NormRowBits = 12;
  localparam int unsigned NormStepBits = 10;
  localparam int unsigned MemAddrBits = 28;
  localparam int unsigned CountBits = 24;
  localparam int unsigned LayerBits = 12;
  localparam int unsigned TagBits = 3;
  localparam int unsigned ImagesBits = 5;
  localparam int unsigned ReservedBits = 36;
  typedef enum logic [4:0] {
    OP_HALT = 5'd0,
    OP_LOAD_WEIGHTS = 5'd1,
    OP_LOAD_NORMS = 5'd2,
    OP_LOAD_TENSOR = 5'd3,
    OP_STORE_SCORES = 5'd4,
    OP_WAIT = 5'd5,
    OP_LOOP = 5'd6,
    OP_END_LOOP = 5'd7,
    OP_CONV = 5'd8,
    OP_POOL = 5'd9,
    OP_ELEMENTWISE = 5'd10,
    OP_STORE_TENSOR = 5'd11,
    OP_TRANSPOSE = 5'd12,
    OP_LOAD_TABLE = 5'd13
  } op_e;
  localparam logic [31:0] LegalOps = 32'b00000000000000000011111111111111;  // [opcode] is an operation
  localparam logic [31:0] BurstOps = 32'b00000000000000000010100000011110;  // [opcode] starts a burst
  localparam logic [31:0] TilesOps = 32'b00000000000000000001011100000000;  // [opcode] has tiles
  typedef struct packed {
    op_e op;  // operation
    logic relu;  // activation: negative results become 0
    logic residual;  // add the tensor at `res_base` before the activation
    logic score;  // write FP16 to the score buffer instead of FP8 to `out_base`
    logic pooled;  // every kernel position uses the same weight rows; the kernel is the whole input
    logic [1:0] planes;  // bit-planes of the weights
    logic [3:0] stride;  // input pixels from an output pixel to the next
    logic [3:0] pad_y;  // rows above the input: zeros (`CONV`), left out (`POOL`)
    logic [3:0] pad_x;  // columns to the left of the input, the same
    logic [5:0] kernel_h;  // kernel height
    logic [5:0] kernel_w;  // kernel width
    logic [5:0] acc_shift;  // two's complement: the accumulator is scaled by 2^(-9 - acc_shift)
    logic [5:0] res_shift;  // two's complement: the residual is scaled by 2^res_shift
    logic [9:0] in_h;  // input height
    logic [9:0] in_w;  // input width: columns times images
    logic [8:0] in_blocks;  // input channels / 16, rounded up
    logic [15:0] in_rows;  // pitch of the input: activation rows from a word of a pixel to its next one; of a ring, its rows * in_w / 16
    logic [3:0] in_offset;  // bank in which the input begins, in activation row `in_base`
    logic [9:0] in_wrap;  // input rows before the ring that they lie in begins again; 0: it does not
    logic [9:0] out_h;  // output height
    logic [9:0] out_w;  // output width: columns times images
    logic [8:0] out_blocks;  // computed output channels / 16, rounded up
    logic [15:0] out_rows;  // pitch of the output, as `in_rows`; unused with `score`
    logic [15:0] res_rows;  // pitch of the residual, as `in_rows`; unused without `residual`
    logic [15:0] tiles;  // tiles over the output pixels: out_h * out_w / 16, rounded up
    logic [8:0] tiles_oc;  // tiles over the output channels: of the array (`CONV`), of a word each (`POOL`)
    logic [14:0] in_base;  // activation row in which the input begins
    logic [14:0] out_base;  // activation row of the first computed channels; the score row with `score`
    logic [14:0] res_base;  // activation row of the residual of the first computed channels
    logic [13:0] weight_row;  // first weight row
    logic [11:0] norm_row;  // first normalization row
    logic [9:0] norm_step;  // normalization rows to advance per loop iteration: of the buffer (`CONV`), of memory (`LOAD_NORMS`)
    logic [27:0] mem_addr;  // memory address in beats
    logic [23:0] count;  // beats of a burst, iterations of a loop
    logic [11:0] layer;  // number of the layer, for traces only
    logic [2:0] tag;  // names bursts: those that a `WAIT` waits for
    logic [4:0] images;  // images of a batch, whose pixels lie side by side: 1, 2, 4, 8 or 16
    logic lookup;  // activation: FP8 results are looked up in the table
    logic norm_t;  // gamma and beta belong to pixels, not to channels: of 16 pixels a row
    logic coded;  // the burst is entropy-coded: the weight decoder makes its rows
    logic [35:0] reserved;  // zero
  } instr_t;
endpackage
