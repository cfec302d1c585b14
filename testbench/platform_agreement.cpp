// SPDX-License-Identifier: Apache-2.0
// Random programs, memories, faults, resets and hosts' habits on every model of the chip behind its sockets: all must say the same.
//
// What      of a seed a program of several runs, each of which may be stopped by one or two faults or by a reset, be watched by polling, or be
//           disturbed by accesses; of each run the registers, the counters (of a stopped one `cycles`), the scores and how long it took.
// Usage     platform_agreement FROM TO: seeds; prints those on which models differ, and fails then
#include <array>
#include <cstdio>
#include <random>

#include "hw/arch/registers.hpp"
#include "sim/chip_state.hpp"
#include "testbench/platform_system.hpp"

namespace wd::testbench {
namespace {

using Bits = std::mt19937_64;

enum class Habit {
  plain,
  watchdog,
  refused,
  refused_watchdog,
  illegal,
  outside,
  damaged,
  reset,
  polled,
  disturbed,
  count
};

class Runs {
 public:
  Runs(System& system, unsigned seed, std::size_t row, const Choice& choice)
      : system_(system), bits_(seed * 7919ULL), row_(row), base_(choice.base) {}

  std::string all(int count, bool last_alone) {
    load();
    plain();
    for (int i = 0; i < count; ++i) {
      const auto habit = static_cast<Habit>(bits_() % static_cast<unsigned>(Habit::count));
      said_ += text("\n", static_cast<int>(habit), ":");
      stopped_ = false;
      one(habit);
      if (!stopped_) continue;
      if (last_alone) break;
      load();
      plain();
    }
    return said_;
  }

 private:
  std::uint32_t read(std::uint64_t address) { return system_.host.read_register(address); }
  void write(std::uint64_t address, std::uint32_t value) { system_.host.write_register(address, value); }
  std::uint64_t below(std::uint64_t count) { return bits_() % count; }
  const program::Program& program() const { return system_.random_.program; }

  void counters(bool all) {
    for (int i = 0; i < (all ? arch::counter_count : 1); ++i) {
      const std::uint64_t at = reg::counters + 8 * static_cast<std::uint64_t>(i);
      const std::uint64_t low = read(at);
      said_ += text(" ", low | std::uint64_t{read(at + 4)} << 32);
      if (i == 0) cycles_ = low;
    }
  }
  void load() {
    system_.host.load(system_.image, system_.random_.switches.bits(),
                      static_cast<std::uint32_t>(system_.random_.switches.window));
    run(system_.image.load_entry);
  }
  void plain() {
    const auto& inputs = system_.random_.inputs;
    system_.host.write_memory(system_.image.input_address, inputs[below(inputs.size())]);
    run(system_.image.frame_entry);
  }

  void start(std::uint32_t entry) {
    write(reg::entry, entry);
    begin_ = sc_core::sc_time_stamp();
    write(reg::start, 1);
  }
  /// @return whether a fault stopped it
  bool run(std::uint32_t entry) {
    start(entry);
    while (!system_.irq.read()) sc_core::wait(system_.irq.value_changed_event());
    return ended();
  }
  /// What the registers say of a program that has ended.
  bool ended() {
    const sc_time took = sc_core::sc_time_stamp() - begin_;
    system_.memory->fail_between(1, 0);
    const std::uint32_t pending = read(reg::interrupt_pending);
    write(reg::interrupt_pending, pending);
    sc_core::wait(System::period);
    if (system_.irq.read()) said_ += " raised";
    said_ += text(" pending ", pending, " status ", read(reg::status));
    const bool fault = (pending & reg::interrupt_pending_fault) != 0;
    if (fault)
      said_ += text(" ", name_of(static_cast<arch::FaultCause>(read(reg::fault_cause))), " ",
                    read(reg::fault_instruction), " ", read(reg::fault_address));
    if (!fault) said_ += text(" in ", took.value() / System::period.value());
    counters(!fault);
    stopped_ |= fault;
    if (fault) return true;
    for (const std::uint16_t score : system_.host.scores(system_.image)) said_ += text(" ", score);
    return false;
  }

