// SPDX-License-Identifier: Apache-2.0
// The host's register map as hw/arch/registers.def declares it.
// Test      arch_test.cpp, sim/systemc/blocks_test.cpp
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "hw/arch/arch.hpp"

namespace wd::arch {

struct Register {
  const char* name;
  std::uint64_t address;
  const char* access;
  std::uint32_t highest;  // that a write may have
  const char* meaning;

  bool readable() const { return *access == 'R'; }
  bool writable() const { return readable() ? access[1] == 'W' : true; }
  /// Also while the core is busy.
  bool always() const { return writable() && readable() && access[2] == 'A'; }
};

/// `count` times `words` registers.
struct RegisterBlock {
  const char* name;
  std::uint64_t address;
  const char* access;
  int words, count;
  const char* meaning;

  std::uint64_t bytes() const { return std::uint64_t{4} * words * count; }
  bool holds(std::uint64_t at) const { return at >= address && at < address + bytes(); }
  bool writable() const { return access[0] == 'R' && access[1] == 'W'; }
};

/// Byte addresses; of a block, its first register's.
namespace register_at {
#define REGISTER(name, sv, address, ...) inline constexpr std::uint64_t name = address;
#include "hw/arch/registers.def"
#define REGISTER_BLOCK(name, sv, address, ...) inline constexpr std::uint64_t name = address;
#include "hw/arch/registers.def"
}  // namespace register_at

/// status_done and so on.
#define REGISTER_BIT(reg, name, sv, bit, meaning) inline constexpr std::uint32_t reg##_##name = 1u << bit;
#include "hw/arch/registers.def"

/// What a read-only register holds in every chip.
namespace register_value {
#define REGISTER_VALUE(name, sv, value) inline constexpr std::uint32_t name = value;
#include "hw/arch/registers.def"
}  // namespace register_value

/// Of the register fault_cause.
enum class FaultCause : std::uint8_t {
  none = 0,
#define FAULT(name, sv, number, meaning) name = number,
#include "hw/arch/faults.def"
};
/// "bus_error"; of no fault "none".
std::string_view name_of(FaultCause cause);

/// Parameter i of the list of parameters, as the block `configuration` holds it.
int parameter(const Arch& arch, int index);

inline constexpr std::uint64_t page_bytes = 4096;  // what mem_base counts
inline constexpr std::uint64_t instr_bytes = instr_bits / 8;

std::optional<Register> find_register(const Arch& arch, std::uint64_t address);

/// counters_block(arch) and so on.
#define REGISTER_BLOCK(name, sv, address, access, words, count, meaning) \
  inline RegisterBlock name##_block([[maybe_unused]] const Arch& arch) { \
    return {#name, address, #access, words, count, meaning};             \
  }
#include "hw/arch/registers.def"

/// Calls visit(Register) for each register.
template <typename Visit>
void for_each_register(const Arch& arch, Visit visit) {
#define REGISTER(name, sv, address, access, highest, meaning) \
  visit(Register{#name, address, #access, static_cast<std::uint32_t>(highest), meaning});
#include "hw/arch/registers.def"
}

/// Calls visit(RegisterBlock) for each block.
template <typename Visit>
void for_each_register_block(const Arch& arch, Visit visit) {
#define REGISTER_BLOCK(name, ...) visit(name##_block(arch));
#include "hw/arch/registers.def"
}

}  // namespace wd::arch
