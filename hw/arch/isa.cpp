// SPDX-License-Identifier: Apache-2.0
#include "hw/arch/isa.hpp"

#include <algorithm>
#include <charconv>

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

const Operation* find_operation(std::string_view name) {
  for (const Operation& operation : operations)
    if (operation.name == name) return &operation;
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
  const Operation* operation = find_operation(instr.op);
  FieldSet bit = 1;
  for_each_field(instr, [&](const Field& field, std::int64_t value) {
    if (operation != nullptr && (operation->uses & bit) != 0) line += text(" ", field.name, "=", value);
    bit <<= 1;
  });
  return line;
}

namespace {

/// The next word, which is taken off the line; empty at its end.
std::string_view take_word(std::string_view& line) {
  constexpr std::string_view blanks = " \t\r";
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

std::string names_of_operations() {
  std::string names;
  for (const Operation& operation : operations) names += text(names.empty() ? "" : ", ", operation.name);
  return names;
}

std::string names_of_fields(const Operation& operation) {
  std::string names;
  for (std::size_t i = 0; i < std::size(fields); ++i)
    if (operation.uses >> i & 1) names += text(names.empty() ? "" : ", ", fields[i].name);
  return names.empty() ? "it has none" : "it has " + names;
}

std::int64_t field_value(const Field& field, std::string_view digits, const std::string& what) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  WD_REQUIRE(error == std::errc() && end == digits.data() + digits.size() && value >= field.low &&
                 value <= field.high,
             what, "field '", field.name, "' is '", digits, "', must be a whole number, ", field.low, " to ",
             field.high);
  return value;
}

}  // namespace

Instr assemble(std::string_view line, const std::string& what) {
  const std::string_view name = take_word(line);
  const Operation* operation = find_operation(name);
  WD_REQUIRE(operation != nullptr, what, "operation '", name, "' is unknown; there are ",
             names_of_operations());
  const std::string place = text(what, operation->name, ": ");
  Instr instr;
  instr.op = operation->opcode;
  FieldSet given = 0;
  for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
    const std::size_t equals = word.find('=');
    WD_REQUIRE(equals != std::string_view::npos, place, "'", word, "' is no field; write NAME=NUMBER");
    const FieldSet before = given;
    FieldSet bit = 1;
    for_each_field(instr, [&](const Field& field, auto& to) {
      if ((operation->uses & bit) != 0 && word.substr(0, equals) == field.name) {
        WD_REQUIRE((given & bit) == 0, place, "field '", field.name, "' is given twice; leave one out");
        given |= bit;
        to = static_cast<std::remove_reference_t<decltype(to)>>(
            field_value(field, word.substr(equals + 1), place));
      }
      bit <<= 1;
    });
    WD_REQUIRE(given != before, place, "field '", word.substr(0, equals), "' is unknown; ",
               names_of_fields(*operation));
  }
  check_fields(instr, place);
  return instr;
}

}  // namespace wd::arch
