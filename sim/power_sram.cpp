// SPDX-License-Identifier: Apache-2.0
#include "sim/power_sram.hpp"

#include <cmath>

#include "base/error.hpp"

namespace wd::sim {
namespace {

int macros(const SramForm& form, int bits) {
  return (bits + form.widest_macro_bits - 1) / form.widest_macro_bits;
}

/// A memory as the architecture has it: what one access reads or writes.
struct Memory {
  int bits;
  double kilobytes;

  Memory(int width, int rows) : bits(width), kilobytes(width / 8192.0 * rows) {}
};

Memory weights(const arch::Arch& arch) { return {arch.pes_per_group * 2 * arch.chunk, arch.weight_rows}; }
Memory activation_bank(const arch::Arch& arch) { return {8 * arch.chunk, arch.act_rows}; }
Memory norms(const arch::Arch& arch) { return {32 * arch::block, arch.norm_rows}; }
Memory instructions(const arch::Arch& arch) { return {arch::instr_bits, arch.instr_rows}; }

}  // namespace

double access_fj(const SramForm& form, const AccessForm& access, double kilobytes, int bits) {
  const int n = macros(form, bits);
  return n * access.fj * std::pow(kilobytes / n, access.kb_exponent) *
         std::pow(bits / 64.0 / n, access.bits_exponent);
}

std::vector<MemoryEnergy> memory_energies(const SramForm& form, const CounterAmounts& n,
                                          const arch::Arch& arch) {
  const Memory row = weights(arch), bank = activation_bank(arch), norm = norms(arch);
  const auto read = [&](const Memory& m) { return access_fj(form, form.read, m.kilobytes, m.bits); };
  const double leak = form.leakage_nw_per_kb;
  // A beat goes to as few macros as hold its bits: at most four words of a row, or one activation word.
  const double beat_kb = row.kilobytes / macros(form, row.bits) * macros(form, arch.bus_bits);
  return {
      {"sram_weights", n.rows_issued * read(row), leak * row.kilobytes},
      {"sram_activations",
       (n.act_reads + n.residual_reads) * read(bank) +
           n.act_writes * access_fj(form, form.write, bank.kilobytes, bank.bits),
       leak * bank.kilobytes * arch.groups()},
      {"sram_norms", n.norm_reads * read(norm), leak * norm.kilobytes},
      {"sram_fill", n.beats_read * access_fj(form, form.write, beat_kb, arch.bus_bits), 0},
  };
}

std::vector<MemoryMacros> memory_macros(const SramForm& form, const arch::Arch& arch) {
  const auto of = [&](const char* name, const Memory& memory, int times) {
    const int n = macros(form, memory.bits);
    return MemoryMacros{name, n * times, memory.kilobytes / n};
  };
  return {of("weights", weights(arch), 1), of("activations", activation_bank(arch), arch.groups()),
          of("norms", norms(arch), 1), of("instructions", instructions(arch), 1)};
}

std::vector<std::string> beyond_form(const SramForm& form, const arch::Arch& arch) {
  std::vector<std::string> list;
  const auto look = [&](const char* name, const Memory& memory) {
    const double kb = memory.kilobytes / macros(form, memory.bits);
    if (kb < form.least_kb || kb > form.most_kb)
      list.push_back(text("macros of ", name, " have ", kb, " KB, the SRAM form was fitted to ",
                          form.least_kb, " to ", form.most_kb, " KB"));
  };
  look("the weight buffer", weights(arch));
  look("the activation buffer", activation_bank(arch));
  look("the normalization buffer", norms(arch));
  return list;
}

}  // namespace wd::sim
