// SPDX-License-Identifier: Apache-2.0
#include "hw/arch/arch.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json.hpp"

namespace wd::arch {

void check(const Arch& arch, const std::string& origin) {
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning)                                         \
  WD_REQUIRE(arch.name >= low && arch.name <= high, origin, ": parameter '" #name "' is ", arch.name, \
             ", must be " #low " to " #high " " unit);
#include "hw/arch/params.def"
#undef ARCH_PARAM
  WD_REQUIRE(arch.chunk == 16 || arch.chunk == 32 || arch.chunk == 64, origin, ": parameter 'chunk' is ",
             arch.chunk, ", must be 16, 32 or 64");
  WD_REQUIRE(arch.pes_per_group % arch.chunk == 0, origin, ": parameter 'pes_per_group' is ",
             arch.pes_per_group, ", must be a multiple of 'chunk', ", arch.chunk);
}

nlohmann::json to_json(const Arch& arch) {
  nlohmann::json value;
#define ARCH_PARAM(name, sv, dflt, low, high, unit, meaning) value[#name] = arch.name;
#include "hw/arch/params.def"
#undef ARCH_PARAM
  return value;
}

Arch arch_from_json(const nlohmann::json& value, const std::string& origin) {
  JsonReader reader(value, origin);
  Arch arch;
#define ARCH_PARAM(name, sv, dflt, low, high, unit, meaning) arch.name = reader.get<int>(#name);
#include "hw/arch/params.def"
#undef ARCH_PARAM
  reader.refuse_unknown();
  check(arch, origin);
  return arch;
}

namespace {

struct Field {
  const char* name;
  int bits;
  std::int64_t Instr::*member;
};

constexpr Field fields[] = {
#define ISA_OP(Name, NAME, opcode, effect)
#define ISA_FIELD(name, bits, meaning) {#name, bits, &Instr::name},
#include "hw/arch/isa.def"
#undef ISA_OP
#undef ISA_FIELD
};

bool is_signed(const Field& field) {
  return field.member == &Instr::acc_shift || field.member == &Instr::res_shift;
}

}  // namespace

InstrWord encode(const Instr& instr) {
  InstrWord word{};
  int at = instr_bits;
  for (const Field& field : fields) {
    at -= field.bits;
    const std::int64_t value = instr.*field.member;
    const std::int64_t low = is_signed(field) ? -(std::int64_t{1} << (field.bits - 1)) : 0;
    const std::int64_t high = (std::int64_t{1} << (field.bits - (is_signed(field) ? 1 : 0))) - 1;
    WD_REQUIRE(value >= low && value <= high, "instruction ", op_name(instr.operation()), ": field '",
               field.name, "' is ", value, ", must be ", low, " to ", high,
               "; the layer is too large for this instruction set");
    for (int bit = 0; bit < field.bits; ++bit)
      if (value >> bit & 1)
        word[static_cast<std::size_t>((at + bit) / 64)] |= std::uint64_t{1} << (at + bit) % 64;
  }
  return word;
}

Instr decode(const InstrWord& word) {
  Instr instr;
  int at = instr_bits;
  for (const Field& field : fields) {
    at -= field.bits;
    std::int64_t value = 0;
    for (int bit = 0; bit < field.bits; ++bit)
      value |=
          static_cast<std::int64_t>(word[static_cast<std::size_t>((at + bit) / 64)] >> (at + bit) % 64 & 1)
          << bit;
    if (is_signed(field) && value >> (field.bits - 1)) value -= std::int64_t{1} << field.bits;
    instr.*field.member = value;
  }
  return instr;
}

const char* op_name(Op op) {
  switch (op) {
#define ISA_OP(Name, NAME, opcode, effect) \
  case Op::Name:                           \
    return #NAME;
#define ISA_FIELD(name, bits, meaning)
#include "hw/arch/isa.def"
#undef ISA_OP
#undef ISA_FIELD
  }
  return "UNKNOWN";
}

std::string disassemble(const Instr& instr) {
  std::string line = op_name(instr.operation());
  for (const Field& field : fields)
    if (field.member != &Instr::op && instr.*field.member != 0)
      line += text(" ", field.name, "=", instr.*field.member);
  return line;
}

std::uint32_t Switches::bits() const {
  std::uint32_t result = 0;
  int bit = 0;
#define ARCH_SWITCH(name, sv, value, meaning) result |= static_cast<std::uint32_t>(name) << bit++;
#include "hw/arch/switches.def"
#undef ARCH_SWITCH
  return result;
}

Counters& Counters::operator+=(const Counters& other) {
#define ARCH_COUNTER(name, sv, unit, meaning) name += other.name;
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  return *this;
}

nlohmann::json to_json(const Counters& counters) {
  nlohmann::json value;
  for_each_counter(counters, [&](const char* name, std::uint64_t count) { value[name] = count; });
  return value;
}

}  // namespace wd::arch
