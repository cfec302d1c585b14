// SPDX-License-Identifier: Apache-2.0
#include "hw/arch/arch.hpp"

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace wd::arch {
namespace {

/// What does not fit together in the parameters of walker sets.
std::string walker_fault(const Arch& arch) {
  if (arch.groups() % arch.groups_per_walker != 0)
    return text("parameter 'groups_per_walker' is ", arch.groups_per_walker, ", must be 1, 2, 4, 8 or 16");
  if (arch.entries > arch.window)
    return text("parameter 'entries' is ", arch.entries, ", a window of ", arch.window,
                arch.window == 1 ? " row" : " rows", " can use at most ", arch.window,
                "; set \"entries\": ", arch.window, " or raise 'window'");
  if (arch.planes_per_row > arch.planes)
    return text("parameter 'planes_per_row' is ", arch.planes_per_row, ", weights have ", arch.planes,
                "; set \"planes_per_row\": ", arch.planes, " or raise 'planes'");
  if (arch.weight_rows % arch.weight_banks() != 0)
    return text("parameter 'weight_rows' is ", arch.weight_rows, ", must be a multiple of ",
                arch.weight_banks(), ": 'planes_per_row' of ", arch.planes_per_row,
                " splits the weight buffer into ", arch.weight_banks(), " banks");
  if (arch.sum_segment != 0 && arch.sum_segment < 6)
    return text("parameter 'sum_segment' is ", arch.sum_segment, ", must be 0 or 6 to 12");
  if (arch.latch_operand != 0 && arch.sum_segment == 0)
    return "parameter 'latch_operand' is 1, which needs a segmented sum; set 'sum_segment' to 6 to 12";
  return {};
}

/// What a parameter may be: no range where there is nothing between.
std::string allowed(int low, int high, const std::string& unit) {
  const std::string tail = unit.empty() ? "" : " " + unit;
  if (low == high) return text(low, tail);
  return text(low, high == low + 1 ? " or " : " to ", high, tail);
}

}  // namespace

std::string fault(const Arch& arch) {
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning) \
  if (arch.name < low || arch.name > high)                    \
    return text("parameter '" #name "' is ", arch.name, ", must be ", allowed(low, high, unit));
#include "hw/arch/params.def"
#undef ARCH_PARAM
  if (arch.chunk != 16 && arch.chunk != 32 && arch.chunk != 64)
    return text("parameter 'chunk' is ", arch.chunk, ", must be 16, 32 or 64");
  if (arch.pes_per_group % arch.chunk != 0)
    return text("parameter 'pes_per_group' is ", arch.pes_per_group, ", must be a multiple of 'chunk', ",
                arch.chunk);
  if (arch.decoders != 0 && 32 % arch.decoders != 0)
    return text("parameter 'decoders' is ", arch.decoders, ", must be 0, 1, 2, 4, 8, 16 or 32");
  return walker_fault(arch);
}

void check(const Arch& arch, const std::string& origin) {
  const std::string why = fault(arch);
  WD_REQUIRE(why.empty(), origin, ": ", why);
}

nlohmann::json to_json(const Arch& arch) {
  nlohmann::json value;
#define ARCH_PARAM(name, sv, dflt, low, high, unit, meaning) value[#name] = arch.name;
#include "hw/arch/params.def"
#undef ARCH_PARAM
  return value;
}

nlohmann::json changes(const Arch& arch, const Arch& from) {
  nlohmann::json value = nlohmann::json::object();
#define ARCH_PARAM(name, sv, dflt, low, high, unit, meaning) \
  if (arch.name != from.name) value[#name] = arch.name;
#include "hw/arch/params.def"
#undef ARCH_PARAM
  return value;
}

nlohmann::json to_program_json(const Arch& arch) {
  nlohmann::json value;
#define ARCH_PARAM(name, sv, dflt, low, high, unit, meaning) value[#name] = arch.name;
#define ARCH_ADDED(name, sv, dflt, low, high, unit, meaning, before) \
  if (arch.name != before || std::string_view(#before).starts_with("arch.")) value[#name] = arch.name;
#include "hw/arch/params.def"
#undef ARCH_PARAM
  return value;
}

nlohmann::json completed(nlohmann::json value) {
  if (!value.is_object()) return value;
  Arch arch;  // only for what `before` names
#define ARCH_PARAM(name, sv, dflt, low, high, unit, meaning)                                    \
  if (const auto found = value.find(#name); found != value.end() && found->is_number_integer()) \
    arch.name = found->get<int>();
#define ARCH_ADDED(name, sv, dflt, low, high, unit, meaning, before) \
  if (!value.contains(#name)) value[#name] = before;
#include "hw/arch/params.def"
#undef ARCH_PARAM
  return value;
}

Arch arch_from_json(const nlohmann::json& value, const std::string& origin) {
  JsonReader reader(value, origin);
  Arch arch;
#define ARCH_PARAM(name, sv, dflt, low, high, unit, meaning) \
  arch.name = reader.get_between<int>(#name, low, high);
#define ARCH_ADDED(name, sv, dflt, low, high, unit, meaning, before) \
  arch.name = before;                                                \
  reader.read_between(#name, low, high, arch.name);
#include "hw/arch/params.def"
#undef ARCH_PARAM
  reader.refuse_unknown();
  check(arch, origin);
  return arch;
}

std::uint32_t Switches::bits() const {
  std::uint32_t result = 0;
  int bit = 0;
#define ARCH_SWITCH(name, sv, value, meaning) result |= static_cast<std::uint32_t>(name) << bit++;
#include "hw/arch/switches.def"
  return result;
}

std::uint32_t Switches::control() const {
  std::uint32_t result = bits();
  int bit = switch_count;
#define ARCH_SWITCH_VALUE(name, sv, width, highest, otherwise, meaning) \
  result |= static_cast<std::uint32_t>(name) << bit;                    \
  bit += width;
#include "hw/arch/switches.def"
  return result;
}

Switches Switches::from_bits(std::uint32_t bits) {
  Switches switches;
  int bit = 0;
#define ARCH_SWITCH(name, sv, value, meaning) switches.name = bits >> bit++ & 1;
#include "hw/arch/switches.def"
  return switches;
}

void check(const Switches& switches, const Arch& arch, const std::string& origin) {
#define ARCH_SWITCH_VALUE(name, sv, bits, highest, otherwise, meaning)                           \
  WD_REQUIRE(switches.name >= 0 && switches.name <= highest, origin, ": switch '" #name "' is ", \
             switches.name, ", must be 0 (" otherwise ") to ", highest);
#include "hw/arch/switches.def"
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
