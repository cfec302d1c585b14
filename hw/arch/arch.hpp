// SPDX-License-Identifier: Apache-2.0
// The architecture as C++ sees it: parameters, switches and counters; isa.hpp has the instructions.
//
// All of it is expanded from the .def lists of this folder, from which `emit_arch` also makes the
// SystemVerilog package and the generated part of docs/isa.md.
// Errors    parameters out of range or that do not fit together: wd::Error naming the parameter.
// Test      arch_test.cpp
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "hw/arch/isa.hpp"

namespace wd::arch {

/// What stands between weight rows and sums; Arch::organisation holds the number.
enum class Organisation : int {
#define ARCH_ORGANISATION(name, sv, meaning) name,
#include "hw/arch/organisations.def"
#undef ARCH_ORGANISATION
};
inline constexpr int organisation_count = 0
#define ARCH_ORGANISATION(name, sv, meaning) +1
#include "hw/arch/organisations.def"
#undef ARCH_ORGANISATION
    ;

/// Parameters; simulators take any legal set, RTL is elaborated with one.
struct Arch {
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning) int name = value;
#include "hw/arch/params.def"
#undef ARCH_PARAM

  Organisation array() const { return static_cast<Organisation>(organisation); }
  int groups() const { return groups_y * groups_x; }
  int pes() const { return groups() * pes_per_group; }
  int walkers() const { return groups() / groups_per_walker * pes_per_group; }
  /// PEs multiply whole weights: the baseline that the multiplier-less PE is compared with.
  bool multiplier() const { return planes_per_row == 3; }
  /// Banks of the weight buffer, row a in bank a mod weight_banks(): a row's planes are read at once.
  int weight_banks() const { return planes_per_row == 3 ? 4 : planes_per_row; }
  bool operator==(const Arch&) const = default;
};

/// Why no hardware could be built with these parameters; empty if it could.
std::string fault(const Arch& arch);
/// Refuses parameters that no hardware could be built with.
void check(const Arch& arch, const std::string& origin);
/// All parameters.
nlohmann::json to_json(const Arch& arch);
/// Those whose values differ from another's, with their values: by default, what a file for --arch needs to name.
nlohmann::json changes(const Arch& arch, const Arch& from = {});
/// As program files hold them: added parameters are left out where their absence means the same.
nlohmann::json to_program_json(const Arch& arch);
/// What any file holds, with what the absence of added parameters means.
nlohmann::json completed(nlohmann::json value);
/// Strict: every parameter present that is not an added one, no other key.
Arch arch_from_json(const nlohmann::json& value, const std::string& origin);

inline constexpr int parameter_count = 0
#define ARCH_PARAM(name, ...) +1
#include "hw/arch/params.def"
#undef ARCH_PARAM
    ;

#define ARCH_CONSTANT(name, sv, value, unit, meaning) inline constexpr int name = value;
#include "hw/arch/constants.def"
#undef ARCH_CONSTANT

struct Switches {
#define ARCH_SWITCH(name, sv, value, meaning) bool name = value;
#include "hw/arch/switches.def"
#define ARCH_SWITCH_VALUE(name, ...) int name = 0;
#include "hw/arch/switches.def"

  /// The switches that are on or off, the first in bit 0.
  std::uint32_t bits() const;
  /// All, as the RTL's control register holds them.
  std::uint32_t control() const;
  static Switches from_bits(std::uint32_t bits);
  bool operator==(const Switches&) const = default;
};

inline constexpr int switch_count = 0
#define ARCH_SWITCH(name, sv, value, meaning) +1
#include "hw/arch/switches.def"
    ;

/// Refuses a value that the architecture has not.
void check(const Switches& switches, const Arch& arch, const std::string& origin);

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
