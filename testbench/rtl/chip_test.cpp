// SPDX-License-Identifier: Apache-2.0
// The whole chip over its buses, as a host uses it: programs go in by AXI4-Lite, memory answers over AXI4 when it likes; scores as the golden
// model, counters but `cycles` and `decoder_cycles` as the fast simulator. Resets and faults in the middle of programs, and the next program behind each.
#include <Vwd_chip.h>
#include <Vwd_chip___024root.h>
#include <verilated.h>

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "hw/arch/registers.hpp"
#include "hw/formats/program/geometry.hpp"
#include "sim/chip_state.hpp"
#include "sim/fast/fast_engine.hpp"
#include "sim/golden.hpp"
#include "sim/rtl/rtl_chip.hpp"
#include "testbench/programs/random_program.hpp"
#include "testbench/rtl/axi_slave.hpp"

namespace wd::testbench {
namespace {

namespace at = arch::register_at;
using arch::FaultCause;

arch::Arch chip_arch() {
  arch::Arch arch;
  arch.pes_per_group = 16;
  return arch;
}

/// What the chip's inputs are in a cycle, for its twin of two joined models.
sim::rtl::RtlChip::In inputs_of(const Vwd_chip& r) {
  sim::rtl::RtlChip::In in;
  in.rst_n = r.rst_ni;
  in.host_awvalid = r.s_axil_awvalid_i, in.host_wvalid = r.s_axil_wvalid_i,
  in.host_bready = r.s_axil_bready_i;
  in.host_arvalid = r.s_axil_arvalid_i, in.host_rready = r.s_axil_rready_i;
  in.host_awaddr = r.s_axil_awaddr_i, in.host_wdata = r.s_axil_wdata_i, in.host_wstrb = r.s_axil_wstrb_i;
  in.host_araddr = r.s_axil_araddr_i;
  in.arready = r.m_axi_arready_i, in.awready = r.m_axi_awready_i, in.wready = r.m_axi_wready_i;
  in.rvalid = r.m_axi_rvalid_i, in.rlast = r.m_axi_rlast_i, in.rresp = r.m_axi_rresp_i;
  in.bvalid = r.m_axi_bvalid_i, in.bresp = r.m_axi_bresp_i;
  std::copy_n(r.m_axi_rdata_i.data(), 4, in.rdata.begin());
  return in;
}
/// Its outputs: addresses and data as far as they are valid.
sim::rtl::RtlChip::Out outputs_of(const Vwd_chip& r) {
  sim::rtl::RtlChip::Out out;
  out.interrupt = r.interrupt_o;
  out.host_awready = r.s_axil_awready_o, out.host_wready = r.s_axil_wready_o,
  out.host_arready = r.s_axil_arready_o;
  out.host_bvalid = r.s_axil_bvalid_o, out.host_rvalid = r.s_axil_rvalid_o;
  if (out.host_bvalid) out.host_bresp = r.s_axil_bresp_o;
  if (out.host_rvalid) out.host_rresp = r.s_axil_rresp_o, out.host_rdata = r.s_axil_rdata_o;
  out.arvalid = r.m_axi_arvalid_o, out.rready = r.m_axi_rready_o, out.awvalid = r.m_axi_awvalid_o;
  out.wvalid = r.m_axi_wvalid_o, out.bready = r.m_axi_bready_o;
  if (out.arvalid) out.araddr = r.m_axi_araddr_o, out.arlen = r.m_axi_arlen_o;
  if (out.awvalid) out.awaddr = r.m_axi_awaddr_o, out.awlen = r.m_axi_awlen_o;
  if (out.wvalid) {
    out.wlast = r.m_axi_wlast_o, out.wstrb = r.m_axi_wstrb_o;
    std::copy_n(r.m_axi_wdata_o.data(), 4, out.wdata.begin());
  }
  return out;
}
sim::rtl::RtlChip::Out valid_part(sim::rtl::RtlChip::Out out) {
  if (!out.host_bvalid) out.host_bresp = 0;
  if (!out.host_rvalid) out.host_rresp = 0, out.host_rdata = 0;
  if (!out.arvalid) out.araddr = 0, out.arlen = 0;
  if (!out.awvalid) out.awaddr = 0, out.awlen = 0;
  if (!out.wvalid) out.wlast = false, out.wstrb = 0, out.wdata = {};
  return out;
}

class Chip {
 public:
  /// @param base page in which the program's memory begins
  Chip(const RandomProgram& random, std::uint64_t seed)
      : base_(static_cast<std::uint32_t>(seed * 977 % 60000)),
        memory(std::uint64_t{base_} * arch::page_bytes,
               std::size_t{random.program.memory_beats()} * program::beat_bytes, seed),
        random_(random),
        bits_(seed ^ 0x5eed) {
    context_->randReset(seed % 3 == 0 ? 0 : 2);  // what registers and memories hold before reset
    context_->randSeed(static_cast<int>(seed));
    Verilated::threadContextp(context_.get());
    rtl_ = std::make_unique<Vwd_chip>(context_.get());
    rtl_->clk_i = 0;
    context_->assertOn(false);  // nothing holds before the core is in reset
    reset();
    context_->assertOn(true);
  }

