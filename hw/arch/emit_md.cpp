// SPDX-License-Identifier: Apache-2.0
// The generated part of docs/isa.md: tables of parameters, fields, switches and counters, a section per operation.
#include <cstdio>
#include <string>
#include <string_view>

#include "hw/arch/arch.hpp"
#include "hw/arch/emit_arch.hpp"

namespace wd::arch {
namespace {

void emit_parameters_table() {
  std::puts("## Parameters\n| parameter | default | range | unit | meaning |\n|---|---|---|---|---|");
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning)                                           \
  std::printf("| `%s` | %d | %d to %d | %s | %s |\n", #name, value, low, high, *unit == 0 ? "-" : unit, \
              meaning);
#include "hw/arch/params.def"
#undef ARCH_PARAM
}

void emit_constants_table() {
  std::puts("\n## Constants\n| constant | value | unit | meaning |\n|---|---|---|---|");
#define ARCH_CONSTANT(name, sv, value, unit, meaning) \
  std::printf("| `%s` | %d | %s | %s |\n", #name, value, unit, meaning);
#include "hw/arch/constants.def"
#undef ARCH_CONSTANT
}

void emit_organisation_table() {
  std::puts("\n## Organisations\n| organisation | number | the array |\n|---|---|---|");
  int number = 0;
#define ARCH_ORGANISATION(name, sv, meaning) std::printf("| `%s` | %d | %s |\n", #name, number++, meaning);
#include "hw/arch/organisations.def"
#undef ARCH_ORGANISATION
}

void emit_fields_table() {
  std::puts(
      "\n## Fields\nThe range holds in operations that use the field; in all others the field is 0.\n\n"
      "| field | bits | position | range | meaning |\n|---|---|---|---|---|");
  int at = instr_bits;
  for (const Field& field : fields) {
    at -= field.bits;
    std::printf("| `%s` | %d%s | %d:%d | %lld to %lld | %s |\n", field.name, field.bits,
                field.sign == Sign::Signed ? ", two's complement" : "", at + field.bits - 1, at,
                static_cast<long long>(field.low), static_cast<long long>(field.high), field.meaning);
  }
}

void emit_operation(const Operation& operation) {
  const char* const kinds[] = {"sequencer", "burst", "tiles"};
  std::printf("\n### %s\n%s\n\n**Format** (%s) `op` = %d", operation.name, operation.effect,
              kinds[static_cast<int>(operation.kind)], operation.opcode);
  FieldSet bit = 1;
  for (const Field& field : fields) {
    if (operation.uses & bit) std::printf(", `%s`", field.name);
    bit <<= 1;
  }
  std::printf("; all other fields 0.\n\n**Action**\n```\n%s\n```\n", operation.action);
  std::printf("**Faults** %s.\n", *operation.faults == 0 ? "none beyond field ranges" : operation.faults);
  if (*operation.notes != 0) std::printf("\n**Notes** %s\n", operation.notes);
}

void emit_switches_table() {
  std::puts(
      "\n## Switches\nThe bits are those of the RTL's `control_i`. A host sets them by the registers "
      "`switches` and `window`, which are "
      "0\nafter reset, all off: what the defaults say is what the tools write there.\n");
  std::puts("| switch | bits | default | highest | meaning |\n|---|---|---|---|---|");
  int bit = 0;
#define ARCH_SWITCH(name, sv, value, meaning) \
  std::printf("| `%s` | %d | %s | | %s |\n", #name, bit++, value ? "on" : "off", meaning);
#include "hw/arch/switches.def"
#define ARCH_SWITCH_VALUE(name, sv, bits, highest, otherwise, meaning)                                   \
  std::printf("| `%s` | %d:%d | 0: %s | `%s` | %s |\n", #name, bit + bits - 1, bit, otherwise, #highest, \
              meaning);                                                                                  \
  bit += bits;
#include "hw/arch/switches.def"
}

/// Of a register with a constant.
std::string constant_of(std::string_view wanted) {
#define REGISTER_VALUE(name, sv, value) \
  if (wanted == #name) return ": `" #value "`";
#include "hw/arch/registers.def"
  return "";
}

void emit_faults_table() {
  std::puts("\n## Faults\n| `fault_cause` | name | meaning |\n|---|---|---|");
#define FAULT(name, sv, number, meaning) std::printf("| %d | `%s` | %s |\n", number, #name, meaning);
#include "hw/arch/faults.def"
}

void emit_registers_table() {
  std::puts(
      "\n## Host registers\nByte addresses; all registers are 32 bits and 0 after reset, except constants "
      "(their values are given) and "
      "the instruction memory, which holds anything. Writes while the core\nis busy are refused, but for "
      "access RWA. Over AXI4-Lite what is refused, not there or not a whole, aligned register answers "
      "SLVERR.\n");
  std::puts("| register | address | access | highest value | meaning |\n|---|---|---|---|---|");
#define REGISTER(name, sv, address, access, highest, meaning)                        \
  std::printf("| `%s` | 0x%x | %s | %s | %s%s |\n", #name, address, #access,         \
              *#access == 'W' || #access[1] == 'W' ? "`" #highest "`" : "", meaning, \
              constant_of(#name).c_str());
#include "hw/arch/registers.def"
#define REGISTER_BIT(reg, name, sv, bit, meaning) \
  std::printf("| `%s.%s` | bit %d | | | %s |\n", #reg, #name, bit, meaning);
#include "hw/arch/registers.def"
#define REGISTER_BLOCK(name, sv, address, access, words, count, meaning)                                     \
  std::printf("| `%s` | 0x%x + %d i | %s | | %s; i < `%s`, low word first |\n", #name, address, 4 * (words), \
              #access, meaning, #count);
#include "hw/arch/registers.def"
}

void emit_stream_table() {
  std::puts(
      "\n## Coded weight streams\nLimits of the model file's streams, which the compiler decodes; "
      "[formats.md](formats.md) "
      "has the code. The chip's coded bursts are its own ([decision "
      "0057](decisions/0057-chip-weight-decoder.md)).\n");
  std::puts("| limit | value | unit | meaning |\n|---|---|---|---|");
#define STREAM_LIMIT(name, sv, value, unit, meaning) \
  std::printf("| `%s` | %d | %s | %s |\n", #name, value, unit, meaning);
#include "hw/arch/stream.def"
  std::puts("\n| mode | code | decoder | meaning |\n|---|---|---|---|");
#define STREAM_MODE(name, NAME, code, text, decoder, meaning) \
  std::printf("| `%s` | %d | %s | %s |\n", text, code,        \
              #decoder == std::string("Chip") ? "small enough for the chip" : "software only", meaning);
#include "hw/arch/stream.def"
}

void emit_counters_table() {
  std::puts("\n## Counters\n| counter | unit | counts |\n|---|---|---|");
#define ARCH_COUNTER(name, sv, unit, meaning) std::printf("| `%s` | %s | %s |\n", #name, unit, meaning);
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
}

}  // namespace

void emit_md() {
  emit_parameters_table();
  emit_constants_table();
  emit_organisation_table();
  emit_fields_table();
  std::puts(
      "\n## Operations\nThe program checker refuses every fault before an engine starts, and fields outside "
      "of "
      "their ranges or that\nan operation does not use and that are not 0. `x .. y`: both included.");
#define ISA_OP(Name, NAME, opcode, ...) emit_operation(*find_operation(opcode));
#include "hw/arch/isa.def"
  emit_switches_table();
  emit_counters_table();
  emit_registers_table();
  emit_faults_table();
  emit_stream_table();
}

}  // namespace wd::arch
