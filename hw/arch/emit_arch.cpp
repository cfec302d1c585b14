// SPDX-License-Identifier: Apache-2.0
// Prints what is generated from the .def lists: the SystemVerilog package or the tables of docs/isa.md.
//
// Usage     emit_arch sv > hw/gen/wd_arch_pkg.sv      emit_arch md (between the markers of docs/isa.md)
// Test      ctest arch.generated_is_current
#include <cstdio>
#include <string>
#include <string_view>

#include "hw/arch/arch.hpp"

namespace {

void emit_field(std::string_view name, int bits, const char* meaning) {
  const std::string type = name == "op" ? "op_e"
                           : bits == 1  ? "logic"
                                        : "logic [" + std::to_string(bits - 1) + ":0]";
  std::printf("    %s %s;  // %s\n", type.c_str(), name.data(), meaning);
}

void emit_sv() {
  std::puts("// SPDX-License-Identifier: Apache-2.0");
  std::puts("// Generated from hw/arch/*.def by emit_arch. Do not edit; scripts/generate.sh makes it again.");
  std::puts("package wd_arch_pkg;");
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning) \
  std::printf("  localparam int unsigned %s = %d;  // [%s] %s\n", #sv, value, unit, meaning);
#include "hw/arch/params.def"
#undef ARCH_PARAM
  std::printf("  localparam int unsigned Block = %d;  // [channels] of a normalization row\n",
              wd::arch::block);
  std::printf("  localparam int unsigned InstrBits = %d;\n", wd::arch::instr_bits);
  int bit = 0;
#define ARCH_SWITCH(name, sv, value, meaning) \
  std::printf("  localparam int unsigned Switch%s = %d;  // %s\n", #sv, bit++, meaning);
#include "hw/arch/switches.def"
#undef ARCH_SWITCH
  std::printf("  localparam int unsigned SwitchCount = %d;\n", bit);
  std::printf("  localparam int unsigned CounterCount = %d;\n", wd::arch::counter_count);
  int index = 0;
#define ARCH_COUNTER(name, sv, unit, meaning) \
  std::printf("  localparam int unsigned Counter%s = %d;  // [%s] %s\n", #sv, index++, unit, meaning);
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  std::puts("  typedef enum logic [3:0] {");
  bool first = true;
#define ISA_OP(Name, NAME, opcode, effect)                               \
  std::printf("%s    OP_%s = 4'd%d", first ? "" : ",\n", #NAME, opcode); \
  first = false;
#define ISA_FIELD(name, bits, meaning)
#include "hw/arch/isa.def"
#undef ISA_OP
#undef ISA_FIELD
  std::puts("\n  } op_e;\n  typedef struct packed {");
#define ISA_OP(Name, NAME, opcode, effect)
#define ISA_FIELD(name, bits, meaning) emit_field(#name, bits, meaning);
#include "hw/arch/isa.def"
#undef ISA_OP
#undef ISA_FIELD
  std::puts("  } instr_t;\nendpackage");
}

void emit_md() {
  std::puts("| parameter | default | range | unit | meaning |\n|---|---|---|---|---|");
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning) \
  std::printf("| `%s` | %d | %d to %d | %s | %s |\n", #name, value, low, high, unit, meaning);
#include "hw/arch/params.def"
#undef ARCH_PARAM
  std::puts("\n| operation | opcode | effect |\n|---|---|---|");
#define ISA_OP(Name, NAME, opcode, effect) std::printf("| `%s` | %d | %s |\n", #NAME, opcode, effect);
#define ISA_FIELD(name, bits, meaning)
#include "hw/arch/isa.def"
#undef ISA_OP
#undef ISA_FIELD
  std::puts("\n| field | bits | position | meaning |\n|---|---|---|---|");
  int at = wd::arch::instr_bits;
#define ISA_OP(Name, NAME, opcode, effect)
#define ISA_FIELD(name, bits, meaning) \
  at -= bits;                          \
  std::printf("| `%s` | %d | %d:%d | %s |\n", #name, bits, at + bits - 1, at, meaning);
#include "hw/arch/isa.def"
#undef ISA_OP
#undef ISA_FIELD
  std::puts("\n| switch | default | meaning |\n|---|---|---|");
#define ARCH_SWITCH(name, sv, value, meaning) \
  std::printf("| `%s` | %s | %s |\n", #name, value ? "on" : "off", meaning);
#include "hw/arch/switches.def"
#undef ARCH_SWITCH
  std::puts("\n| counter | unit | counts |\n|---|---|---|");
#define ARCH_COUNTER(name, sv, unit, meaning) std::printf("| `%s` | %s | %s |\n", #name, unit, meaning);
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc == 2 ? argv[1] : "";
  if (what == "sv") {
    emit_sv();
  } else if (what == "md") {
    emit_md();
  } else {
    std::fputs("usage: emit_arch sv|md\n", stderr);
    return 1;
  }
  return 0;
}