  ~Chip() {
    twin_.reset();
    Verilated::threadContextp(context_.get());  // where the model's scopes are, whichever model was made last
    rtl_.reset();
  }

  /// From now on, in every cycle; to be called behind the constructor.
  void compare_with_joined() {
    twin_ = sim::rtl::make_chip(random_.program.arch, 0, false);
    reset();
  }
  std::uint64_t twin_cycles = 0;

  void reset() {
    rtl_->s_axil_awvalid_i = rtl_->s_axil_wvalid_i = rtl_->s_axil_arvalid_i = 0;
    rtl_->s_axil_bready_i = rtl_->s_axil_rready_i = 0;
    rtl_->rst_ni = 0;
    for (int i = 0; i < 2; ++i) {
      memory.reset();
      const unsigned percent = std::exchange(memory.percent, 0);
      edge();
      memory.percent = percent;
    }
    memory.reset();
    answer_held_ = false;
    rtl_->rst_ni = 1;
  }

  /// A cycle of the whole system.
  void edge() {
    const ToMaster to = memory.drive();
    Vwd_chip& r = *rtl_;
    r.m_axi_arready_i = to.arready, r.m_axi_awready_i = to.awready, r.m_axi_wready_i = to.wready;
    r.m_axi_rvalid_i = to.rvalid, r.m_axi_rlast_i = to.rlast, r.m_axi_rresp_i = to.rresp;
    std::copy(to.rdata.begin(), to.rdata.end(), r.m_axi_rdata_i.data());
    r.m_axi_bvalid_i = to.bvalid, r.m_axi_bresp_i = to.bresp;
    r.clk_i = 0;
    r.eval();
    if (twin_) {
      const sim::rtl::RtlChip::Out out = valid_part(twin_->settle(inputs_of(r)));
      if (r.rst_ni && !(out == outputs_of(r))) FAIL("the joined chip differs in cycle " << twin_cycles);
      ++twin_cycles;
      twin_->advance();
    }
    if (trace_ != nullptr && sequencer_state() != 0) trace_->push_back(sequencer_state());
    if (r.rst_ni) {
      FromMaster from;
      from.arvalid = r.m_axi_arvalid_o, from.araddr = r.m_axi_araddr_o, from.arlen = r.m_axi_arlen_o;
      from.awvalid = r.m_axi_awvalid_o, from.awaddr = r.m_axi_awaddr_o, from.awlen = r.m_axi_awlen_o;
      from.wvalid = r.m_axi_wvalid_o, from.wlast = r.m_axi_wlast_o, from.wstrb = r.m_axi_wstrb_o;
      std::copy_n(r.m_axi_wdata_o.data(), 4, from.wdata.begin());
      from.rready = r.m_axi_rready_o, from.bready = r.m_axi_bready_o;
      axi_rule(!from.arvalid || (r.m_axi_arsize_o == 4 && r.m_axi_arburst_o == 1 && r.m_axi_arid_o == 0),
               "reads of 16 bytes, INCR, ID 0");
      axi_rule(!from.awvalid || (r.m_axi_awsize_o == 4 && r.m_axi_awburst_o == 1 && r.m_axi_awid_o == 0),
               "writes of 16 bytes, INCR, ID 0");
      memory.observe(from);
      axi_rule(!answer_held_ || r.s_axil_bvalid_o || r.s_axil_rvalid_o, "an answer stays until it is taken");
      answer_held_ = (r.s_axil_bvalid_o && !r.s_axil_bready_i) || (r.s_axil_rvalid_o && !r.s_axil_rready_i);
    }
    r.clk_i = 1;
    r.eval();
  }

