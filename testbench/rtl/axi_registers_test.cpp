// SPDX-License-Identifier: Apache-2.0
// The AXI4-Lite registers against a plain model of the map: random accesses to everything that is there, and much that is not, with
// random stalls, while the core is busy and while it is not.
#include <Vwd_axi_registers.h>

#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "hw/arch/registers.hpp"
#include "testbench/rtl/cover.hpp"

namespace {

using namespace wd::arch;
namespace at = register_at;
constexpr int words = instr_bits / 32;

struct Bench {
  std::unique_ptr<Vwd_axi_registers> rtl = std::make_unique<Vwd_axi_registers>();
  std::mt19937_64 bits{41};
  Arch arch;
  // The core as the test plays it.
  std::vector<std::uint32_t> instructions =
      std::vector<std::uint32_t>(static_cast<std::size_t>(arch.instr_rows * words));
  std::array<std::uint64_t, counter_count> counters{};
  std::array<std::uint32_t, parameter_count> configuration{};  // any words: the block only hands them on
  std::array<std::uint32_t, words> read_row{};
  bool busy = false;
  int starts = 0;
  // What the host has written.
  std::map<std::uint64_t, std::uint32_t> values;
  bool started = false, faulted = false;
  std::optional<int> high_of;
  std::uint32_t high = 0;
  bool check_interrupt = true;
  bool stable_read = false, stable_write = false;
  wd::Cover cover{"wd_axi_registers",
                  {"address before data",
                   "data before address",
                   "address and data together",
                   "answer to a write waits",
                   "answer to a read waits",
                   "read before a write that is there",
                   "write before a read that is there",
                   "read while idle",
                   "read while busy",
                   "write while idle",
                   "write while busy that is allowed",
                   "write refused while busy",
                   "instructions read while busy",
                   "partial strobes",
                   "value over the highest",
                   "highest value",
                   "address between words",
                   "write of what is read only",
                   "read of what is write only",
                   "start",
                   "start with a fault",
                   "high half of the counter read last",
                   "high half of another counter",
                   "counters before a start",
                   "first instruction",
                   "last instruction",
                   "behind the last instruction",
                   "each part of an instruction",
                   "program ends",
                   "fault",
                   "a later fault does not count",
                   "interrupt by its enable",
                   "event without enable",
                   "interrupt taken back",
                   "pending and not taken back"}};
  unsigned parts = 0;  // of instructions that were written or read

  Bench() {
    for (std::uint32_t& word : instructions) word = static_cast<std::uint32_t>(bits());
    for (std::uint32_t& word : configuration) word = static_cast<std::uint32_t>(bits());
    std::copy(configuration.begin(), configuration.end(), rtl->configuration_i.data());
    rtl->rst_ni = 0;
    edge();
    rtl->rst_ni = 1;
  }
  void edge() {
    rtl->busy_i = busy;
    rtl->eval();
    const std::uint64_t counter = rtl->counter_select_o < counter_count ? counters[rtl->counter_select_o] : 0;
    rtl->counter_i = counter;
    rtl->eval();
    if (check_interrupt)
      REQUIRE(rtl->interrupt_o == ((values[at::interrupt_enable] & values[at::interrupt_pending]) != 0));
    const auto row = static_cast<std::size_t>(rtl->instr_row_o) * words;
    if (rtl->instr_read_o) std::copy_n(&instructions[row], words, read_row.begin());
    for (int part = 0; part < words; ++part)
      if (rtl->instr_write_o >> part & 1)
        instructions[row + static_cast<std::size_t>(part)] = rtl->instr_data_o;
    starts += rtl->start_o;
    const bool begins = rtl->start_o;
    rtl->clk_i = 1;
    rtl->eval();
    rtl->clk_i = 0;
    std::copy_n(read_row.begin(), words, rtl->instr_i.data());
    if (begins) busy = true;
    rtl->busy_i = busy;
    rtl->fault_i = 0;
    rtl->eval();
  }
  bool chance() { return bits() % 2; }

