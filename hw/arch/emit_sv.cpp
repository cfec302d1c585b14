// SPDX-License-Identifier: Apache-2.0
// The SystemVerilog package: parameters, positions in registers and counters, operations, the instruction.
#include <cctype>
#include <cstdio>
#include <string>
#include <string_view>

#include "hw/arch/arch.hpp"
#include "hw/arch/emit_arch.hpp"

namespace wd::arch {
namespace {

void emit_organisations() {
  int number = 0;
#define ARCH_ORGANISATION(name, sv, meaning) \
  std::printf("  localparam int unsigned Organisation%s = %d;  // %s\n", #sv, number++, meaning);
#include "hw/arch/organisations.def"
#undef ARCH_ORGANISATION
}

void emit_switches() {
  int bit = 0;
#define ARCH_SWITCH(name, sv, value, meaning) \
  std::printf("  localparam int unsigned Switch%s = %d;  // %s\n", #sv, bit++, meaning);
#include "hw/arch/switches.def"
  std::printf("  localparam int unsigned SwitchCount = %d;\n", bit);
#define ARCH_SWITCH_VALUE(name, sv, bits, highest, otherwise, meaning)                                   \
  std::printf("  localparam int unsigned Switch%s = %d;  // %s; 0: %s\n", #sv, bit, meaning, otherwise); \
  std::printf("  localparam int unsigned Switch%sBits = %d;\n", #sv, bits);                              \
  bit += bits;
#include "hw/arch/switches.def"
  std::printf("  localparam int unsigned ControlBits = %d;  // switches and their values\n", bit);
}

void emit_registers() {
#define REGISTER(name, sv, address, access, highest, meaning) \
  std::printf("  localparam int unsigned Reg%s = 'h%x;  // [byte] %s: %s\n", #sv, address, #access, meaning);
#include "hw/arch/registers.def"
#define REGISTER_BIT(reg, name, sv, bit, meaning)                                                         \
  std::printf("  localparam int unsigned %s%s = %d;  // [bit] %s\n", upper_camel(#reg).c_str(), #sv, bit, \
              meaning);
#include "hw/arch/registers.def"
#define REGISTER_VALUE(name, sv, value) \
  std::printf("  localparam logic [31:0] %sValue = 32'h%x;\n", #sv, value);
#include "hw/arch/registers.def"
  int number = 0;
#define REGISTER(name, sv, ...) std::printf("  localparam int unsigned Index%s = %d;\n", #sv, number++);
#include "hw/arch/registers.def"
  std::printf("  localparam int unsigned RegisterCount = %d;  // as wd_register_map numbers them\n", number);
#define REGISTER_BLOCK(name, sv, address, access, words, count, meaning)                            \
  std::printf("  localparam int unsigned Reg%s = 'h%x;  // [byte] %s: %s\n", #sv, address, #access, \
              meaning);                                                                             \
  std::printf("  localparam int unsigned Reg%sWords = %d;\n", #sv, words);
#include "hw/arch/registers.def"
}

void emit_faults() {
#define FAULT(name, sv, number, meaning) \
  std::printf("  localparam int unsigned Fault%s = %d;  // %s\n", #sv, number, meaning);
#include "hw/arch/faults.def"
}

/// Places of the parameters in the register block `configuration`.
void emit_parameter_places() {
  int index = 0;
#define ARCH_PARAM(name, sv, ...) std::printf("  localparam int unsigned Place%s = %d;\n", #sv, index++);
#include "hw/arch/params.def"
#undef ARCH_PARAM
  std::printf("  localparam int unsigned ParameterCount = %d;\n", index);
}

void emit_stream() {
#define STREAM_LIMIT(name, sv, value, unit, meaning) \
  std::printf("  localparam int unsigned Stream%s = %d;  // [%s] %s\n", #sv, value, unit, meaning);
#include "hw/arch/stream.def"
#define STREAM_MODE(name, NAME, code, text, decoder, meaning) \
  std::printf("  localparam int unsigned STREAM_%s = %d;  // %s\n", #NAME, code, meaning);
#include "hw/arch/stream.def"
}

void emit_counters() {
  std::printf("  localparam int unsigned CounterCount = %d;\n", counter_count);
  int index = 0;
#define ARCH_COUNTER(name, sv, unit, meaning) \
  std::printf("  localparam int unsigned Counter%s = %d;  // [%s] %s\n", #sv, index++, unit, meaning);
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
}

/// One bit per opcode, so that a predicate is an indexed constant.
void emit_opcode_set(const char* name, const char* meaning, bool (*holds)(const Operation&)) {
  constexpr int opcodes = 1 << field_bits::op;
  std::string bits(opcodes, '0');  // the last opcode first
  for (int opcode = 0; opcode < opcodes; ++opcode)
    if (const Operation* operation = find_operation(opcode); operation != nullptr && holds(*operation))
      bits[opcodes - 1 - opcode] = '1';
  std::printf("  localparam logic [%d:0] %s = %d'b%s;  // [opcode] %s\n", opcodes - 1, name, opcodes,
              bits.c_str(), meaning);
}

void emit_operations() {
  for (const Field& field : fields)
    if (field.bits > 1)
      std::printf("  localparam int unsigned %sBits = %d;\n", upper_camel(field.name).c_str(), field.bits);
  std::printf("  typedef enum logic [%d:0] {", field_bits::op - 1);
  const char* separator = "\n";
#define ISA_OP(Name, NAME, opcode, ...)                                                    \
  std::printf("%s    OP_%s = %d'd%d", separator, #NAME, wd::arch::field_bits::op, opcode); \
  separator = ",\n";
#include "hw/arch/isa.def"
  std::puts("\n  } op_e;");
  emit_opcode_set("LegalOps", "is an operation", [](const Operation&) { return true; });
  emit_opcode_set("BurstOps", "starts a burst",
                  [](const Operation& operation) { return operation.kind == OpKind::Burst; });
  emit_opcode_set("TilesOps", "has tiles",
                  [](const Operation& operation) { return operation.kind == OpKind::Tiles; });
}

void emit_instruction() {
  std::puts("  typedef struct packed {");
  for (const Field& field : fields) {
    const std::string type = &field == fields  ? "op_e"
                             : field.bits == 1 ? "logic"
                                               : "logic [" + std::to_string(field.bits - 1) + ":0]";
    std::printf("    %s %s;  // %s%s\n", type.c_str(), field.name,
                field.sign == Sign::Signed ? "two's complement: " : "", field.meaning);
  }
  std::puts("  } instr_t;");
}

}  // namespace

std::string upper_camel(std::string_view name) {
  std::string result;
  bool first = true;
  for (char c : name) {
    if (c != '_') result += first ? static_cast<char>(std::toupper(c)) : c;
    first = c == '_';
  }
  return result;
}

void emit_sv() {
  std::puts("// SPDX-License-Identifier: Apache-2.0");
  std::puts("// Generated from hw/arch/*.def by emit_arch. Do not edit; scripts/generate.sh makes it again.");
  std::puts("package wd_arch_pkg;");
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning)                                               \
  std::printf("  localparam int unsigned %s = %d;  // %s%s\n", #sv, value, *unit == 0 ? "" : "[" unit "] ", \
              meaning);
#include "hw/arch/params.def"
#undef ARCH_PARAM
#define ARCH_CONSTANT(name, sv, value, unit, meaning) \
  std::printf("  localparam int unsigned %s = %d;  // [%s] %s\n", #sv, value, unit, meaning);
#include "hw/arch/constants.def"
#undef ARCH_CONSTANT
  std::printf("  localparam int unsigned InstrBits = %d;\n", instr_bits);
  emit_organisations();
  emit_switches();
  emit_counters();
  emit_registers();
  emit_parameter_places();
  emit_faults();
  emit_stream();
  emit_operations();
  emit_instruction();
  std::puts("endpackage");
}

}  // namespace wd::arch