  unsigned write(std::uint64_t address, std::uint32_t value) {
    Vwd_chip& r = *rtl_;
    bool address_sent = false, data_sent = false;
    for (int cycle = 0; cycle < 1000; ++cycle) {
      r.s_axil_awvalid_i = !address_sent && (r.s_axil_awvalid_i || chance());
      r.s_axil_wvalid_i = !data_sent && (r.s_axil_wvalid_i || chance());
      r.s_axil_awaddr_i = static_cast<unsigned>(address);
      r.s_axil_wdata_i = value, r.s_axil_wstrb_i = 15;
      r.s_axil_bready_i = chance();
      r.clk_i = 0;
      r.eval();
      const bool done = r.s_axil_bvalid_o && r.s_axil_bready_i;
      const unsigned response = r.s_axil_bresp_o;
      address_sent |= r.s_axil_awvalid_i && r.s_axil_awready_o;
      data_sent |= r.s_axil_wvalid_i && r.s_axil_wready_o;
      edge();
      if (!done) continue;
      r.s_axil_bready_i = 0;
      return response;
    }
    FAIL("a write of register " << address << " is not answered");
    return 3;
  }
  std::uint32_t read(std::uint64_t address, unsigned expected = 0) {
    Vwd_chip& r = *rtl_;
    bool sent = false;
    for (int cycle = 0; cycle < 1000; ++cycle) {
      r.s_axil_arvalid_i = !sent && (r.s_axil_arvalid_i || chance());
      r.s_axil_araddr_i = static_cast<unsigned>(address);
      r.s_axil_rready_i = chance();
      r.clk_i = 0;
      r.eval();
      const bool done = r.s_axil_rvalid_o && r.s_axil_rready_i;
      const unsigned response = r.s_axil_rresp_o;
      const std::uint32_t value = r.s_axil_rdata_o;
      sent |= r.s_axil_arvalid_i && r.s_axil_arready_o;
      edge();
      if (!done) continue;
      r.s_axil_rready_i = 0;
      REQUIRE(response == expected);
      return value;
    }
    FAIL("a read of register " << address << " is not answered");
    return 0;
  }

  /// The program goes into memory and instruction memory, and is read back.
  void load(const std::vector<arch::Instr>& instrs) {
    std::copy(random_.program.memory.begin(), random_.program.memory.end(), memory.memory.begin());
    for (std::size_t row = 0; row < instrs.size(); ++row) write_instruction(row, arch::encode(instrs[row]));
    for (int i = 0; i < 20; ++i) {
      const std::size_t row = bits_() % instrs.size(), part = bits_() % (arch::instr_bits / 32);
      const std::uint64_t word = arch::encode(instrs[row])[part / 2];
      REQUIRE(read(at::instructions + row * arch::instr_bytes + 4 * part) ==
              static_cast<std::uint32_t>(word >> 32 * (part % 2)));
    }
    REQUIRE(write(at::mem_base, base_) == 0);
    REQUIRE(write(at::switches, random_.switches.bits()) == 0);
    REQUIRE(write(at::window, static_cast<std::uint32_t>(random_.switches.window)) == 0);
    REQUIRE(write(at::interrupt_enable, 3) == 0);
  }
  void write_instruction(std::size_t row, const arch::InstrWord& words) {
    for (std::size_t part = 0; part < arch::instr_bits / 32; ++part)
      REQUIRE(write(at::instructions + row * arch::instr_bytes + 4 * part,
                    static_cast<std::uint32_t>(words[part / 2] >> 32 * (part % 2))) == 0);
  }

