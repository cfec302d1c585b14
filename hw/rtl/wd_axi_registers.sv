// SPDX-License-Identifier: Apache-2.0
// The host's registers as an AXI4-Lite slave, laid out as wd_register_map (hw/arch/registers.def) says.
//
// Timing    one access at a time, reads and writes in turn: a read answers three cycles behind its address, a write one behind address and data.
//           start_o is high for a cycle. Instruction words and counters are asked for in one cycle and taken in the next.
// Shape     instr_write_o: which of an instruction's words are written, all with instr_data_o. A counter's high word is the one of the
//           moment when its low word was read; of a counter whose low word was not the last that was read, the present one. Before the first
//           start counters are 0, whatever counter_i is. A program's event comes when busy_i has fallen: the next one may be started.
// Errors    SLVERR: no such register, a misaligned address, a read of `start`, a write of what is read-only, of part of a register, of too
//           large a value, or while the core is busy. Nothing is changed then.
// Test      testbench/rtl/axi_registers_test.cpp
module wd_axi_registers #(
  parameter  int unsigned InstrRows   = wd_arch_pkg::InstrRows,
  parameter  int unsigned Window      = wd_arch_pkg::Window,
  parameter  int unsigned AddressBits = 18,
  localparam int unsigned PcBits      = $clog2(InstrRows),
  localparam int unsigned SelBits     = $clog2(wd_arch_pkg::CounterCount),
  localparam int unsigned Words       = wd_arch_pkg::RegInstructionsWords,
  localparam int unsigned Parameters  = wd_arch_pkg::ParameterCount
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,   // synchronous
  // AXI4-Lite
  input  logic                   awvalid_i,
  output logic                   awready_o,
  input  logic [AddressBits-1:0] awaddr_i,
  input  logic                   wvalid_i,
  output logic                   wready_o,
  input  logic [31:0]            wdata_i,
  input  logic [3:0]             wstrb_i,
  output logic                   bvalid_o,
  input  logic                   bready_i,
  output logic [1:0]             bresp_o,
  input  logic                   arvalid_i,
  output logic                   arready_o,
  input  logic [AddressBits-1:0] araddr_i,
  output logic                   rvalid_o,
  input  logic                   rready_i,
  output logic [31:0]            rdata_o,
  output logic [1:0]             rresp_o,
  output logic                   interrupt_o,
  // core
  output logic                   start_o,
  output logic [PcBits-1:0]      entry_o,
  output logic [wd_arch_pkg::SwitchCount-1:0] switches_o,
  output logic [wd_arch_pkg::SwitchWindowBits-1:0] window_o,
  output logic [27:0]            mem_base_o,
  output logic [31:0]            watchdog_o,
  input  logic                   busy_i,          // from the cycle behind start_o on
  input  logic                   fault_i,         // for a cycle, while busy: the program is being stopped; the first one counts
  input  logic [7:0]             fault_cause_i,
  input  logic [PcBits-1:0]      fault_instruction_i,
  input  logic [31:0]            fault_address_i,
  output logic [SelBits-1:0]     counter_select_o,
  input  logic [47:0]            counter_i,
  input  logic [Parameters*32-1:0] configuration_i,
  output logic [Words-1:0]       instr_write_o,
  output logic                   instr_read_o,
  output logic [PcBits-1:0]      instr_row_o,
  output logic [31:0]            instr_data_o,
  input  logic [wd_arch_pkg::InstrBits-1:0] instr_i
);
  typedef enum logic [2:0] { IDLE, WRITE, ASK, TAKE, ANSWER } state_e;
  state_e                 state_q;
  logic                   aw_q, w_q, read_last_q, begin_write, begin_read;
  logic [AddressBits-1:0] write_addr_q, addr_q;
  logic [31:0]            wdata_q;
  logic [3:0]             wstrb_q;
  assign awready_o   = !aw_q;
  assign wready_o    = !w_q;
  assign begin_write = state_q == IDLE && aw_q && w_q && !(arvalid_i && !read_last_q);
  assign begin_read  = state_q == IDLE && arvalid_i && !begin_write;
  assign arready_o   = begin_read;

  logic [wd_arch_pkg::RegisterCount-1:0] register;
  logic        counters, configuration, instructions, readable, writable, always_writable;
  logic [31:0] highest;
  wd_register_map #(.InstrRows(InstrRows), .Window(Window), .AddressBits(AddressBits)) u_map (
    .address_i(addr_q), .register_o(register), .counters_o(counters), .configuration_o(configuration), .instructions_o(instructions),
    .readable_o(readable), .writable_o(writable), .always_o(always_writable), .highest_o(highest)
  );

  // Place of an instruction's word: by 12, as a quarter by 3 (words below 2^15: 21846 / 2^16 is a third).
  localparam logic [AddressBits-1:0] Instructions = AddressBits'(wd_arch_pkg::RegInstructions);
  logic [14:0] word, quarter, row;
  logic [3:0]  part;
  assign word    = 15'((addr_q - Instructions) >> 2);
  assign quarter = word >> 2;
  assign row     = 15'((31'(quarter) * 31'd21846) >> 16);
  assign part    = 4'(word - row * 15'd12);

  logic busy, write, read_ok;
  assign busy    = busy_i || start_o;
  assign write   = state_q == WRITE && writable && wstrb_q == 4'hf && wdata_q <= highest && (!busy || always_writable);
  assign read_ok = readable && !(instructions && busy);
  assign instr_write_o    = write && instructions ? Words'(1) << part : '0;
  assign instr_read_o     = state_q == ASK && instructions && !busy;
  assign instr_row_o      = PcBits'(row);
  assign instr_data_o     = wdata_q;
  assign counter_select_o = SelBits'(addr_q[AddressBits-1:3]);

  // Registers.
  logic        started_q, faulted_q, busy_q;
  logic [7:0]  cause_q;
  logic [PcBits-1:0] instruction_q;
  logic [31:0] address_q;
  logic [1:0]  enable_q, pending_q, events;
  assign interrupt_o = (enable_q & pending_q) != 2'd0;
  assign events      = {faulted_q, !faulted_q} & {2{busy_q && !busy}};
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {start_o, started_q, faulted_q, busy_q} <= 4'd0;
      entry_o    <= '0;
      switches_o <= '0;
      window_o   <= '0;
      mem_base_o <= '0;
      watchdog_o <= '0;
      enable_q   <= 2'd0;
      pending_q  <= 2'd0;
      cause_q    <= 8'd0;
      instruction_q <= '0;
      address_q  <= '0;
    end else begin
      busy_q  <= busy;
      start_o <= write && register[wd_arch_pkg::IndexStart];
      if (write && register[wd_arch_pkg::IndexStart]) begin
        started_q <= 1'b1;
        faulted_q <= 1'b0;
        cause_q   <= 8'd0;
        instruction_q <= '0;
        address_q <= '0;
      end else if (fault_i && !faulted_q) begin
        faulted_q <= 1'b1;
        cause_q   <= fault_cause_i;
        instruction_q <= fault_instruction_i;
        address_q <= fault_address_i;
      end
      if (write && register[wd_arch_pkg::IndexEntry])    entry_o    <= wdata_q[PcBits-1:0];
      if (write && register[wd_arch_pkg::IndexSwitches]) switches_o <= wdata_q[wd_arch_pkg::SwitchCount-1:0];
      if (write && register[wd_arch_pkg::IndexWindow])   window_o   <= wdata_q[wd_arch_pkg::SwitchWindowBits-1:0];
      if (write && register[wd_arch_pkg::IndexMemBase])  mem_base_o <= wdata_q[27:0];
      if (write && register[wd_arch_pkg::IndexWatchdog]) watchdog_o <= wdata_q;
      if (write && register[wd_arch_pkg::IndexInterruptEnable]) enable_q <= wdata_q[1:0];
      pending_q <= (pending_q & ~(write && register[wd_arch_pkg::IndexInterruptPending] ? wdata_q[1:0] : 2'd0)) | events;
    end
  end

  // What a register holds.
  logic [31:0] value, high_q;
  logic [SelBits:0] high_of_q;  // {there is one, counter}
  always_comb begin
    value = 32'd0;
    if (register[wd_arch_pkg::IndexStatus])           value = {29'd0, faulted_q, busy, started_q && !busy};
    if (register[wd_arch_pkg::IndexEntry])            value = 32'(entry_o);
    if (register[wd_arch_pkg::IndexSwitches])         value = 32'(switches_o);
    if (register[wd_arch_pkg::IndexWindow])           value = 32'(window_o);
    if (register[wd_arch_pkg::IndexMemBase])          value = 32'(mem_base_o);
    if (register[wd_arch_pkg::IndexInterruptEnable])  value = 32'(enable_q);
    if (register[wd_arch_pkg::IndexInterruptPending]) value = 32'(pending_q);
    if (register[wd_arch_pkg::IndexWatchdog])         value = watchdog_o;
    if (register[wd_arch_pkg::IndexFaultCause])       value = 32'(cause_q);
    if (register[wd_arch_pkg::IndexFaultInstruction]) value = 32'(instruction_q);
    if (register[wd_arch_pkg::IndexFaultAddress])     value = address_q;
    if (register[wd_arch_pkg::IndexId])               value = wd_arch_pkg::IdValue;
    if (register[wd_arch_pkg::IndexVersion])          value = wd_arch_pkg::VersionValue;
    if (instructions)                                 value = instr_i[part*32+:32];
    if (configuration)                                value = configuration_i[addr_q[8:2]*32+:32];
    if (counters && started_q)
      value = !addr_q[2] ? counter_i[31:0] : high_of_q == {1'b1, counter_select_o} ? high_q : 32'(counter_i[47:32]);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q     <= IDLE;
      aw_q        <= 1'b0;
      w_q         <= 1'b0;
      read_last_q <= 1'b0;
      bvalid_o    <= 1'b0;
      rvalid_o    <= 1'b0;
      high_of_q   <= '0;
    end else begin
      if (awvalid_i && awready_o) aw_q <= 1'b1;
      if (wvalid_i && wready_o)   w_q  <= 1'b1;
      case (state_q)
        IDLE:    if (begin_write) begin
                   state_q     <= WRITE;
                   read_last_q <= 1'b0;
                 end else if (begin_read) begin
                   state_q     <= ASK;
                   read_last_q <= 1'b1;
                 end
        WRITE: begin
          state_q  <= ANSWER;
          aw_q     <= 1'b0;
          w_q      <= 1'b0;
          bvalid_o <= 1'b1;
        end
        ASK:     state_q <= TAKE;
        TAKE: begin
          state_q  <= ANSWER;
          rvalid_o <= 1'b1;
          if (counters && !addr_q[2]) high_of_q <= {1'b1, counter_select_o};
        end
        default: if ((bvalid_o && bready_i) || (rvalid_o && rready_i)) begin
                   state_q  <= IDLE;
                   bvalid_o <= 1'b0;
                   rvalid_o <= 1'b0;
                 end
      endcase
    end
  end
  always_ff @(posedge clk_i) begin
    if (awvalid_i && awready_o) write_addr_q <= awaddr_i;
    if (wvalid_i && wready_o)   {wdata_q, wstrb_q} <= {wdata_i, wstrb_i};
    if (begin_write) addr_q <= write_addr_q;
    if (begin_read)  addr_q <= araddr_i;
    if (state_q == WRITE) bresp_o <= write ? 2'd0 : 2'd2;
    if (state_q == TAKE) begin
      rresp_o <= read_ok ? 2'd0 : 2'd2;
      rdata_o <= read_ok ? value : 32'd0;
      if (counters && !addr_q[2]) high_q <= 32'(counter_i[47:32]);
    end
  end
endmodule
