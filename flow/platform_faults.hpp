// SPDX-License-Identifier: Apache-2.0
// What stops the chip's program, on purpose: every cause of hw/arch/faults.def can be seen from the command line.
//
// Errors    damage that a program has no place for, an address outside of its image: wd::Error.
// Test      cli/platform_test.sh
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>
#include <whitedwarf/registers.hpp>

#include "base/error.hpp"
#include "flow/options.hpp"
#include "flow/platform_system.hpp"
#include "hw/formats/program/program.hpp"

namespace wd::flow {

struct PlatformFaults {
  std::uint32_t watchdog = 0;
  std::int64_t bus_error = -1;  // a byte of the program's memory: image, input, scratch or scores
  std::string damage = "none";

  void declare(OptionSink& sink) {
    sink.whole("watchdog", watchdog, 1, std::numeric_limits<std::uint32_t>::max(),
               "the cycle in which a program that is not done ends with the fault watchdog", "none");
    sink.whole("bus-error", bus_error, 0, std::int64_t{1} << 36,
               "byte of the program's memory at which it answers the chip with an error: bus_error", "none");
    sink.choice("damage", damage, {"none", "opcode", "end", "row", "stream"},
                "of the program, to see its fault: illegal_opcode, instruction_address, address_outside, "
                "stream_error");
  }

  /// What the host loads.
  void apply(whitedwarf::ProgramImage& image, const program::Program& program) const {
    WD_REQUIRE(bus_error < static_cast<std::int64_t>(image.memory_bytes), "--bus-error is ", bus_error,
               ", the program's memory has bytes 0 to ", image.memory_bytes - 1);
    WD_REQUIRE(damage != "stream" || coded_burst(program) != program.instrs.end(),
               "--damage stream: the program has no coded weights; compile without --no-huffman");
    // In front of the frame's HALT: the models refuse at the start what they can see before.
    const auto last = static_cast<std::uint32_t>(program.instrs.size()) - 1,
               rows = static_cast<std::uint32_t>(program.arch.instr_rows);
    arch::Instr other = program.instrs.back();
    if (damage == "opcode" || damage == "row") {
      WD_REQUIRE(last + 1 < rows, "--damage ", damage, ": the program fills all ", rows,
                 " rows of the instruction memory; give --damage end or stream");
      put(image, last + 1, other);
      if (damage == "opcode") other.op = 31;
      if (damage == "row") other.norm_row = program.arch.norm_rows;
      WD_REQUIRE(other.norm_row < 1 << arch::field_bits::norm_row,
                 "--damage row: the chip's normalization buffer has all rows that an instruction can name, ",
                 program.arch.norm_rows, "; give another --damage");
      put(image, last, other);
    } else if (damage == "end") {
      other.op = static_cast<int>(arch::Op::Wait);
      for (std::uint32_t row = last; row < rows; ++row) put(image, row, other);
    }
  }

  /// Behind the load of the program.
  void prepare(PlatformSystem& system) const {
    if (watchdog != 0) system.host.write_register(whitedwarf::reg::watchdog, watchdog);
  }

  /// A program, from an entry on. Memory refuses the chip alone: the host writes images and inputs before.
  whitedwarf::Host::Run run(PlatformSystem& system, std::uint32_t entry) const {
    const auto at = static_cast<std::uint64_t>(bus_error);
    if (bus_error >= 0) system.memory.fail_between(at, at);
    whitedwarf::Host::Run run = system.host.run(entry);
    if (bus_error >= 0) system.memory.fail_between(1, 0);
    return run;
  }

  /// Behind the load entry, which has seen good weights: the first coded burst gets a header that no decoder takes.
  void damage_weights(PlatformSystem& system, const program::Program& program) const {
    if (damage != "stream") return;
    const auto burst = coded_burst(program);
    constexpr std::array<std::uint8_t, program::beat_bytes> zeros{};
    system.host.write_memory(static_cast<std::uint64_t>(burst->mem_addr) * program::beat_bytes, zeros);
    if (burst - program.instrs.begin() < std::ptrdiff_t{program.frame_entry})
      system.host.run(program.load_entry);
  }

 private:
  static void put(whitedwarf::ProgramImage& image, std::uint32_t row, const arch::Instr& instr) {
    constexpr std::size_t words = arch::instr_bits / 32;
    std::size_t at = row * words;
    image.instructions.resize(std::max(image.instructions.size(), at + words));
    for (const std::uint64_t word : arch::encode(instr)) {
      image.instructions[at++] = static_cast<std::uint32_t>(word);
      image.instructions[at++] = static_cast<std::uint32_t>(word >> 32);
    }
  }
  static std::vector<arch::Instr>::const_iterator coded_burst(const program::Program& program) {
    return std::find_if(program.instrs.begin(), program.instrs.end(),
                        [](const arch::Instr& instr) { return instr.coded != 0; });
  }
};

}  // namespace wd::flow
