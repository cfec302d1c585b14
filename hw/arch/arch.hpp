// SPDX-License-Identifier: Apache-2.0
// The architecture as C++ sees it: parameters, instructions, switches and counters.
//
// All of it is expanded from the .def lists of this folder, from which `emit_arch` also makes the
// SystemVerilog package and the tables of docs/isa.md.
// Errors    parameters out of range or that do not fit together: wd::Error naming the parameter.
// Test      arch_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace wd::arch {

/// Parameters; simulators take any legal set, RTL is elaborated with one.
struct Arch {
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning) int name = value;
#include "hw/arch/params.def"
#undef ARCH_PARAM

  int groups() const { return groups_y * groups_x; }
  int pes() const { return groups() * pes_per_group; }
  bool operator==(const Arch&) const = default;
};

/// Refuses parameters that no hardware could be built with.
void check(const Arch& arch, const std::string& origin);
nlohmann::json to_json(const Arch& arch);
/// Strict: every parameter present, no other key.
Arch arch_from_json(const nlohmann::json& value, const std::string& origin);

/// Channels that one normalization row, post-unit step and score row cover.
inline constexpr int block = 16;

enum class Op : std::uint8_t {
#define ISA_OP(Name, NAME, opcode, effect) Name = opcode,
#define ISA_FIELD(name, bits, meaning)
#include "hw/arch/isa.def"
#undef ISA_OP
#undef ISA_FIELD
};

/// An instruction with its fields unpacked; signed fields are sign-extended by decode().
struct Instr {
#define ISA_OP(Name, NAME, opcode, effect)
#define ISA_FIELD(name, bits, meaning) std::int64_t name = 0;
#include "hw/arch/isa.def"
#undef ISA_OP
#undef ISA_FIELD

  Op operation() const { return static_cast<Op>(op); }
  bool operator==(const Instr&) const = default;
};

/// Bits of each field.
namespace field_bits {
#define ISA_OP(Name, NAME, opcode, effect)
#define ISA_FIELD(name, bits, meaning) inline constexpr int name = bits;
#include "hw/arch/isa.def"
#undef ISA_OP
#undef ISA_FIELD
}  // namespace field_bits

inline constexpr int instr_bits = 0
#define ISA_OP(Name, NAME, opcode, effect)
#define ISA_FIELD(name, bits, meaning) +bits
#include "hw/arch/isa.def"
#undef ISA_OP
#undef ISA_FIELD
    ;
static_assert(instr_bits == 256);

/// Little-endian 64-bit words; word 0 holds the least significant bits.
using InstrWord = std::array<std::uint64_t, instr_bits / 64>;

/// Errors: a field that does not fit its bits: wd::Error naming it.
InstrWord encode(const Instr& instr);
Instr decode(const InstrWord& word);
/// One line of assembly: the operation and its non-zero fields.
std::string disassemble(const Instr& instr);
const char* op_name(Op op);

struct Switches {
#define ARCH_SWITCH(name, sv, value, meaning) bool name = value;
#include "hw/arch/switches.def"
#undef ARCH_SWITCH
  int window = 0;  // rows in flight; 0 takes the architecture's window

  /// As the control register holds them, without the window.
  std::uint32_t bits() const;
  bool operator==(const Switches&) const = default;
};

struct Counters {
#define ARCH_COUNTER(name, sv, unit, meaning) std::uint64_t name = 0;
#include "hw/arch/counters.def"
#undef ARCH_COUNTER

  Counters& operator+=(const Counters& other);
  bool operator==(const Counters&) const = default;
};

inline constexpr int counter_count = 0
#define ARCH_COUNTER(name, sv, unit, meaning) +1
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
    ;

/// Calls visit(name, value) for each counter.
template <typename CountersRef, typename Visit>
void for_each_counter(CountersRef& counters, Visit visit) {
#define ARCH_COUNTER(name, sv, unit, meaning) visit(#name, counters.name);
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
}

nlohmann::json to_json(const Counters& counters);

}  // namespace wd::arch