  /// @param percent of the cycles in which a side of memory is ready or valid; 0: any
  void start(std::uint32_t entry, unsigned percent = 0) {
    REQUIRE(write(at::entry, entry) == 0);
    memory.percent = percent != 0 ? percent : std::array{100U, 80U, 50U, 20U}[bits_() % 4];
    REQUIRE(write(at::start, 1) == 0);
  }
  /// Until the interrupt. @return what is pending, which is cleared
  std::uint32_t wait() {
    for (int cycle = 0; !rtl_->interrupt_o; ++cycle) {
      if (cycle == 5'000'000) FAIL("it hangs");
      edge();
    }
    REQUIRE(memory.idle());
    const std::uint32_t pending = read(at::interrupt_pending);
    REQUIRE(write(at::interrupt_pending, pending) == 0);
    REQUIRE(rtl_->interrupt_o == 0);
    return pending;
  }
  /// @param trace gets the sequencer's states, from the first FETCH on
  void run(std::uint32_t entry, unsigned percent = 0, std::vector<unsigned>* trace = nullptr) {
    trace_ = trace;
    start(entry, percent);
    const std::uint32_t pending = wait();
    trace_ = nullptr;
    REQUIRE(pending == arch::interrupt_pending_done);
    REQUIRE(read(at::status) == arch::status_done);
    REQUIRE(read(at::fault_cause) == 0);
  }
  arch::Counters counters() {
    arch::Counters counters;
    std::uint64_t address = at::counters;
    arch::for_each_counter(counters, [&](const char*, std::uint64_t& count) {
      count = read(address);
      count |= std::uint64_t{read(address + 4)} << 32;
      address += 8;
    });
    return counters;
  }
  void place_input(const std::vector<std::uint8_t>& input) {
    std::copy(input.begin(), input.end(),
              memory.memory.begin() + std::ptrdiff_t{random_.program.input_addr} * program::beat_bytes);
  }
  std::vector<std::uint16_t> scores() const {
    const program::Program& program = random_.program;
    std::vector<std::uint16_t> scores;
    for (int image = 0; image < program.batch; ++image)
      for (std::uint32_t c = 0; c < program.classes; ++c) {
        const std::uint8_t* const score = memory.memory.data() +
                                          std::size_t{program.score_addr} * program::beat_bytes +
                                          2 * program.score_index(image, c);
        scores.push_back(static_cast<std::uint16_t>(score[0] | score[1] << 8));
      }
    return scores;
  }
  unsigned sequencer_state() const {
    return rtl_->rootp->wd_chip__DOT__u_core__DOT__u_sequencer__DOT__state_q;
  }
  bool busy() { return (read(at::status) & arch::status_busy) != 0; }

 private:
  bool chance() { return bits_() % 4 != 0; }

  const std::uint32_t base_;

 public:
  AxiSlave memory;

