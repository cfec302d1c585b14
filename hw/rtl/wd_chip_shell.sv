// SPDX-License-Identifier: Apache-2.0
// The chip around its core: registers, what starts and stops a program, the AXI4 master. wd_chip is this and wd_top.
//
// Timing    as wd_chip; between the core's outputs and its inputs lies no combinational path.
// Shape     core ports are named as this module sees them: what the core drives is an input.
// Test      testbench/rtl/chip_test.cpp, as a part of wd_chip; sim/rtl joins it to the Verilated cores
module wd_chip_shell #(
  parameter  int unsigned InstrRows   = wd_arch_pkg::InstrRows,
  parameter  int unsigned Window      = wd_arch_pkg::Window,
  parameter  int unsigned Outstanding = 4,   // reads that are under way
  parameter  int unsigned AddressBits = 40,  // of memory
  localparam int unsigned RegisterBits = 18, // of a register's address
  localparam int unsigned PcBits      = $clog2(InstrRows),
  localparam int unsigned SelBits     = $clog2(wd_arch_pkg::CounterCount),
  localparam int unsigned InstrBits   = wd_arch_pkg::InstrBits
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic [wd_arch_pkg::ParameterCount*32-1:0] configuration_i,  // static
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
  input  logic [1:0]              m_axi_bresp_i,
  // core
  output logic                    core_rst_no,
  input  logic                    core_busy_i,
  output logic [InstrBits/32-1:0] instr_write_o,
  output logic                    instr_read_o,
  output logic [PcBits-1:0]       instr_row_o,
  output logic [31:0]             instr_word_o,
  input  logic [InstrBits-1:0]    instr_i,
  output logic                    start_o,
  output logic [PcBits-1:0]       entry_o,
  output logic [wd_arch_pkg::ControlBits-1:0] control_o,
  output logic [SelBits-1:0]      counter_select_o,
  input  logic [47:0]             counter_i,
  input  logic                    illegal_i,
  input  logic                    past_end_i,
  input  logic                    outside_i,
  input  logic [15:0]             outside_row_i,
  input  logic [2:0]              stream_fault_i,
  input  logic [PcBits-1:0]       instruction_i,
  input  logic [PcBits-1:0]       burst_instruction_i,
  // the core's memory port
  input  logic                    request_i,
  input  logic                    request_write_i,
  input  logic [31:0]             request_addr_i,
  input  logic [23:0]             request_count_i,
  output logic                    read_valid_o,
  input  logic                    read_ready_i,
  output logic [127:0]            read_data_o,
  input  logic                    write_valid_i,
  output logic                    write_ready_o,
  input  logic [127:0]            write_data_i
);
  logic                    busy /* verilator public_flat_rd */;
  logic                    fault;
  logic [PcBits-1:0]       fault_instruction;
  logic [wd_arch_pkg::SwitchCount-1:0]      switches;
  logic [wd_arch_pkg::SwitchWindowBits-1:0] window;
  logic [27:0]             mem_base;
  logic [31:0]             watchdog, fault_address;
  logic [7:0]              fault_cause;
  assign control_o = {window, switches};
  wd_axi_registers #(.InstrRows(InstrRows), .Window(Window), .AddressBits(RegisterBits)) u_registers (
    .clk_i, .rst_ni,
    .awvalid_i(s_axil_awvalid_i), .awready_o(s_axil_awready_o), .awaddr_i(s_axil_awaddr_i),
    .wvalid_i(s_axil_wvalid_i), .wready_o(s_axil_wready_o), .wdata_i(s_axil_wdata_i), .wstrb_i(s_axil_wstrb_i),
    .bvalid_o(s_axil_bvalid_o), .bready_i(s_axil_bready_i), .bresp_o(s_axil_bresp_o),
    .arvalid_i(s_axil_arvalid_i), .arready_o(s_axil_arready_o), .araddr_i(s_axil_araddr_i),
    .rvalid_o(s_axil_rvalid_o), .rready_i(s_axil_rready_i), .rdata_o(s_axil_rdata_o), .rresp_o(s_axil_rresp_o),
    .interrupt_o, .start_o, .entry_o, .switches_o(switches), .window_o(window), .mem_base_o(mem_base), .watchdog_o(watchdog),
    .busy_i(busy), .fault_i(fault), .fault_cause_i(fault_cause), .fault_instruction_i(fault_instruction), .fault_address_i(fault_address),
    .counter_select_o, .counter_i, .configuration_i,
    .instr_write_o, .instr_read_o, .instr_row_o, .instr_data_o(instr_word_o), .instr_i
  );

  logic                    stop, port_busy, bus_error;
  logic [PcBits-1:0]       bus_error_instruction;
  logic [31:0]             bus_error_address;
  wd_chip_control #(.PcBits(PcBits)) u_control (
    .clk_i, .rst_ni, .start_i(start_o), .busy_o(busy), .watchdog_i(watchdog),
    .core_rst_no, .core_busy_i, .illegal_i, .past_end_i, .stream_fault_i(stream_fault_i != 3'd0), .outside_i, .outside_row_i,
    .instruction_i, .burst_instruction_i,
    .stop_o(stop), .port_busy_i(port_busy), .bus_error_i(bus_error), .bus_error_address_i(bus_error_address),
    .bus_error_instruction_i(bus_error_instruction),
    .fault_o(fault), .fault_cause_o(fault_cause), .fault_instruction_o(fault_instruction), .fault_address_o(fault_address)
  );

  wd_axi_master #(.Outstanding(Outstanding), .AddressBits(AddressBits), .TagBits(PcBits)) u_master (
    .clk_i, .rst_ni, .base_i(mem_base), .stop_i(stop), .busy_o(port_busy),
    .error_o(bus_error), .error_address_o(bus_error_address), .error_tag_o(bus_error_instruction),
    .request_i, .write_i(request_write_i), .addr_i(request_addr_i), .count_i(request_count_i), .tag_i(burst_instruction_i),
    .valid_o(read_valid_o), .data_o(read_data_o), .ready_i(read_ready_i), .valid_i(write_valid_i), .data_i(write_data_i), .ready_o(write_ready_o),
    .arvalid_o(m_axi_arvalid_o), .arready_i(m_axi_arready_i), .araddr_o(m_axi_araddr_o), .arlen_o(m_axi_arlen_o),
    .rvalid_i(m_axi_rvalid_i), .rready_o(m_axi_rready_o), .rdata_i(m_axi_rdata_i), .rresp_i(m_axi_rresp_i), .rlast_i(m_axi_rlast_i),
    .awvalid_o(m_axi_awvalid_o), .awready_i(m_axi_awready_i), .awaddr_o(m_axi_awaddr_o), .awlen_o(m_axi_awlen_o),
    .wvalid_o(m_axi_wvalid_o), .wready_i(m_axi_wready_i), .wdata_o(m_axi_wdata_o), .wstrb_o(m_axi_wstrb_o), .wlast_o(m_axi_wlast_o),
    .bvalid_i(m_axi_bvalid_i), .bready_o(m_axi_bready_o), .bresp_i(m_axi_bresp_i)
  );
  // Of every burst: 16 bytes a beat, INCR, modifiable and bufferable, data of no privilege.
  assign {m_axi_arid_o, m_axi_arsize_o, m_axi_arburst_o, m_axi_arlock_o, m_axi_arcache_o, m_axi_arprot_o, m_axi_arqos_o}
       = {1'b0, 3'd4, 2'b01, 1'b0, 4'b0011, 3'd0, 4'd0};
  assign {m_axi_awid_o, m_axi_awsize_o, m_axi_awburst_o, m_axi_awlock_o, m_axi_awcache_o, m_axi_awprot_o, m_axi_awqos_o}
       = {1'b0, 3'd4, 2'b01, 1'b0, 4'b0011, 3'd0, 4'd0};
endmodule
