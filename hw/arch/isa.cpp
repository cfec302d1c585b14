// SPDX-License-Identifier: Apache-2.0
#include "hw/arch/isa.hpp"

#include "base/error.hpp"

namespace wd::arch {
namespace {

/// Numbers and sets of fields, by name.
enum class FieldIndex {
#define ISA_FIELD(name, ...) name,
#include "hw/arch/isa.def"
};
namespace field_set {
constexpr FieldSet none = 0;
#define ISA_FIELD(name, ...) \
  [[maybe_unused]] constexpr FieldSet name = FieldSet{1} << static_cast<int>(FieldIndex::name);
#include "hw/arch/isa.def"
}  // namespace field_set

constexpr Operation make_operation(Op op) {
  using namespace field_set;
  switch (op) {
#define ISA_OP(Name, NAME, opcode, kind, fields, effect, action, faults, notes) \
  case Op::Name:                                                                \
    return {#NAME, opcode, OpKind::kind, fields, effect, action, faults, notes};
#include "hw/arch/isa.def"
  }
  return {};
}

constexpr Operation operations[] = {
#define ISA_OP(Name, ...) make_operation(Op::Name),
#include "hw/arch/isa.def"
};

}  // namespace

const Operation* find_operation(int opcode) {
  for (const Operation& operation : operations)
    if (operation.opcode == opcode) return &operation;
  return nullptr;
}

void check_fields(const Instr& instr, const std::string& what) {
  const Operation* operation = find_operation(instr.op);
  WD_REQUIRE(operation != nullptr, what, "opcode ", instr.op, " is unknown");
  const FieldSet uses = operation->uses | field_set::op;
  FieldSet bit = 1;
  for_each_field(instr, [&](const Field& field, std::int64_t value) {
    WD_REQUIRE((uses & bit) != 0 || value == 0, what, "field '", field.name, "' is ", value,
               ", must be 0: ", operation->name, " does not use it");
    WD_REQUIRE((uses & bit) == 0 || (value >= field.low && value <= field.high), what, "field '", field.name,
               "' is ", value, ", must be ", field.low, " to ", field.high,
               value > field.high ? "; the layer is too large for this instruction set" : "");
    bit <<= 1;
  });
}

InstrWord encode(const Instr& instr) {
  InstrWord word{};
  int at = instr_bits;
  for_each_field(instr, [&](const Field& field, std::int64_t value) {
    at -= field.bits;
    const bool is_signed = field.sign == Sign::Signed;
    const std::int64_t low = is_signed ? -(std::int64_t{1} << (field.bits - 1)) : 0;
    const std::int64_t high = (std::int64_t{1} << (field.bits - (is_signed ? 1 : 0))) - 1;
    WD_REQUIRE(value >= low && value <= high, "instruction ", op_name(instr.operation()), ": field '",
               field.name, "' is ", value, ", must be ", low, " to ", high,
               "; the layer is too large for this instruction set");
    for (int bit = 0; bit < field.bits; ++bit)
      word[(at + bit) / 64] |= std::uint64_t{(value >> bit & 1) != 0} << (at + bit) % 64;
  });
  return word;
}

Instr decode(const InstrWord& word) {
  Instr instr;
  int at = instr_bits;
  for_each_field(instr, [&](const Field& field, auto& to) {
    at -= field.bits;
    std::int64_t value = 0;
    for (int bit = 0; bit < field.bits; ++bit)
      value |= std::int64_t{(word[(at + bit) / 64] >> (at + bit) % 64 & 1) != 0} << bit;
    if (field.sign == Sign::Signed && value >> (field.bits - 1)) value -= std::int64_t{1} << field.bits;
    to = static_cast<std::remove_reference_t<decltype(to)>>(value);
  });
  return instr;
}

std::string disassemble(const Instr& instr) {
  std::string line = op_name(instr.operation());
  for_each_field(instr, [&](const Field& field, std::int64_t value) {
    if (&field != &fields[0] && value != 0) line += text(" ", field.name, "=", value);
  });
  return line;
}

}  // namespace wd::arch
