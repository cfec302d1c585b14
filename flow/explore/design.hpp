// SPDX-License-Identifier: Apache-2.0
// What a study varies: every knob of the chip, the compiler and the corner, by name.
//
// What      knobs are the parameters of params.def, the switches of switches.def, the compiler's options, `batch`, `volt`, `megahertz` and
//           `model`. Where a parameter and a switch have one name (window), it is the parameter.
// Errors    unknown knobs, values of the wrong type or out of range: wd::Error naming the knob, the value and what is allowed.
// Test      space_test.cpp
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.hpp"
#include "flow/options.hpp"
#include "hw/arch/arch.hpp"
#include "sim/power_model.hpp"

namespace wd::flow::explore {

struct Design {
  std::size_t model = 0;      // of the study's
  compiler::Options compile;  // with the architecture
  arch::Switches switches;
  std::optional<double> volt, megahertz;  // none: the power table's own
};

/// All of them, with the names of the study's models.
Names knobs();
/// Those that a compiled program leaves free: the array behind its instructions, the memory's latency, switches, voltage and clock.
const Names& program_knobs();
/// Sets one. @param origin what messages call the place
void set_knob(Design& design, const std::string& knob, const nlohmann::json& value, const Names& models,
              const std::string& origin);
/// Whether a knob is true or false: a switch, or what the compiler does.
bool is_on_or_off(const std::string& knob);
bool is_on(const Design& design, const std::string& knob);
/// All of a design but its model: equal designs, equal JSON.
nlohmann::json content_of(const Design& design);
/// Its voltage and clock. Errors: a table that cannot be scaled to them, naming knob, value and limit.
sim::OperatingPoint corner_of(const Design& design, const sim::PowerTable& table);
/// Why no such chip can be built; empty if it can.
std::string design_fault(const Design& design);

}  // namespace wd::flow::explore