  /// A cycle in or about the frame that was run last.
  std::uint32_t some_cycle() {
    if (below(3) == 0)
      return static_cast<std::uint32_t>(cycles_ + below(5) - std::min<std::uint64_t>(cycles_, 2));
    return static_cast<std::uint32_t>(1 + below(cycles_ + 20));
  }
  std::uint64_t some_beat() {
    const std::uint64_t image = system_.image.memory.size() / 16;
    switch (below(4)) {
      case 0:
        return program().input_addr + below(program().input_beats);
      case 1:
        return program().score_addr + below(program().score_beats);
      case 2:
        return below(system_.image.memory_bytes / 16);
      default:
        return below(image == 0 ? 1 : image);
    }
  }
  std::uint32_t entry_of_row() const {
    return row_ < program().frame_entry ? program().load_entry : program().frame_entry;
  }
  std::uint32_t some_entry() { return below(3) == 0 ? system_.image.load_entry : system_.image.frame_entry; }

  void put(const arch::Instr& instr) {
    std::uint64_t at = reg::instructions + row_ * arch::instr_bytes;
    for (const std::uint64_t word : arch::encode(instr))
      for (const int shift : {0, 32}) {
        write(at, static_cast<std::uint32_t>(word >> shift));
        at += 4;
      }
  }

  void with_watchdog(std::uint32_t entry) {
    const std::uint32_t limit = some_cycle();
    said_ += text(" limit ", limit);
    write(reg::watchdog, limit);
    run(entry);
    write(reg::watchdog, 0);
  }
  void refused(bool watchdog) {
    const std::uint64_t beat = some_beat();
    const std::uint32_t entry = some_entry();
    said_ += text(" beat ", beat);
    system_.memory->fail_between(base_ + beat * 16, base_ + beat * 16 + 15);
    if (watchdog)
      with_watchdog(entry);
    else
      run(entry);
  }
  void bad_row(bool illegal) {
    arch::Instr instr;
    stopped_ = true;  // the models look at the changed program again when it starts, and at its memory
    instr.op = illegal ? 31 : static_cast<int>(arch::Op::Conv);
    instr.in_base = illegal ? 0 : program().arch.act_rows + static_cast<int>(below(100));
    put(instr);
    if (below(2) == 0)
      with_watchdog(entry_of_row());
    else
      run(entry_of_row());
    instr = {};
    instr.op = static_cast<int>(arch::Op::Wait);
    put(instr);
  }
  void damaged() {
    stopped_ = true;  // the models do not take what is damaged when they look at a changed program
    for (const arch::Instr& instr : program().instrs) {
      if (instr.coded == 0 || below(2) == 0) continue;
      std::uint8_t bad = 1;
      system_.host.write_memory(static_cast<std::uint64_t>(instr.mem_addr) * 16 + 6, {&bad, 1});
      break;
    }
    run(some_entry());
  }
  void reset() {
    stopped_ = true;
    start(some_entry());
    const std::uint64_t cycles = below(4) == 0 ? below(6) : below(cycles_);
    said_ += text(" reset in ", cycles);
    if (cycles != 0) sc_core::wait(static_cast<double>(cycles) * System::period);
    system_.rst_n.write(false);
    sc_core::wait(static_cast<double>(1 + below(5)) * System::period);
    system_.rst_n.write(true);
    for (const std::uint64_t at : {reg::status, reg::entry, reg::switches, reg::window, reg::mem_base,
                                   reg::interrupt_enable, reg::interrupt_pending, reg::watchdog,
                                   reg::fault_cause, reg::fault_instruction, reg::fault_address})
      said_ += text(" ", read(at));
    for (std::uint64_t at = 0; at < 2 * arch::counter_count; ++at)
      said_ += text(" ", read(reg::counters + 4 * at));
    sc_core::wait(sc_time(1, sc_core::SC_MS));  // how soon the next start begins is the model's
  }
  void polled() {
    write(reg::interrupt_enable, 0);
    const bool watchdog = below(2) == 0;
    if (watchdog) write(reg::watchdog, some_cycle());
    start(system_.image.frame_entry);
    while ((read(reg::status) & reg::status_busy) != 0) sc_core::wait(50 * System::period);
    said_ += system_.irq.read() ? " raised" : "";
    write(reg::interrupt_enable, reg::interrupt_pending_done | reg::interrupt_pending_fault);
    ended();
    write(reg::watchdog, 0);
  }
  void disturbed() {
    const auto attempt = [&](const std::function<void()>& access) {
      try {
        access();
        said_ += " taken";
      } catch (const Error&) {
        said_ += " refused";
      }
    };
    start(system_.image.frame_entry);
    attempt([&] { write(reg::start, 1); });
    for (int i = 0; i < 3; ++i) {
      sc_core::wait(static_cast<double>(below(1 + cycles_ / 8)) * System::period);
      attempt([&] { write(reg::entry, 1); });
      attempt([&] { read(reg::instructions); });
      attempt([&] { said_ += text(" ", read(reg::status)); });
      attempt([&] { write(reg::interrupt_enable, 3); });
    }
    while (!system_.irq.read()) sc_core::wait(system_.irq.value_changed_event());
    ended();
  }
  void one(Habit habit) {
    switch (habit) {
      case Habit::plain:
        return plain();
      case Habit::watchdog:
        return with_watchdog(some_entry());
      case Habit::refused:
      case Habit::refused_watchdog:
        return refused(habit == Habit::refused_watchdog);
      case Habit::illegal:
      case Habit::outside:
        return bad_row(habit == Habit::illegal);
      case Habit::damaged:
        return damaged();
      case Habit::reset:
        return reset();
      case Habit::polled:
        return polled();
      default:
        return disturbed();
    }
  }

