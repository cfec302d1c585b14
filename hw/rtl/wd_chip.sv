// SPDX-License-Identifier: Apache-2.0
// The chip: the core behind an AXI4 master and AXI4-Lite registers, for a system to host. docs/bus.md.
//
// Timing    one clock. rst_ni is synchronous, low for two cycles at least; nothing that a host can see depends on what was before it.
// Shape     m_axi: bursts of at most 16 beats of 16 bytes, one ID, in order; s_axil: hw/arch/registers.def. interrupt_o is a level.
// Errors    what stops a program is in the registers (hw/arch/faults.def); the next one runs.
// Test      testbench/rtl/chip_test.cpp
module wd_chip #(
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
  parameter  int unsigned Outstanding   = 4,   // reads that are under way
  parameter  int unsigned AddressBits   = 40,  // of memory
  localparam int unsigned RegisterBits  = 18   // of a register's address
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  output logic                    interrupt_o,
  // registers: AXI4-Lite
  input  logic                    s_axil_awvalid_i,
  output logic                    s_axil_awready_o,
  input  logic [RegisterBits-1:0] s_axil_awaddr_i,
  input  logic                    s_axil_wvalid_i,
  output logic                    s_axil_wready_o,
  input  logic [31:0]             s_axil_wdata_i,
  input  logic [3:0]              s_axil_wstrb_i,
  output logic                    s_axil_bvalid_o,
  input  logic                    s_axil_bready_i,
  output logic [1:0]              s_axil_bresp_o,
  input  logic                    s_axil_arvalid_i,
  output logic                    s_axil_arready_o,
  input  logic [RegisterBits-1:0] s_axil_araddr_i,
  output logic                    s_axil_rvalid_o,
  input  logic                    s_axil_rready_i,
  output logic [31:0]             s_axil_rdata_o,
  output logic [1:0]              s_axil_rresp_o,
  // memory: AXI4
  output logic                    m_axi_arvalid_o,
  input  logic                    m_axi_arready_i,
  output logic                    m_axi_arid_o,
  output logic [AddressBits-1:0]  m_axi_araddr_o,
  output logic [7:0]              m_axi_arlen_o,
  output logic [2:0]              m_axi_arsize_o,
  output logic [1:0]              m_axi_arburst_o,
  output logic                    m_axi_arlock_o,
  output logic [3:0]              m_axi_arcache_o,
  output logic [2:0]              m_axi_arprot_o,
  output logic [3:0]              m_axi_arqos_o,
  input  logic                    m_axi_rvalid_i,
  output logic                    m_axi_rready_o,
  input  logic [127:0]            m_axi_rdata_i,
  input  logic [1:0]              m_axi_rresp_i,
  input  logic                    m_axi_rlast_i,
  output logic                    m_axi_awvalid_o,
  input  logic                    m_axi_awready_i,
  output logic                    m_axi_awid_o,
  output logic [AddressBits-1:0]  m_axi_awaddr_o,
  output logic [7:0]              m_axi_awlen_o,
  output logic [2:0]              m_axi_awsize_o,
  output logic [1:0]              m_axi_awburst_o,
  output logic                    m_axi_awlock_o,
  output logic [3:0]              m_axi_awcache_o,
  output logic [2:0]              m_axi_awprot_o,
  output logic [3:0]              m_axi_awqos_o,
  output logic                    m_axi_wvalid_o,
  input  logic                    m_axi_wready_i,
  output logic [127:0]            m_axi_wdata_o,
  output logic [15:0]             m_axi_wstrb_o,
  output logic                    m_axi_wlast_o,
  input  logic                    m_axi_bvalid_i,
  output logic                    m_axi_bready_o,
  input  logic [1:0]              m_axi_bresp_i
);
  localparam int unsigned PcBits     = $clog2(InstrRows);
  localparam int unsigned SelBits    = $clog2(wd_arch_pkg::CounterCount);
  localparam int unsigned InstrBits  = wd_arch_pkg::InstrBits;
  localparam int unsigned Words      = InstrBits / 32;
  localparam int unsigned Parameters = wd_arch_pkg::ParameterCount;

  // What a host reads as the configuration.
  logic [Parameters*32-1:0] configuration;
  assign configuration[wd_arch_pkg::PlaceGroupsY*32+:32]         = wd_arch_pkg::GroupsY;
  assign configuration[wd_arch_pkg::PlaceGroupsX*32+:32]         = wd_arch_pkg::GroupsX;
  assign configuration[wd_arch_pkg::PlacePesPerGroup*32+:32]     = PesPerGroup;
  assign configuration[wd_arch_pkg::PlaceChunk*32+:32]           = Chunk;
  assign configuration[wd_arch_pkg::PlaceWindow*32+:32]          = Window;
  assign configuration[wd_arch_pkg::PlacePlanes*32+:32]          = Planes;
  assign configuration[wd_arch_pkg::PlaceAccBits*32+:32]         = AccBits;
  assign configuration[wd_arch_pkg::PlaceWeightRows*32+:32]      = WeightRows;
  assign configuration[wd_arch_pkg::PlaceNormRows*32+:32]        = NormRows;
  assign configuration[wd_arch_pkg::PlaceActRows*32+:32]         = ActRows;
  assign configuration[wd_arch_pkg::PlaceInstrRows*32+:32]       = InstrRows;
  assign configuration[wd_arch_pkg::PlaceScoreRows*32+:32]       = ScoreRows;
  assign configuration[wd_arch_pkg::PlaceMemoryLatency*32+:32]   = MemoryLatency;
  assign configuration[wd_arch_pkg::PlaceBusBits*32+:32]         = wd_arch_pkg::BusBits;
  assign configuration[wd_arch_pkg::PlaceOrganisation*32+:32]    = Organisation;
  assign configuration[wd_arch_pkg::PlaceGroupsPerWalker*32+:32] = GroupsPerWalker;
  assign configuration[wd_arch_pkg::PlaceEntries*32+:32]         = Entries;
  assign configuration[wd_arch_pkg::PlacePlanesPerRow*32+:32]    = PlanesPerRow;
  assign configuration[wd_arch_pkg::PlaceSumSegment*32+:32]      = SumSegment;
  assign configuration[wd_arch_pkg::PlaceLatchOperand*32+:32]    = LatchOperand;
  assign configuration[wd_arch_pkg::PlaceDecoders*32+:32]        = Decoders;
  assign configuration[wd_arch_pkg::PlaceFreezeGenerator*32+:32] = FreezeGenerator;

  logic                    core_rst_n, core_busy, start, instr_read, illegal, past_end, outside;
  logic [Words-1:0]        instr_write;
  logic [PcBits-1:0]       entry, instr_row, instruction, burst_instruction;
  logic [31:0]             instr_word;
  logic [InstrBits-1:0]    instr;
  logic [wd_arch_pkg::ControlBits-1:0] control;
  logic [SelBits-1:0]      counter_select;
  logic [47:0]             counter;
  logic [15:0]             outside_row;
  logic [2:0]              stream_fault;
  logic                    request, request_write, read_valid, read_ready, write_valid, write_ready;
  logic [31:0]             request_addr;
  logic [23:0]             request_count;
  logic [127:0]            read_data, write_data;
  wd_chip_shell #(.InstrRows(InstrRows), .Window(Window), .Outstanding(Outstanding), .AddressBits(AddressBits)) u_shell (
    .clk_i, .rst_ni, .configuration_i(configuration), .interrupt_o,
    .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_awaddr_i, .s_axil_wvalid_i, .s_axil_wready_o, .s_axil_wdata_i,
    .s_axil_wstrb_i, .s_axil_bvalid_o, .s_axil_bready_i, .s_axil_bresp_o, .s_axil_arvalid_i, .s_axil_arready_o,
    .s_axil_araddr_i, .s_axil_rvalid_o, .s_axil_rready_i, .s_axil_rdata_o, .s_axil_rresp_o, .m_axi_arvalid_o,
    .m_axi_arready_i, .m_axi_arid_o, .m_axi_araddr_o, .m_axi_arlen_o, .m_axi_arsize_o, .m_axi_arburst_o,
    .m_axi_arlock_o, .m_axi_arcache_o, .m_axi_arprot_o, .m_axi_arqos_o, .m_axi_rvalid_i, .m_axi_rready_o,
    .m_axi_rdata_i, .m_axi_rresp_i, .m_axi_rlast_i, .m_axi_awvalid_o, .m_axi_awready_i, .m_axi_awid_o,
    .m_axi_awaddr_o, .m_axi_awlen_o, .m_axi_awsize_o, .m_axi_awburst_o, .m_axi_awlock_o, .m_axi_awcache_o,
    .m_axi_awprot_o, .m_axi_awqos_o, .m_axi_wvalid_o, .m_axi_wready_i, .m_axi_wdata_o, .m_axi_wstrb_o, .m_axi_wlast_o,
    .m_axi_bvalid_i, .m_axi_bready_o, .m_axi_bresp_i,
    .core_rst_no(core_rst_n), .core_busy_i(core_busy),
    .instr_write_o(instr_write), .instr_read_o(instr_read), .instr_row_o(instr_row), .instr_word_o(instr_word), .instr_i(instr),
    .start_o(start), .entry_o(entry), .control_o(control), .counter_select_o(counter_select), .counter_i(counter),
    .illegal_i(illegal), .past_end_i(past_end), .outside_i(outside), .outside_row_i(outside_row), .stream_fault_i(stream_fault),
    .instruction_i(instruction), .burst_instruction_i(burst_instruction),
    .request_i(request), .request_write_i(request_write), .request_addr_i(request_addr), .request_count_i(request_count),
    .read_valid_o(read_valid), .read_ready_i(read_ready), .read_data_o(read_data),
    .write_valid_i(write_valid), .write_ready_o(write_ready), .write_data_i(write_data)
  );
  wd_top #(
    .Organisation(Organisation), .PesPerGroup(PesPerGroup), .Chunk(Chunk), .Window(Window), .Planes(Planes), .AccBits(AccBits),
    .WeightRows(WeightRows), .NormRows(NormRows), .ActRows(ActRows), .InstrRows(InstrRows), .ScoreRows(ScoreRows),
    .MemoryLatency(MemoryLatency), .GroupsPerWalker(GroupsPerWalker), .Entries(Entries), .PlanesPerRow(PlanesPerRow),
    .SumSegment(SumSegment), .LatchOperand(LatchOperand), .Decoders(Decoders), .FreezeGenerator(FreezeGenerator)
  ) u_core (
    .clk_i, .rst_ni(core_rst_n),
    .instr_write_i(instr_write), .instr_read_i(instr_read), .instr_row_i(instr_row), .instr_i({Words{instr_word}}), .instr_o(instr),
    .control_write_i(start), .control_i(control), .start_i(start), .start_pc_i(entry), .busy_o(core_busy),
    .counter_select_i(counter_select), .counter_o(counter),
    .illegal_o(illegal), .past_end_o(past_end), .outside_o(outside), .outside_row_o(outside_row), .instruction_o(instruction), .burst_instruction_o(burst_instruction),
    .mem_request_o(request), .mem_write_o(request_write), .mem_addr_o(request_addr), .mem_count_o(request_count),
    .mem_valid_i(read_valid), .mem_ready_o(read_ready), .mem_data_i(read_data),
    .mem_valid_o(write_valid), .mem_ready_i(write_ready), .mem_data_o(write_data), .stream_fault_o(stream_fault)
  );
endmodule
