// SPDX-License-Identifier: Apache-2.0
// Instructions: operations, fields, encoding and the checks that need nothing but hw/arch/isa.def.
//
// Shape     an instruction is 384 bits; fields lie in the list's order, the first in the most significant bits.
// Errors    a field that does not fit its bits, or that its operation does not allow: wd::Error naming it.
// Not       bounds of an architecture or between instructions: hw/formats/program/check.cpp.
// Test      arch_test.cpp
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace wd::arch {

enum class Op : std::uint8_t {
#define ISA_OP(Name, NAME, opcode, ...) Name = opcode,
#include "hw/arch/isa.def"
};

/// Who executes an operation: the sequencer alone, the memory port, or the array tile by tile.
enum class OpKind : std::uint8_t { Control, Burst, Tiles };

/// What fields up to 31 bits are held in, so that shapes and rows need no casts, and what the others are.
template <int bits>
using FieldValue = std::conditional_t<(bits < 32), int, std::int64_t>;

/// An instruction with its fields unpacked; signed fields are sign-extended by decode().
struct Instr {
#define ISA_FIELD(name, bits, ...) FieldValue<bits> name = 0;
#include "hw/arch/isa.def"

  Op operation() const { return static_cast<Op>(op); }
  bool operator==(const Instr&) const = default;
};

/// An instruction of this operation; all its other fields are zero.
inline Instr make(Op op) {
  Instr instr;
  instr.op = static_cast<int>(op);
  return instr;
}

enum class Sign : std::uint8_t { Unsigned, Signed };

struct Field {
  const char* name;
  int bits;
  Sign sign;
  std::int64_t low, high;
  const char* meaning;
};

inline constexpr Field fields[] = {
#define ISA_FIELD(name, bits, sign, low, high, meaning) {#name, bits, Sign::sign, low, high, meaning},
#include "hw/arch/isa.def"
};

/// Calls visit(Field, value) for each field, the most significant first.
template <typename InstrRef, typename Visit>
void for_each_field(InstrRef& instr, Visit visit) {
  const Field* field = fields;
#define ISA_FIELD(name, ...) visit(*field++, instr.name);
#include "hw/arch/isa.def"
}

/// Bits of each field.
namespace field_bits {
#define ISA_FIELD(name, bits, ...) inline constexpr int name = bits;
#include "hw/arch/isa.def"
}  // namespace field_bits

inline constexpr int instr_bits = 0
#define ISA_FIELD(name, bits, ...) +bits
#include "hw/arch/isa.def"
    ;
static_assert(instr_bits == 384);

/// Little-endian 64-bit words; word 0 holds the least significant bits.
using InstrWord = std::array<std::uint64_t, instr_bits / 64>;

/// Bit i: field i of the list.
using FieldSet = std::uint64_t;

/// An operation as isa.def describes it.
struct Operation {
  const char* name;
  int opcode;
  OpKind kind;
  FieldSet uses;  // without `op`
  const char *effect, *action, *faults, *notes;
};

/// nullptr for an unknown opcode or name.
const Operation* find_operation(int opcode);
const Operation* find_operation(std::string_view name);
inline const char* op_name(Op op) {
  const Operation* known = find_operation(static_cast<int>(op));
  return known == nullptr ? "UNKNOWN" : known->name;
}

constexpr OpKind kind_of(Op op) {
  switch (op) {
#define ISA_OP(Name, NAME, opcode, kind, ...) \
  case Op::Name:                              \
    return OpKind::kind;
#include "hw/arch/isa.def"
  }
  return OpKind::Control;
}
constexpr bool is_burst(Op op) { return kind_of(op) == OpKind::Burst; }
/// A burst that writes to memory.
constexpr bool stores(Op op) { return op == Op::StoreScores || op == Op::StoreTensor; }
/// Writes a layer's tensor or the scores, tile by tile.
constexpr bool has_tiles(Op op) { return kind_of(op) == OpKind::Tiles; }

/// Refuses an unknown opcode, a field outside of its range, and one that is not zero although the operation does not
/// use it. @param what begins the message
void check_fields(const Instr& instr, const std::string& what);

InstrWord encode(const Instr& instr);
Instr decode(const InstrWord& word);
/// One line of assembly: the operation and the fields that it uses, "WAIT tag=0".
std::string disassemble(const Instr& instr);
/// The instruction of such a line; fields that it does not name are 0. @param what begins messages
Instr assemble(std::string_view line, const std::string& what);

}  // namespace wd::arch