  System& system_;
  Bits bits_;
  const std::size_t row_;  // one that does nothing
  const std::uint64_t base_;
  sc_time begin_;
  std::uint64_t cycles_ = 0;  // of the program that ran last
  bool stopped_ = false;      // by a fault or a reset
  std::string said_;
};

/// @return the models' answers where they differ
std::string differences(unsigned seed) {
  RandomProgram random = small_of_seed(5000 + seed);
  Bits bits(seed);
  auto& instrs = random.program.instrs;
  const std::size_t row = bits() % instrs.size();
  arch::Instr nothing;
  nothing.op = static_cast<int>(arch::Op::Wait);
  instrs.insert(instrs.begin() + static_cast<std::ptrdiff_t>(row), nothing);
  if (row < random.program.frame_entry) ++random.program.frame_entry;
  Choice choice{"fast"};
  // What is the fast model's alone changes nothing.
  choice.dmi = bits() % 2 == 0;
  choice.quantum_us = std::array{0.0, 0.3, 20.0}[bits() % 3];
  choice.base = bits() % 4 * 4096;
  choice.bus_registers = bits() % 3 != 0;
  choice.outstanding = choice.bus_registers ? 4 : std::array{1, 2, 4, 16}[bits() % 4];
  constexpr const char* memories[] = {"", "ddr3-1600", "lpddr4-3200"};
  choice.dram = memories[bits() % 3];
  choice.sooner = static_cast<int>(bits() % 4) * 7;
  const int count = 1 + static_cast<int>(bits() % 4);
  const auto on = [&](const char* model) {
    choice.model = model;
    return simulate(random, choice, [&](System& system) {
      try {
        return Runs(system, seed, row, choice).all(count, !choice.dram.empty());
      } catch (const Error& error) {
        return text("refused: ", error.what(), ": ", system.chip.why());
      }
    });
  };
  const std::string fast = on("fast");
  std::string all;
  for (const char* model : {"systemc", "rtl", "axi"}) {
    if (std::string(model) == "axi" && !choice.bus_registers) continue;
    const std::string other = on(model);
    if (other != fast) all += text("\n", model, ":", other);
  }
  if (fast.find("refused: ") == 0 || fast == "no answer") all += "\nnothing was run";
  if (all.empty()) return all;
  return text("seed ", seed, " memory ", choice.dram, " sooner ", choice.sooner, " registers ",
              choice.bus_registers, "\nfast:", fast, all, "\n");
}

}  // namespace
}  // namespace wd::testbench

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: platform_agreement FROM TO\n"), 2;
  int different = 0;
  for (unsigned seed = static_cast<unsigned>(std::stoul(argv[1])),
                end = static_cast<unsigned>(std::stoul(argv[2]));
       seed <= end; ++seed) {
    const std::string all = wd::testbench::differences(seed);
    if (all.empty()) continue;
    ++different;
    std::printf("%s\n", all.c_str());
    std::fflush(stdout);
  }
  std::printf("%d of the seeds differ\n", different);
  return different == 0 ? 0 : 1;
}
