// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/design.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "base/error.hpp"
#include "base/json.hpp"

namespace wd::flow::explore {
namespace {

using nlohmann::json;

constexpr double most_volt = 5, most_megahertz = 100000;

using Set = std::function<void(Design&, const json&, const std::string& shown)>;

Set parameter(int arch::Arch::*member, int low, int high) {
  return [=](Design& design, const json& value, const std::string& what) {
    const bool fits = value.is_number_integer() && value >= low && value <= high;
    WD_REQUIRE(fits, what, " is ", shown(value), ", must be ",
               low == high ? text(low) : text("a whole number, ", low, " to ", high));
    design.compile.arch.*member = value.get<int>();
  };
}

using Flag = bool& (*)(Design&);

Set onoff(Flag of) {
  return [of](Design& design, const json& value, const std::string& what) {
    WD_REQUIRE(value.is_boolean(), what, " is ", shown(value), ", must be true or false");
    of(design) = value.get<bool>();
  };
}

/// Knobs that are on or off: the switches, and what the compiler does.
const std::map<std::string, Flag>& flags() {
  static const std::map<std::string, Flag> all{
#define ARCH_SWITCH(name, sv, value, meaning) \
  {#name, [](Design& design) -> bool& { return design.switches.name; }},
#include "hw/arch/switches.def"
      {"fold", [](Design& design) -> bool& { return design.compile.fold; }},
      {"share_rows", [](Design& design) -> bool& { return design.compile.share_rows; }},
      {"space_to_depth", [](Design& design) -> bool& { return design.compile.space_to_depth; }},
      {"huffman", [](Design& design) -> bool& { return design.compile.huffman; }},
      {"weigh_cycles", [](Design& design) -> bool& { return design.compile.weigh_cycles; }},
      {"on_chip_signs", [](Design& design) -> bool& { return design.compile.on_chip_signs; }}};
  return all;
}

Set real(std::optional<double> Design::*member, double high) {
  return [=](Design& design, const json& value, const std::string& what) {
    const bool fits = value.is_number() && value > 0 && value <= high;
    WD_REQUIRE(fits, what, " is ", shown(value), ", must be a number above 0, up to ", high);
    design.*member = value.get<double>();
  };
}

void set_batch(Design& design, const json& value, const std::string& what) {
  const bool fits =
      value.is_number_integer() && (value == 1 || value == 2 || value == 4 || value == 8 || value == 16);
  WD_REQUIRE(fits, what, " is ", shown(value), ", must be 1, 2, 4, 8 or 16");
  design.compile.batch = value.get<int>();
}

std::map<std::string, Set> make_setters() {
  std::map<std::string, Set> sets;
  for (const auto& [name, flag] : flags()) sets[name] = onoff(flag);
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning) \
  sets[#name] = parameter(&arch::Arch::name, low, high);
#include "hw/arch/params.def"
#undef ARCH_PARAM
  sets["batch"] = set_batch;
  sets["volt"] = real(&Design::volt, most_volt);
  sets["megahertz"] = real(&Design::megahertz, most_megahertz);
  return sets;
}

const std::map<std::string, Set>& setters() {
  static const std::map<std::string, Set> sets = make_setters();
  return sets;
}

}  // namespace

Names knobs() {
  Names names{"model"};
  for (const auto& [name, set] : setters()) names.push_back(name);
  return names;
}

const Names& program_knobs() {
  static const Names names{
#define ARCH_SWITCH(name, sv, value, meaning) #name,
#include "hw/arch/switches.def"
      "window",         "entries", "groups_per_walker", "planes_per_row", "sum_segment", "latch_operand",
      "memory_latency", "volt",    "megahertz"};
  return names;
}

void set_knob(Design& design, const std::string& knob, const json& value, const Names& models,
              const std::string& origin) {
  const std::string what = text(origin, ": '", knob, "'");
  if (knob == "model") {
    const auto found =
        value.is_string() ? std::find(models.begin(), models.end(), value.get<std::string>()) : models.end();
    WD_REQUIRE(found != models.end(), what, " is ", shown(value),
               ", must be one of 'models': ", join(models));
    design.model = static_cast<std::size_t>(found - models.begin());
    return;
  }
  const auto found = setters().find(knob);
  WD_REQUIRE(found != setters().end(), origin, ": there is no knob '", knob, "'; there are ", join(knobs()));
  found->second(design, value, what);
}

bool is_on_or_off(const std::string& knob) { return flags().count(knob) != 0; }

bool is_on(const Design& design, const std::string& knob) {
  Design copy = design;
  return flags().at(knob)(copy);
}

json content_of(const Design& design) {
  json value = {{"arch", arch::to_json(design.compile.arch)},
                {"window", design.switches.window},
                {"batch", design.compile.batch},
                {"volt", or_null(design.volt)},
                {"megahertz", or_null(design.megahertz)}};
  for (const auto& [name, flag] : flags()) value[name] = is_on(design, name);
  return value;
}

sim::OperatingPoint corner_of(const Design& design, const sim::PowerTable& table) {
  return sim::operating_point(table, design.volt, design.megahertz, {"'volt'", "'megahertz'", " is "});
}

std::string design_fault(const Design& design) { return arch::fault(design.compile.arch); }

}  // namespace wd::flow::explore