  struct Write {
    std::uint64_t address;
    std::uint32_t value;
    unsigned strobes;
    unsigned response = 9;
  };
  struct Read {
    std::uint64_t address;
    std::uint32_t value = 0;
    unsigned response = 9;
  };
  /// A write, a read or both, until they are answered.
  void access(Write* write, Read* read) {
    bool aw = false, w = false, aw_sent = write == nullptr, w_sent = write == nullptr;
    bool ar = false, ar_sent = read == nullptr;
    const bool reads = read != nullptr, writes = write != nullptr;
    for (int cycle = 0; write != nullptr || read != nullptr; ++cycle) {
      REQUIRE(cycle < 1000);
      aw = !aw_sent && (aw || chance());
      w = !w_sent && (w || chance());
      ar = !ar_sent && (ar || chance());
      rtl->awvalid_i = aw, rtl->wvalid_i = w, rtl->arvalid_i = ar;
      if (aw) rtl->awaddr_i = static_cast<unsigned>(write->address);
      if (w) rtl->wdata_i = write->value, rtl->wstrb_i = write->strobes;
      if (ar) rtl->araddr_i = static_cast<unsigned>(read->address);
      rtl->bready_i = chance();
      rtl->rready_i = chance();
      rtl->eval();
      REQUIRE((!stable_write || rtl->bvalid_o));
      REQUIRE((!stable_read || rtl->rvalid_o));
      const bool written = rtl->bvalid_o && rtl->bready_i, got = rtl->rvalid_o && rtl->rready_i;
      stable_write = rtl->bvalid_o && !rtl->bready_i;
      stable_read = rtl->rvalid_o && !rtl->rready_i;
      if (written) write->response = rtl->bresp_o;
      if (got) read->response = rtl->rresp_o, read->value = rtl->rdata_o;
      const bool takes_address = aw && rtl->awready_o, takes_data = w && rtl->wready_o;
      cover.hit("address before data", takes_address && !w_sent && !takes_data);
      cover.hit("data before address", takes_data && !aw_sent && !takes_address);
      cover.hit("address and data together", takes_address && takes_data);
      cover.hit("answer to a write waits", stable_write);
      cover.hit("answer to a read waits", stable_read);
      cover.hit("read before a write that is there",
                reads && writes && got && write != nullptr && aw_sent && w_sent);
      cover.hit("write before a read that is there", reads && writes && written && ar);
      aw_sent = aw_sent || takes_address;
      w_sent = w_sent || takes_data;
      ar_sent = ar_sent || (ar && rtl->arready_o);
      edge();
      if (written) write = nullptr;
      if (got) read = nullptr;
    }
    rtl->awvalid_i = rtl->wvalid_i = rtl->bready_i = 0;
    rtl->arvalid_i = rtl->rready_i = 0;
  }
  /// @return the response; beside it often a read of what no write changes
  unsigned write(std::uint64_t address, std::uint32_t value, unsigned strobes) {
    Write one{address, value, strobes};
    Read beside{at::id};
    const bool both = chance();
    access(&one, both ? &beside : nullptr);
    if (both) REQUIRE((beside.response == 0 && beside.value == register_value::id));
    return one.response;
  }
  unsigned read(std::uint64_t address, std::uint32_t& value) {
    Read one{address};
    access(nullptr, &one);
    value = one.value;
    return one.response;
  }

