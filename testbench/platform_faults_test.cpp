// SPDX-License-Identifier: Apache-2.0
// What stops a program, behind the chip's TLM-2.0 sockets: every model tells the same cause, instruction and address, and runs the next program.
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "hw/arch/registers.hpp"
#include "sim/chip_state.hpp"
#include "testbench/platform_system.hpp"

namespace wd::testbench {
namespace {

using Work = std::function<std::string(System&)>;

/// A program from an entry on. @return what the registers say then: cause, instruction, address
std::string outcome(System& system, std::uint32_t entry) {
  try {
    system.host.run(entry);
  } catch (const Error& error) {
    const std::uint32_t cause = system.host.read_register(reg::fault_cause);
    if (cause == 0) return error.what();
    return text(name_of(static_cast<arch::FaultCause>(cause)), " ",
                system.host.read_register(reg::fault_instruction), " ",
                system.host.read_register(reg::fault_address));
  }
  return "done";
}

void write_row(System& system, std::size_t row, const arch::Instr& instr) {
  std::uint64_t at = reg::instructions + row * arch::instr_bits / 8;
  for (const std::uint64_t word : arch::encode(instr))
    for (const int shift : {0, 32}) {
      system.host.write_register(at, static_cast<std::uint32_t>(word >> shift));
      at += 4;
    }
}

/// What a fault's injection gives behind a load, and whether everything is right then. @param right what the fast model gives without
std::string on_model(const Choice& choice, const RandomProgram& random, const Work& inject,
                     const std::string& right) {
  return simulate(random, choice, [&](System& system) -> std::string {
    system.host.load(system.image, random.switches.bits(),
                     static_cast<std::uint32_t>(random.switches.window));
    system.host.run(system.image.load_entry);
    system.host.write_memory(system.image.input_address, random.inputs[0]);
    const std::string what = inject(system);
    return what + (without_times(system) == right ? "; the next is right" : "; the next is wrong");
  });
}

/// @return what all of them say, the fast model first
std::string agreed(const RandomProgram& random, const Work& inject, Choice choice,
                   const std::vector<const char*>& others) {
  const std::string right = simulate(random, choice, without_times);
  const std::string fast = on_model(choice, random, inject, right);
  for (const char* model : others) {
    choice.model = model;
    INFO("model " << model);
    CHECK(on_model(choice, random, inject, right) == fast);
  }
  return fast;
}
std::string agreed(const RandomProgram& random, const Work& inject) {
  return agreed(random, inject, {"fast"}, {"systemc", "rtl"});
}
/// With the bus of the RTL chip, whose cycles are others.
Choice behind_axi(const char* model) {
  Choice choice{model};
  choice.outstanding = 4;
  choice.bus_registers = true;
  return choice;
}
std::string agreed_behind_axi(const RandomProgram& random, const Work& inject) {
  return agreed(random, inject, behind_axi("fast"), {"systemc", "axi"});
}

arch::Instr nothing() {
  arch::Instr wait;
  wait.op = static_cast<int>(arch::Op::Wait);
  return wait;
}

/// Puts rows that do nothing in front of one.
void insert(RandomProgram& random, std::size_t row, std::size_t count) {
  program::Program& program = random.program;
  program.instrs.insert(program.instrs.begin() + static_cast<std::ptrdiff_t>(row), count, nothing());
  if (row < program.frame_entry) program.frame_entry += static_cast<std::uint32_t>(count);
}

std::uint32_t entry_of(const program::Program& program, std::size_t row) {
  return row < program.frame_entry ? program.load_entry : program.frame_entry;
}

TEST_CASE("platform faults: an illegal opcode", "[sim][bad-input]") {
  for (unsigned seed = 60; seed < 64; ++seed) {
    RandomProgram random = small_of_seed(seed);
    const std::size_t row = std::mt19937(seed)() % random.program.instrs.size();
    insert(random, row, 1);
    INFO("seed " << seed << " row " << row);
    const Work inject = [&](System& system) {
      arch::Instr illegal;
      illegal.op = 31;
      write_row(system, row, illegal);
      const std::string what = outcome(system, entry_of(random.program, row));
      write_row(system, row, nothing());
      return what;
    };
    const std::string expected = text("illegal_opcode ", row, " 0; the next is right");
    CHECK(agreed(random, inject) == expected);
    CHECK(agreed_behind_axi(random, inject) == expected);
  }
}

TEST_CASE("platform faults: a row that a buffer does not have, in each field", "[sim][bad-input]") {
  struct Field {
    arch::Op op;
    int arch::Instr::*field;
    int rows, highest;
    bool score = false;
  };
  const arch::Arch arch = small_of_seed(0).program.arch;
  using arch::Instr, arch::Op;
  const std::vector<Field> fields{{Op::LoadWeights, &Instr::weight_row, arch.weight_rows, 16383},
                                  {Op::Conv, &Instr::weight_row, arch.weight_rows, 16383},
                                  {Op::LoadNorms, &Instr::norm_row, arch.norm_rows, 4095},
                                  {Op::Elementwise, &Instr::norm_row, arch.norm_rows, 4095},
                                  {Op::StoreTensor, &Instr::in_base, arch.act_rows, 32767},
                                  {Op::Pool, &Instr::in_base, arch.act_rows, 32767},
                                  {Op::LoadTensor, &Instr::out_base, arch.act_rows, 32767},
                                  {Op::Transpose, &Instr::out_base, arch.act_rows, 32767},
                                  {Op::StoreScores, &Instr::out_base, arch.score_rows, 32767},
                                  {Op::Conv, &Instr::out_base, arch.score_rows, 32767, true},
                                  {Op::Conv, &Instr::res_base, arch.act_rows, 32767}};
  unsigned seed = 600;
  for (const Field& field : fields) {
    RandomProgram random = small_of_seed(++seed);
    std::mt19937 bits(seed);
    const std::size_t row = bits() % random.program.instrs.size();
    // The first row that is not there, or any other.
    const int outside =
        bits() % 2 == 0
            ? field.rows
            : field.rows + static_cast<int>(bits() % static_cast<unsigned>(field.highest - field.rows));
    insert(random, row, 1);
    INFO("seed " << seed << " row " << row << " operation " << static_cast<int>(field.op) << " with "
                 << outside);
    const Work inject = [&](System& system) {
      Instr instr;
      instr.op = static_cast<int>(field.op);
      instr.*field.field = outside;
      instr.score = field.score;
      instr.count = 4;
      write_row(system, row, instr);
      const std::string what = outcome(system, entry_of(random.program, row));
      write_row(system, row, nothing());
      return what;
    };
    const std::string expected = text("address_outside ", row, " ", outside, "; the next is right");
    CHECK(agreed(random, inject) == expected);
    CHECK(agreed_behind_axi(random, inject) == expected);
  }
}

TEST_CASE("platform faults: past the last instruction", "[sim][bad-input]") {
  RandomProgram random = small_of_seed(70);
  const auto rows = static_cast<std::size_t>(random.program.arch.instr_rows);
  insert(random, random.program.instrs.size() - 1, rows - random.program.instrs.size());
  const Work inject = [&](System& system) {
    write_row(system, rows - 1, nothing());
    const std::string what = outcome(system, random.program.frame_entry);
    write_row(system, rows - 1, random.program.instrs.back());
    return what;
  };
  const std::string expected = text("instruction_address ", rows - 1, " 0; the next is right");
  CHECK(agreed(random, inject) == expected);
  CHECK(agreed_behind_axi(random, inject) == expected);
}

struct BurstAt {
  std::uint32_t number = 0;
  std::uint64_t first = 0, count = 0;
  bool coded = false;
};
std::vector<BurstAt> bursts(const program::Program& program, std::uint32_t entry) {
  std::vector<BurstAt> result;
  sim::execute(
      program, entry,
      [&](const arch::Instr& instr, int iteration) {
        if (arch::is_burst(instr.operation()))
          result.push_back({static_cast<std::uint32_t>(&instr - program.instrs.data()),
                            static_cast<std::uint64_t>(program::burst_address(instr, iteration)),
                            static_cast<std::uint64_t>(instr.count), instr.coded != 0});
      },
      [](const arch::Instr&) {});
  return result;
}

TEST_CASE("platform faults: a memory that refuses a transaction", "[sim][bad-input]") {
  std::map<std::string, int> seen;
  for (unsigned seed = 80; seed < 86; ++seed) {
    const RandomProgram random = small_of_seed(seed);
    const program::Program& program = random.program;
    const std::uint32_t entry = program.frame_entry;
    const std::vector<BurstAt> all = bursts(program, entry);
    std::mt19937 bits(seed);
    // The last one writes the scores.
    const BurstAt hit = seed % 2 == 0 ? all.back() : all[bits() % all.size()];
    const std::uint64_t beat = hit.first + bits() % hit.count;
    const auto first = std::find_if(all.begin(), all.end(), [&](const BurstAt& b) {
      return beat >= b.first && beat < b.first + b.count;
    });
    INFO("seed " << seed << " beat " << beat);
    const Work inject = [&](System& system) {
      system.memory->fail_between(beat * 16, beat * 16 + 15);
      std::string what = outcome(system, entry);
      system.memory->fail_between(1, 0);
      return what + text("; cycles ", system.host.read_register(reg::counters));
    };
    const std::string expected =
        text("bus_error ", first->number, " ", std::max(first->first, beat / 16 * 16), "; cycles ");
    CHECK(agreed(random, inject).find(expected) == 0);
    CHECK(agreed_behind_axi(random, inject).find(expected) == 0);
  }
}

TEST_CASE("platform faults: a load whose first transaction is refused at once ends in the same cycle",
          "[sim][bad-input]") {
  const RandomProgram random = small_of_seed(88);
  const std::vector<BurstAt> all = bursts(random.program, random.program.load_entry);
  const BurstAt& hit = all.front();
  for (const std::uint32_t limit : {0, 1, 2, 3, 4, 5}) {
    INFO("watchdog " << limit);
    const Work inject = [&](System& system) {
      system.host.write_register(reg::watchdog, limit);
      system.memory->fail_between(hit.first * 16, hit.first * 16 + 15);
      std::string what = outcome(system, random.program.load_entry);
      system.memory->fail_between(1, 0);
      system.host.write_register(reg::watchdog, 0);
      return what + text("; cycles ", system.host.read_register(reg::counters));
    };
    const std::string what = agreed(random, inject);
    // Cycle 0 fetches, 1 executes and starts the burst, 2 requests it, 3 has the answer.
    if (random.program.instrs[random.program.load_entry].operation() == arch::Op::LoadWeights)
      CHECK(what.find(limit == 0 || limit >= 3 ? text("bus_error ", hit.number, " ", hit.first, "; cycles 3")
                                               : text("watchdog ")) == 0);
    agreed_behind_axi(random, inject);
  }
}

TEST_CASE("platform faults: coded weights that are damaged under way", "[sim][bad-input]") {
  int faults = 0;
  for (unsigned seed = 90; seed < 120 && faults < 4; ++seed) {
    const RandomProgram random = small_of_seed(seed);
    const program::Program& program = random.program;
    for (const std::uint32_t entry : {program.load_entry, program.frame_entry}) {
      const std::vector<BurstAt> all = bursts(program, entry);
      const auto coded = std::find_if(all.begin(), all.end(), [](const BurstAt& b) { return b.coded; });
      if (coded == all.end()) continue;
      ++faults;
      INFO("seed " << seed);
      const Work inject = [&](System& system) {
        std::uint8_t good = 0, bad = 0;  // weights of no plane
        system.host.read_memory(coded->first * 16 + 6, {&good, 1});
        system.host.write_memory(coded->first * 16 + 6, {&bad, 1});
        const std::string what = outcome(system, entry);
        system.host.write_memory(coded->first * 16 + 6, {&good, 1});
        return what;
      };
      const std::string expected = text("stream_error ", coded->number, " 0; the next is right");
      CHECK(agreed(random, inject) == expected);
      CHECK(agreed_behind_axi(random, inject) == expected);
    }
  }
  CHECK(faults >= 4);
}

TEST_CASE("platform faults: the watchdog, and which fault comes first", "[sim][bad-input]") {
  std::map<std::string, int> seen;
  for (unsigned seed = 120; seed < 128; ++seed) {
    const RandomProgram random = small_of_seed(seed);
    const program::Program& program = random.program;
    sim::FastEngine engine(program, random.switches);
    engine.load();
    const std::uint64_t cycles = engine.frame(random.inputs[0]).counters.cycles;
    std::mt19937_64 bits(seed);
    const std::vector<BurstAt> all = bursts(program, program.frame_entry);
    const BurstAt& hit = all[bits() % all.size()];
    const std::uint64_t beat = hit.first + bits() % hit.count, limit = 1 + bits() % (cycles + 40);
    const bool refuses = seed % 2 == 0;
    INFO("seed " << seed << " limit " << limit << " of " << cycles << " beat " << beat);
    const Work inject = [&](System& system) {
      system.host.write_register(reg::watchdog, static_cast<std::uint32_t>(limit));
      if (refuses) system.memory->fail_between(beat * 16, beat * 16 + 15);
      const std::string result = outcome(system, program.frame_entry);
      system.memory->fail_between(1, 0);
      system.host.write_register(reg::watchdog, 0);
      return result;
    };
    const std::string what = agreed(random, inject);
    CHECK(agreed_behind_axi(random, inject).find("; the next is right") != std::string::npos);
    CHECK(what.find("; the next is right") != std::string::npos);
    ++seen[what.substr(0, what.find_first_of(" ;"))];
  }
  CHECK(seen["watchdog"] > 1);
  CHECK(seen["bus_error"] > 0);
}

/// A fault, and the counters that it leaves: `cycles` alone, or all.
Work with_counters(bool all, std::uint32_t entry, const Work& before, const Work& behind) {
  return [=](System& system) {
    before(system);
    std::string what = outcome(system, entry);
    for (int i = 0; i < (all ? arch::counter_count : 1); ++i) {
      const std::uint64_t address = reg::counters + 8 * static_cast<std::uint64_t>(i);
      what += text(" ", system.host.read_register(address));
    }
    behind(system);
    return what;
  };
}

TEST_CASE(
    "platform faults: `cycles` of a stopped program is the fault's cycle on every model, and all counters of "
    "the RTL are one",
    "[sim][bad-input]") {
  static_assert(arch::counter_count > 1);
  for (unsigned seed = 140; seed < 144; ++seed) {
    RandomProgram random = small_of_seed(seed);
    sim::FastEngine engine(random.program, random.switches);
    engine.load();
    const std::uint64_t cycles = engine.frame(random.inputs[0]).counters.cycles;
    std::mt19937_64 bits(seed);
    const auto limit = static_cast<std::uint32_t>(1 + bits() % (cycles - 1));
    const std::size_t row =
        random.program.frame_entry + bits() % (random.program.instrs.size() - random.program.frame_entry);
    insert(random, row, 1);
    const std::uint32_t entry = random.program.frame_entry;
    const auto watchdog = [&](std::uint32_t value) -> Work {
      return [value](System& system) -> std::string {
        system.host.write_register(reg::watchdog, value);
        return "";
      };
    };
    const auto opcode = [&](int op) -> Work {
      return [row, op](System& system) -> std::string {
        arch::Instr instr;
        instr.op = op;
        write_row(system, row, instr);
        return "";
      };
    };
    INFO("seed " << seed << " limit " << limit << " row " << row);
    for (const bool illegal : {false, true}) {
      const Work before = illegal ? opcode(31) : watchdog(limit),
                 behind = illegal ? opcode(static_cast<int>(arch::Op::Wait)) : watchdog(0);
      const std::string what = agreed(random, with_counters(false, entry, before, behind));
      if (!illegal) CHECK(what.find(text(" 0 ", limit, ";")) != std::string::npos);
      agreed_behind_axi(random, with_counters(false, entry, before, behind));
      const std::string right = simulate(random, behind_axi("fast"), without_times);
      const Work all = with_counters(true, entry, before, behind);
      CHECK(on_model(behind_axi("axi"), random, all, right) ==
            on_model(behind_axi("rtl"), random, all, right));
    }
  }
}

TEST_CASE("platform faults: a watchdog just long enough stops nothing, one cycle less does", "[sim]") {
  const RandomProgram random = small_of_seed(130);
  const auto with_limit = [&](System& system, std::uint64_t limit) {
    system.host.write_register(reg::watchdog, static_cast<std::uint32_t>(limit));
    std::string what = outcome(system, random.program.frame_entry);
    system.host.write_register(reg::watchdog, 0);
    return what;
  };
  // The first limit that stops nothing; the model is in a process of its own.
  const std::uint64_t enough = std::stoull(on_model(
      {"fast"}, random,
      [&](System& system) {
        std::uint64_t limit = 1;
        while (with_limit(system, limit) != "done") limit *= 2;
        for (std::uint64_t step = limit / 4; step > 0; step /= 2)
          if (with_limit(system, limit - step) == "done") limit -= step;
        return std::to_string(limit);
      },
      ""));
  sim::FastEngine engine(random.program, random.switches);
  engine.load();
  const std::uint64_t cycles = engine.frame(random.inputs[0]).counters.cycles;
  CHECK(enough == cycles + 1);
  const std::string what = agreed(random, [&](System& system) {
    std::string results;
    for (std::uint64_t limit = enough - 3; limit < enough + 3; ++limit)
      results += with_limit(system, limit).substr(0, 8) + ", ";
    return results;
  });
  CHECK(what == "watchdog, watchdog, watchdog, done, done, done, ; the next is right");
  // Behind the bus's registers it takes other cycles, which are asked for first.
  CHECK(agreed_behind_axi(random, [&](System& system) {
          std::string results = with_limit(system, 0) + ", ";
          const std::uint32_t taken = system.host.read_register(reg::counters);
          for (const int more : {-1, 0, 1, 2})
            results += with_limit(system, taken + static_cast<unsigned>(more)).substr(0, 8) + ", ";
          return results;
        }) == "done, watchdog, watchdog, done, done, ; the next is right");
}

}  // namespace
}  // namespace wd::testbench