 private:
  const RandomProgram& random_;
  std::mt19937_64 bits_;
  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Vwd_chip> rtl_;
  std::unique_ptr<sim::rtl::RtlChip> twin_;
  bool answer_held_ = false;
  std::vector<unsigned>* trace_ = nullptr;
};

/// What the models say.
struct Expected {
  std::vector<arch::Counters> counters;            // load entry, frames
  std::vector<std::vector<std::uint16_t>> scores;  // of frames
  explicit Expected(const RandomProgram& random) {
    sim::GoldenEngine golden(random.program);
    sim::FastEngine fast(random.program, random.switches);
    golden.load();
    counters.push_back(fast.load());
    for (const auto& input : random.inputs) {
      scores.push_back(golden.frame(input).scores);
      counters.push_back(fast.frame(input).counters);
    }
  }
};

/// Everything, from the instruction memory on.
void check_program(Chip& chip, const RandomProgram& random, const Expected& expected) {
  const auto same = [&](std::size_t run) {
    arch::Counters ours = chip.counters();
    REQUIRE(ours.cycles != 0);
    ours.cycles = expected.counters[run].cycles;
    ours.decoder_cycles = expected.counters[run].decoder_cycles;
    REQUIRE(ours == expected.counters[run]);
  };
  chip.load(random.program.instrs);
  chip.run(random.program.load_entry);
  same(0);
  for (std::size_t frame = 0; frame < random.inputs.size(); ++frame) {
    chip.place_input(random.inputs[frame]);
    chip.run(random.program.frame_entry);
    REQUIRE(chip.scores() == expected.scores[frame]);
    same(frame + 1);
  }
}

RandomProgram of_seed(std::uint64_t seed) { return random_program({.seed = seed, .arch = chip_arch()}); }

TEST_CASE("chip: a host runs programs over AXI, whatever memory does", "[rtl][cosim]") {
  std::size_t most_reads = 0, most_answers = 0;
  int stalled = 0;
  for (std::uint64_t seed = 4000; seed < 4006; ++seed) {
    INFO("seed " << seed);
    const RandomProgram random = of_seed(seed);
    Chip chip(random, seed);
    chip.memory.answer_delay = seed % 2 == 0 ? 0 : 150;
    REQUIRE(chip.read(at::id) == arch::register_value::id);
    REQUIRE(chip.read(at::status) == 0);
    REQUIRE(chip.read(at::counters) == 0);
    for (int i = 0; i < arch::parameter_count; ++i)
      REQUIRE(chip.read(at::configuration + 4 * static_cast<std::uint64_t>(i)) ==
              static_cast<std::uint32_t>(arch::parameter(chip_arch(), i)));
    check_program(chip, random, Expected(random));
    most_reads = std::max(most_reads, chip.memory.most_reads);
    most_answers = std::max(most_answers, chip.memory.most_answers);
    stalled += chip.memory.stalled_reads;
  }
  CHECK(most_reads == AxiSlave::outstanding);
  CHECK(most_answers > 1);
  CHECK(stalled > 10);  // the weight decoder holds beats up
}

TEST_CASE("chip: a shell and a core, Verilated apart and joined, are the chip in every cycle",
          "[rtl][cosim]") {
  for (std::uint64_t seed = 4050; seed < 4052; ++seed) {
    INFO("seed " << seed);
    const RandomProgram random = of_seed(seed);
    Chip chip(random, seed);
    chip.compare_with_joined();
    check_program(chip, random, Expected(random));
    // A fault and a reset in the middle of programs, too.
    REQUIRE(chip.write(at::watchdog, 77) == 0);
    chip.start(random.program.frame_entry);
    REQUIRE(chip.wait() == arch::interrupt_pending_fault);
    REQUIRE(chip.write(at::watchdog, 0) == 0);
    chip.start(random.program.load_entry);
    for (int i = 0; i < 50; ++i) chip.edge();
    chip.reset();
    check_program(chip, random, Expected(random));
    CHECK(chip.twin_cycles > 10'000);
  }
}

TEST_CASE("chip: after a reset in mid-program the program runs", "[rtl][cosim]") {
  std::set<unsigned> states;
  for (std::uint64_t seed = 4100; seed < 4103; ++seed) {
    INFO("seed " << seed);
    const RandomProgram random = of_seed(seed);
    const Expected expected(random);
    Chip chip(random, seed);
    std::mt19937_64 bits(seed);
    chip.load(random.program.instrs);
    chip.run(random.program.load_entry);
    for (int reset = 0; reset < 6; ++reset) {
      chip.place_input(random.inputs[0]);
      chip.start(random.program.frame_entry);
      const std::uint64_t cycles = bits() % (reset % 2 == 0 ? expected.counters[1].cycles : 200);
      for (std::uint64_t i = 0; i < cycles; ++i) chip.edge();
      // Every second one in a state that no reset met yet, if one comes.
      for (int i = 0; reset % 2 != 0 && i < 2000 && chip.busy() && states.contains(chip.sequencer_state());
           ++i)
        chip.edge();
      states.insert(chip.sequencer_state());
      chip.reset();
      for (const std::uint64_t address : {at::status, at::counters, at::fault_cause, at::interrupt_pending,
                                          at::interrupt_enable, at::entry, at::mem_base, at::watchdog})
        REQUIRE(chip.read(address) == 0);
      if (reset % 2 != 0) check_program(chip, random, expected);
      chip.load(random.program.instrs);
      chip.run(random.program.load_entry);
    }
  }
  CHECK(states.size() >= 3);
}

struct Fault {
  FaultCause cause = FaultCause::none;
  std::uint32_t instruction = 0, address = 0;
};

/// Waits for a program that must end in a fault, then runs the whole program again.
void check_fault(Chip& chip, const RandomProgram& random, const Expected& expected, const Fault& fault,
                 const std::function<void()>& repair) {
  REQUIRE(chip.wait() == arch::interrupt_pending_fault);
  REQUIRE(chip.read(at::status) == (arch::status_done | arch::status_fault));
  CHECK(name_of(static_cast<FaultCause>(chip.read(at::fault_cause))) == name_of(fault.cause));
  CHECK(chip.read(at::fault_instruction) == fault.instruction);
  CHECK(chip.read(at::fault_address) == fault.address);
  repair();
  check_program(chip, random, expected);
}

TEST_CASE("chip: an illegal opcode stops the program where it is, the next one runs", "[rtl][bad-input]") {
  for (std::uint64_t seed = 4200; seed < 4203; ++seed) {
    const RandomProgram random = of_seed(seed);
    const Expected expected(random);
    Chip chip(random, seed);
    std::mt19937_64 bits(seed);
    chip.load(random.program.instrs);
    chip.run(random.program.load_entry);
    for (int i = 0; i < 4; ++i) {
      const std::uint32_t entry = random.program.frame_entry,
                          behind = static_cast<std::uint32_t>(random.program.instrs.size());
      auto row = static_cast<std::uint32_t>(entry + bits() % (behind - entry));
      if (i == 0)  // behind a store, whose burst is under way
        for (row = behind - 1; !arch::stores(random.program.instrs[row - 1].operation());) --row;
      INFO("seed " << seed << " row " << row);
      arch::InstrWord word = arch::encode(random.program.instrs[row]);
      word.back() |= std::uint64_t{31} << 59;  // the opcode is the uppermost field
      chip.write_instruction(row, word);
      chip.start(entry);
      check_fault(chip, random, expected, {FaultCause::illegal_opcode, row}, [] {});
      if (i == 0) CHECK(chip.memory.empty_beats > 0);
    }
  }
}

TEST_CASE("chip: a row that a buffer does not have stops the program, in each field, the next one runs",
          "[rtl][bad-input]") {
  using arch::Instr;
  const arch::Arch arch = chip_arch();
  const std::vector<std::pair<int Instr::*, int>> fields{{&Instr::weight_row, arch.weight_rows},
                                                         {&Instr::norm_row, arch.norm_rows},
                                                         {&Instr::in_base, arch.act_rows},
                                                         {&Instr::out_base, arch.act_rows},
                                                         {&Instr::res_base, arch.act_rows}};
  std::map<arch::Op, int> operations;
  for (std::uint64_t seed = 4250; seed < 4253; ++seed) {
    const RandomProgram random = of_seed(seed);
    const Expected expected(random);
    Chip chip(random, seed);
    std::mt19937_64 bits(seed);
    chip.load(random.program.instrs);
    chip.run(random.program.load_entry);
    // An instruction of the frame gets a row that is not there, whatever it is and whether it uses the field or not.
    for (const auto& [field, rows] : fields) {
      const std::uint32_t entry = random.program.frame_entry,
                          behind = static_cast<std::uint32_t>(random.program.instrs.size());
      const auto row = static_cast<std::uint32_t>(entry + bits() % (behind - entry));
      Instr instr = random.program.instrs[row];
      instr.*field = rows + static_cast<int>(bits() % 2 == 0 ? 0 : bits() % 1000);
      ++operations[instr.operation()];
      INFO("seed " << seed << " row " << row << " outside " << instr.*field);
      chip.write_instruction(row, arch::encode(instr));
      chip.place_input(random.inputs[0]);
      chip.start(entry);
      check_fault(chip, random, expected,
                  {FaultCause::address_outside, row, static_cast<std::uint32_t>(instr.*field)}, [] {});
    }
  }
  CHECK(operations.size() >= 4);
}

TEST_CASE("chip: execution past the last row is a fault", "[rtl][bad-input]") {
  const RandomProgram random = of_seed(4300);
  const Expected expected(random);
  Chip chip(random, 4300);
  chip.load(random.program.instrs);
  const auto last = static_cast<std::uint32_t>(chip_arch().instr_rows - 1);
  arch::Instr wait;
  wait.op = static_cast<int>(arch::Op::Wait);
  for (const std::uint32_t rows : {1U, 7U}) {
    for (std::uint32_t row = last + 1 - rows; row <= last; ++row)
      chip.write_instruction(row, arch::encode(wait));
    chip.start(last + 1 - rows);
    check_fault(chip, random, expected, {FaultCause::instruction_address, last}, [] {});
  }
}

/// Calls visit(instruction's number, first beat, beats) for each burst from an entry on, until it returns false.
void for_each_burst(
    const program::Program& program, std::uint32_t entry,
    const std::function<bool(const arch::Instr&, std::uint32_t, std::uint64_t, std::uint64_t)>& visit) {
  bool more = true;
  sim::execute(
      program, entry,
      [&](const arch::Instr& instr, int iteration) {
        if (more && arch::find_operation(instr.op)->kind == arch::OpKind::Burst)
          more = visit(instr, static_cast<std::uint32_t>(&instr - program.instrs.data()),
                       static_cast<std::uint64_t>(program::burst_address(instr, iteration)),
                       static_cast<std::uint64_t>(instr.count));
      },
      [](const arch::Instr&) {});
}

TEST_CASE("chip: a beat that the system refuses stops the program, the next one runs", "[rtl][bad-input]") {
  int of_stores = 0, outside = 0;
  for (std::uint64_t seed = 4400; seed < 4404; ++seed) {
    const RandomProgram random = of_seed(seed);
    const Expected expected(random);
    Chip chip(random, seed);
    std::mt19937_64 bits(seed);
    chip.load(random.program.instrs);
    chip.run(random.program.load_entry);
    const std::uint32_t entry = random.program.frame_entry;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> bursts;
    for_each_burst(random.program, entry, [&](const arch::Instr&, std::uint32_t, auto first, auto count) {
      bursts.emplace_back(first, count);
      return true;
    });
    for (int i = 0; i < 3; ++i) {
      const auto [begin, beats] = bursts[i == 2 ? bursts.size() - 1 : bits() % bursts.size()];
      const std::uint64_t beat = begin + bits() % beats;
      Fault fault{FaultCause::bus_error};
      for_each_burst(random.program, entry,
                     [&](const arch::Instr& instr, std::uint32_t number, auto first, auto count) {
                       if (beat < first || beat >= first + count) return true;
                       fault.instruction = number;
                       fault.address = static_cast<std::uint32_t>(std::max(first, beat / 16 * 16));
                       of_stores += arch::stores(instr.operation());
                       return false;
                     });
      INFO("seed " << seed << " beat " << beat);
      const std::uint64_t base = std::uint64_t{chip.read(at::mem_base)} * arch::page_bytes;
      chip.memory.refused_first = base + beat * 16;
      chip.memory.refused_last = base + beat * 16 + 15;
      chip.place_input(random.inputs[0]);
      chip.start(entry);
      check_fault(chip, random, expected, fault,
                  [&] { chip.memory.refused_first = 1, chip.memory.refused_last = 0; });
    }
    // Where there is no memory.
    REQUIRE(chip.write(at::mem_base, 70000) == 0);
    chip.start(entry);
    Fault fault{FaultCause::bus_error};
    for_each_burst(random.program, entry, [&](const arch::Instr&, std::uint32_t number, auto first, auto) {
      fault.instruction = number;
      fault.address = static_cast<std::uint32_t>(first);
      return false;
    });
    check_fault(chip, random, expected, fault, [] {});
    ++outside;
  }
  CHECK(of_stores > 1);
  CHECK(outside == 4);
}

TEST_CASE("chip: a coded burst that is none stops the program, the next one runs", "[rtl][bad-input]") {
  int faults = 0;
  for (std::uint64_t seed = 4500; seed < 4540 && faults < 4; ++seed) {
    const RandomProgram random = of_seed(seed);
    for (const std::uint32_t entry : {random.program.load_entry, random.program.frame_entry}) {
      Fault fault{FaultCause::stream_error};
      std::uint64_t at_beat = 0;
      bool found = false;
      for_each_burst(random.program, entry,
                     [&](const arch::Instr& instr, std::uint32_t number, auto first, auto) {
                       if (!instr.coded) return true;
                       found = true;
                       at_beat = first;
                       fault.instruction = number;
                       return false;
                     });
      if (!found) continue;
      INFO("seed " << seed);
      const Expected expected(random);
      Chip chip(random, seed);
      chip.load(random.program.instrs);
      chip.memory.memory[at_beat * 16 + 6] = 0;  // weights of no plane, and neither with signs nor without
      chip.place_input(random.inputs[0]);
      chip.start(entry);
      check_fault(chip, random, expected, fault, [] {});
      ++faults;
    }
  }
  CHECK(faults >= 4);
}

TEST_CASE("chip: memory that fails from a cycle of each of the sequencer's states on, the next one runs",
          "[rtl][bad-input]") {
  std::map<unsigned, int> faults;  // by the state in which it began to fail
  std::uint64_t seed = 4550;
  for (unsigned state = 1; state <= 5; ++state)  // FETCH to POST
    for (int tries = 0; faults[state] == 0 && tries < 8; ++tries) {
      const RandomProgram random = of_seed(++seed);
      INFO("seed " << seed << " state " << state << " frame entry " << random.program.frame_entry << " of "
                   << random.program.instrs.size());
      Chip chip(random, seed);
      // The core's reset is asynchronous; Verilator sees it by its edge, and there is none if its register began as 0.
      for (int i = 0; i < 2; ++i) chip.edge();
      chip.reset();
      chip.load(random.program.instrs);
      chip.run(random.program.load_entry);
      chip.place_input(random.inputs[0]);
      chip.start(random.program.frame_entry);
      while (chip.sequencer_state() != 0 && chip.sequencer_state() != state) chip.edge();
      for (std::uint64_t i = seed % 7; i > 0 && chip.sequencer_state() != 0;
           --i) {  // not always the first time
        while (chip.sequencer_state() == state) chip.edge();
        while (chip.sequencer_state() != 0 && chip.sequencer_state() != state) chip.edge();
      }
      if (chip.sequencer_state() == 0) continue;
      chip.memory.refused_first = 0, chip.memory.refused_last = ~0ULL;
      INFO("seed " << seed << " state " << state);
      const std::uint32_t pending = chip.wait();
      chip.memory.refused_first = 1, chip.memory.refused_last = 0;
      if (pending == arch::interrupt_pending_fault) {
        ++faults[state];
        CHECK(chip.read(at::fault_cause) == static_cast<std::uint32_t>(FaultCause::bus_error));
        CHECK(chip.read(at::fault_instruction) >= random.program.frame_entry);
        CHECK(chip.read(at::fault_address) < random.program.memory_beats());
      }
      check_program(chip, random, Expected(random));
    }
  for (unsigned state = 1; state <= 5; ++state) {
    INFO("state " << state);
    CHECK(faults[state] > 0);
  }
}

TEST_CASE("chip: the watchdog stops a program in any state, the next one runs", "[rtl][bad-input]") {
  std::set<unsigned> states;
  for (std::uint64_t seed = 4600; seed < 4602; ++seed) {
    const RandomProgram random = of_seed(seed);
    const Expected expected(random);
    Chip chip(random, seed);
    std::mt19937_64 bits(seed);
    chip.load(random.program.instrs);
    chip.run(random.program.load_entry);
    const auto check_expired = [&](std::uint32_t limit, const program::Program& program) {
      REQUIRE(chip.read(at::fault_cause) == static_cast<std::uint32_t>(FaultCause::watchdog));
      const std::uint32_t instruction = chip.read(at::fault_instruction);
      REQUIRE(instruction >= program.frame_entry);
      REQUIRE(instruction < program.instrs.size());
      REQUIRE(chip.read(at::fault_address) == 0);
      CHECK(chip.counters().cycles == limit);
    };
    // With a memory that never waits the sequencer is in the same state in a cycle of every run.
    std::vector<unsigned> trace;
    chip.place_input(random.inputs[0]);
    chip.run(random.program.frame_entry, 100, &trace);
    std::map<unsigned, std::vector<std::uint32_t>> cycles_in;
    for (std::uint32_t cycle = 1; cycle < trace.size(); ++cycle) cycles_in[trace[cycle]].push_back(cycle);
    for (const auto& [state, cycles] : cycles_in) {
      const std::uint32_t limit = cycles[bits() % cycles.size()];
      INFO("seed " << seed << " limit " << limit << " state " << state);
      chip.place_input(random.inputs[0]);
      REQUIRE(chip.write(at::watchdog, limit) == 0);
      chip.start(random.program.frame_entry, 100);
      REQUIRE(chip.wait() == arch::interrupt_pending_fault);
      check_expired(limit, random.program);
      states.insert(state);
      REQUIRE(chip.write(at::watchdog, 0) == 0);
      if (bits() % 4 == 0) {
        check_program(chip, random, expected);
      } else {  // at once, with what lies in memory and buffers
        chip.run(random.program.frame_entry);
        REQUIRE(chip.scores() == expected.scores[0]);
      }
    }
    // With one that waits, in any cycle; the program may be done before.
    for (int i = 0; i < 3; ++i) {
      const auto limit = static_cast<std::uint32_t>(1 + bits() % (expected.counters[1].cycles - 1));
      INFO("seed " << seed << " limit " << limit);
      chip.place_input(random.inputs[0]);
      REQUIRE(chip.write(at::watchdog, limit) == 0);
      chip.start(random.program.frame_entry);
      if (chip.wait() == arch::interrupt_pending_done)
        REQUIRE(chip.scores() == expected.scores[0]);
      else
        check_expired(limit, random.program);
      REQUIRE(chip.write(at::watchdog, 0) == 0);
    }
    // A program that is done in time is not stopped.
    REQUIRE(chip.write(at::watchdog, 100'000'000) == 0);
    check_program(chip, random, expected);
  }
  CHECK(states == std::set<unsigned>{1, 2, 3, 4, 5});  // FETCH to POST
}

}  // namespace
}  // namespace wd::testbench