  std::optional<std::uint32_t> expected_read(std::uint64_t address) {
    const RegisterBlock instr = instructions_block(arch), count = counters_block(arch),
                        conf = configuration_block(arch);
    if (address % 4 != 0) return {};
    if (instr.holds(address)) {
      if (busy) return {};
      return instructions[(address - instr.address) / 4];
    }
    if (conf.holds(address)) return configuration[static_cast<std::size_t>(address - conf.address) / 4];
    if (count.holds(address)) {
      const int i = static_cast<int>(address - count.address) / 8;
      const std::uint64_t counter = started ? counters[static_cast<std::size_t>(i)] : 0;
      if (address % 8 == 4)
        cover.hit(high_of == i ? "high half of the counter read last" : "high half of another counter");
      cover.hit("counters before a start", !started);
      if (address % 8 == 4) return high_of == i ? high : static_cast<std::uint32_t>(counter >> 32);
      high_of = i;
      high = static_cast<std::uint32_t>(counter >> 32);
      return static_cast<std::uint32_t>(counter);
    }
    const auto known = find_register(arch, address);
    if (!known || !known->readable()) return {};
    if (address == at::status)
      return (started && !busy ? status_done : 0) | (busy ? status_busy : 0) | (faulted ? status_fault : 0);
    if (address == at::id) return register_value::id;
    if (address == at::version) return register_value::version;
    return values[address];
  }
  bool allowed_write(std::uint64_t address, std::uint32_t value, unsigned strobes) {
    if (address % 4 != 0 || strobes != 15) return false;
    if (instructions_block(arch).holds(address)) return !busy;
    const auto known = find_register(arch, address);
    return known && known->writable() && value <= known->highest && (!busy || known->always());
  }
};

TEST_CASE("axi registers: every access answers as the map says", "[rtl][bad-input]") {
  Bench bench;
  int reads = 0, refused_reads = 0, writes = 0, refused_writes = 0, busy_refused = 0, partial = 0, faults = 0,
      highs = 0, interrupts = 0;
  std::map<std::uint64_t, int> read_of, written;
  for (int round = 0; round < 60000; ++round) {
    INFO("round " << round);
    const auto some = [&](std::uint64_t n) { return bench.bits() % n; };
    for (auto& counter : bench.counters) counter = (counter + (bench.bits() >> 24)) & ((1ULL << 48) - 1);
    if (bench.busy && some(8) == 0) {  // the program ends
      bench.busy = false;
      if (some(3) == 0) {
        const auto cause = static_cast<std::uint32_t>(1 + some(255));
        bench.busy = true;
        bench.rtl->fault_i = 1;
        bench.rtl->fault_cause_i = cause;
        bench.rtl->fault_instruction_i = static_cast<unsigned>(some(256));
        bench.rtl->fault_address_i = static_cast<std::uint32_t>(bench.bits());
        bench.values[at::fault_cause] = cause;
        bench.values[at::fault_instruction] = bench.rtl->fault_instruction_i;
        bench.values[at::fault_address] = bench.rtl->fault_address_i;
        bench.rtl->eval();
        bench.edge();
        bench.faulted = true;
        for (std::uint64_t stopping = some(4); stopping != 0; --stopping) {
          if (some(2) == 0) {  // the first one counts
            bench.rtl->fault_i = 1;
            bench.rtl->fault_cause_i = static_cast<std::uint32_t>(some(256));
            bench.rtl->fault_address_i = static_cast<std::uint32_t>(bench.bits());
            bench.cover.hit("a later fault does not count");
          }
          bench.edge();
        }
        bench.busy = false;
        bench.edge();
        bench.values[at::interrupt_pending] |= interrupt_pending_fault;  // not before the next one may start
        ++faults;
        bench.cover.hit("fault");
      } else {
        bench.cover.hit("program ends");
        bench.edge();
        bench.values[at::interrupt_pending] |= interrupt_pending_done;
      }
    }
    std::uint64_t address = some(15) * 4;
    if (some(3) == 0) address = at::counters + some(counter_count + 2) * 8 + some(2) * 4;
    if (some(4) == 0) address = at::configuration + some(parameter_count + 2) * 4;
    if (some(4) == 0) address = at::instructions + some(256 * words + 8) * 4;
    if (some(64) == 0) address = at::instructions + (some(2) == 0 ? 0 : 256 * words - 1) * 4;
    if (some(16) == 0) address = some(1 << 18);
    const bool of_instructions = instructions_block(bench.arch).holds(address);
    const auto known = find_register(bench.arch, address);
    bench.cover.hit("address between words", address % 4 != 0);
    bench.cover.hit("behind the last instruction", address == at::instructions + 256 * words * 4);
    bench.cover.hit("first instruction", !bench.busy && address == at::instructions);
    bench.cover.hit("last instruction", !bench.busy && address == at::instructions + (256 * words - 1) * 4);
    if (of_instructions && !bench.busy) bench.parts |= 1u << (address - at::instructions) / 4 % words;
    if (some(2) == 0) {
      std::uint32_t value = 0;
      const auto expected = bench.expected_read(address);
      const unsigned response = bench.read(address, value);
      INFO("read at " << address);
      REQUIRE(response == (expected ? 0 : 2));
      if (expected) REQUIRE(value == *expected);
      highs += expected && counters_block(bench.arch).holds(address) && address % 8 == 4;
      ++(expected ? reads : refused_reads);
      if (expected) ++read_of[address];
      bench.cover.hit("read while idle", expected && !bench.busy);
      bench.cover.hit("read while busy", expected && bench.busy);
      bench.cover.hit("instructions read while busy", !expected && bench.busy && of_instructions);
      bench.cover.hit("read of what is write only", known && !known->readable());
    } else {
      auto value = static_cast<std::uint32_t>(bench.bits());
      if (some(4) != 0) value &= std::array{1U, 3U, 15U, 255U}[some(4)];
      if (known && known->writable() && some(4) == 0)
        value = known->highest + static_cast<std::uint32_t>(some(2));
      const unsigned strobes = some(8) == 0 ? static_cast<unsigned>(some(16)) : 15;
      const bool allowed = bench.allowed_write(address, value, strobes);
      const bool was_busy = bench.busy, was_faulted = bench.faulted;
      INFO("write at " << address << " of " << value);
      const int starts = bench.starts;
      const std::uint32_t enable = bench.values[at::interrupt_enable],
                          pending = bench.values[at::interrupt_pending];
      const bool touches = allowed && (address == at::interrupt_enable || address == at::interrupt_pending);
      unsigned response = 0;
      if (touches) {
        const std::uint32_t new_enable = address == at::interrupt_enable ? value : enable;
        const std::uint32_t new_pending = address == at::interrupt_pending ? pending & ~value : pending;
        bench.check_interrupt = false;  // it changes within the access
        response = bench.write(address, value, strobes);
        bench.values[at::interrupt_enable] = new_enable;
        bench.values[at::interrupt_pending] = new_pending;
        bench.check_interrupt = true;
        interrupts += (new_enable & new_pending) != 0 && (enable & pending) == 0;
      } else {
        response = bench.write(address, value, strobes);
        if (allowed && address == at::start) {
          bench.edge();
          bench.started = true;
          bench.faulted = false;
          bench.values[at::fault_cause] = bench.values[at::fault_instruction] =
              bench.values[at::fault_address] = 0;
          REQUIRE(bench.starts == starts + 1);
        } else if (allowed && address < at::counters) {
          bench.values[address] = value;
        } else if (allowed) {
          REQUIRE(bench.instructions[(address - at::instructions) / 4] == value);
        }
      }
      REQUIRE(response == (allowed ? 0 : 2));
      REQUIRE(bench.starts == starts + (allowed && address == at::start));
      ++(allowed ? writes : refused_writes);
      const bool whole = address % 4 == 0 && strobes == 15;
      const bool may = whole && known && known->writable();
      bench.cover.hit("write while idle", allowed && !was_busy);
      bench.cover.hit("write while busy that is allowed", allowed && was_busy);
      bench.cover.hit("write refused while busy", may && value <= known->highest && !allowed);
      bench.cover.hit("partial strobes", !allowed && may == false && known && strobes != 15);
      bench.cover.hit("value over the highest", may && value > known->highest);
      bench.cover.hit("highest value", allowed && may && value == known->highest);
      bench.cover.hit("write of what is read only", whole && known && !known->writable());
      const bool starts_program = allowed && address == at::start;
      bench.cover.hit("start", starts_program);
      bench.cover.hit("start with a fault", starts_program && was_faulted);
      const bool was = (enable & pending) != 0;
      const bool is = (bench.values[at::interrupt_enable] & bench.values[at::interrupt_pending]) != 0;
      bench.cover.hit("interrupt by its enable", !was && is && address == at::interrupt_enable);
      bench.cover.hit("interrupt taken back", was && !is && address == at::interrupt_pending);
      bench.cover.hit("pending and not taken back", was && is && touches && address == at::interrupt_pending);
      bench.cover.hit("event without enable", pending != 0 && enable == 0);
      busy_refused += !allowed && was_busy;
      partial += !allowed && strobes != 15;
      if (allowed) ++written[address];
    }
    REQUIRE(bench.rtl->entry_o == bench.values[at::entry]);
    REQUIRE(bench.rtl->switches_o == bench.values[at::switches]);
    REQUIRE(bench.rtl->window_o == bench.values[at::window]);
    REQUIRE(bench.rtl->mem_base_o == bench.values[at::mem_base]);
    REQUIRE(bench.rtl->watchdog_o == bench.values[at::watchdog]);
  }
  for_each_register(bench.arch, [&](const Register& known) {
    INFO(known.name);
    if (known.readable()) CHECK(read_of[known.address] > 5);
    if (known.writable()) CHECK(written[known.address] > 5);
  });
  bench.cover.hit("each part of an instruction", bench.parts == (1u << words) - 1);
  CHECK(bench.cover.missed() == "");
  CHECK(bench.starts > 50);
  CHECK(faults > 20);
  CHECK(interrupts > 20);
  CHECK(highs > 100);
  CHECK(busy_refused > 1000);
  CHECK(partial > 100);
  CHECK(refused_reads > 1000);
  CHECK(refused_writes > 1000);
}

TEST_CASE("axi registers: a reset takes back what waits: an answer, an address, data", "[rtl][bad-input]") {
  for (const bool write : {true, false}) {
    INFO((write ? "write" : "read"));
    Bench bench;
    auto& rtl = *bench.rtl;
    rtl.bready_i = rtl.rready_i = 0;
    rtl.awvalid_i = rtl.wvalid_i = write;
    rtl.arvalid_i = !write;
    rtl.awaddr_i = rtl.araddr_i = static_cast<unsigned>(at::watchdog);
    rtl.wdata_i = 5, rtl.wstrb_i = 15;
    for (int cycle = 0; !rtl.bvalid_o && !rtl.rvalid_o; ++cycle) {
      REQUIRE(cycle < 10);
      bench.edge();
    }
    CHECK((rtl.bvalid_o != 0) == write);
    rtl.awvalid_i = rtl.wvalid_i = rtl.arvalid_i = 0;
    rtl.rst_ni = 0;
    bench.edge();
    CHECK(!rtl.bvalid_o);
    CHECK(!rtl.rvalid_o);
    rtl.rst_ni = 1;
    // An address alone, and data alone, taken before a reset: nothing is written after it.
    for (const bool address : {true, false}) {
      rtl.awvalid_i = address, rtl.wvalid_i = !address;
      bench.edge();
      rtl.awvalid_i = rtl.wvalid_i = 0;
      rtl.rst_ni = 0;
      bench.edge();
      rtl.rst_ni = 1;
      rtl.awvalid_i = !address, rtl.wvalid_i = address;
      for (int cycle = 0; cycle < 10; ++cycle) {
        bench.edge();
        CHECK(!rtl.bvalid_o);
      }
      rtl.awvalid_i = rtl.wvalid_i = 0;
      rtl.rst_ni = 0;
      bench.edge();
      rtl.rst_ni = 1;
    }
    std::uint32_t value = 1;
    CHECK(bench.read(at::watchdog, value) == 0);
    CHECK(value == 0);  // the write before the reset is gone, too
  }
}

}  // namespace
