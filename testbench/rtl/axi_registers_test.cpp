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

  Bench() {
    for (std::uint32_t& word : instructions) word = static_cast<std::uint32_t>(bits());
    for (int i = 0; i < parameter_count; ++i)
      rtl->configuration_i[i] = static_cast<std::uint32_t>(parameter(arch, i));
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

  /// @return the response
  unsigned write(std::uint64_t address, std::uint32_t value, unsigned strobes) {
    bool aw = false, w = false, aw_sent = false, w_sent = false;
    for (int cycle = 0;; ++cycle) {
      REQUIRE(cycle < 1000);
      aw = !aw_sent && (aw || chance());
      w = !w_sent && (w || chance());
      rtl->awvalid_i = aw;
      rtl->awaddr_i = static_cast<unsigned>(address);
      rtl->wvalid_i = w;
      rtl->wdata_i = value;
      rtl->wstrb_i = strobes;
      rtl->bready_i = chance();
      rtl->eval();
      REQUIRE((!stable_write || rtl->bvalid_o));
      const bool done = rtl->bvalid_o && rtl->bready_i;
      stable_write = rtl->bvalid_o && !rtl->bready_i;
      const unsigned response = rtl->bresp_o;
      if (aw && rtl->awready_o) aw_sent = true;
      if (w && rtl->wready_o) w_sent = true;
      edge();
      if (!done) continue;
      rtl->awvalid_i = rtl->wvalid_i = rtl->bready_i = 0;
      return response;
    }
  }
  unsigned read(std::uint64_t address, std::uint32_t& value) {
    bool ar = false, sent = false;
    for (int cycle = 0;; ++cycle) {
      REQUIRE(cycle < 1000);
      ar = !sent && (ar || chance());
      rtl->arvalid_i = ar;
      rtl->araddr_i = static_cast<unsigned>(address);
      rtl->rready_i = chance();
      rtl->eval();
      REQUIRE((!stable_read || rtl->rvalid_o));
      const bool done = rtl->rvalid_o && rtl->rready_i;
      stable_read = rtl->rvalid_o && !rtl->rready_i;
      value = rtl->rdata_o;
      const unsigned response = rtl->rresp_o;
      if (ar && rtl->arready_o) sent = true;
      edge();
      if (!done) continue;
      rtl->arvalid_i = rtl->rready_i = 0;
      return response;
    }
  }

  std::optional<std::uint32_t> expected_read(std::uint64_t address) {
    const RegisterBlock instr = instructions_block(arch), count = counters_block(arch),
                        conf = configuration_block(arch);
    if (address % 4 != 0) return {};
    if (instr.holds(address)) {
      if (busy) return {};
      return instructions[(address - instr.address) / 4];
    }
    if (conf.holds(address))
      return static_cast<std::uint32_t>(parameter(arch, static_cast<int>(address - conf.address) / 4));
    if (count.holds(address)) {
      const int i = static_cast<int>(address - count.address) / 8;
      const std::uint64_t counter = started ? counters[static_cast<std::size_t>(i)] : 0;
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
        const auto cause = static_cast<std::uint32_t>(1 + some(5));
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
        for (std::uint64_t stopping = some(4); stopping != 0; --stopping) bench.edge();
        bench.busy = false;
        bench.edge();
        bench.values[at::interrupt_pending] |= interrupt_pending_fault;  // not before the next one may start
        ++faults;
      } else {
        bench.edge();
        bench.values[at::interrupt_pending] |= interrupt_pending_done;
      }
    }
    std::uint64_t address = some(15) * 4;
    if (some(3) == 0) address = at::counters + some(counter_count + 2) * 8 + some(2) * 4;
    if (some(4) == 0) address = at::configuration + some(parameter_count + 2) * 4;
    if (some(4) == 0) address = at::instructions + some(256 * words + 8) * 4;
    if (some(16) == 0) address = some(1 << 18);
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
    } else {
      auto value = static_cast<std::uint32_t>(bench.bits());
      if (some(4) != 0) value &= std::array{1U, 3U, 15U, 255U}[some(4)];
      const unsigned strobes = some(8) == 0 ? static_cast<unsigned>(some(16)) : 15;
      const bool allowed = bench.allowed_write(address, value, strobes);
      const bool was_busy = bench.busy;
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
  CHECK(bench.starts > 50);
  CHECK(faults > 20);
  CHECK(interrupts > 20);
  CHECK(highs > 100);
  CHECK(busy_refused > 1000);
  CHECK(partial > 100);
  CHECK(refused_reads > 1000);
  CHECK(refused_writes > 1000);
}

}  // namespace
