// SPDX-License-Identifier: Apache-2.0
// A power table of round numbers for tests: a few blocks, 1 V, 100 MHz.
#pragma once

#include <nlohmann/json.hpp>

#include "hw/arch/arch.hpp"

namespace wd::sim {

inline nlohmann::json tiny_power_table() {
  nlohmann::json table = nlohmann::json::parse(R"({
    "kind": "whitedwarf power table", "version": 2, "name": "tiny",
    "library": {"name": "cells", "voltage": 1.0, "temperature": 25},
    "provenance": {}, "megahertz": 100, "slowest_path_ns": 8,
    "scaling": {"least_volt": 0.6, "most_volt": 1.2, "alpha": 1.5, "threshold_volt": 0.36,
                "leakage_per_volt": 2, "origin": "round numbers"},
    "blocks": {
      "group": {"events": {"bit_ops": {"fj": 1000, "origin": "measured"}, "walk_ops": {"fj": 10},
                           "ungated_sum": {"fj": 5}, "idle": {"fj": 2}},
                "leakage_nw": 400, "origin": "a tiny group"},
      "sequencer": {"events": {"idle": {"fj": 3000}}, "leakage_nw": 50},
      "clock_tree": {"events": {"array_cycles": {"fj": 8000}}, "origin": "assumed"}},
    "variants": [{"name": "multiplier", "arch": {"planes_per_row": 3},
                  "blocks": {"group": {"events": {"bit_ops": {"fj": 1500}}}}}],
    "sram": {"read": {"fj": 800, "kb_exponent": 0.5, "bits_exponent": 1},
             "write": {"fj": 1600, "kb_exponent": 0.5, "bits_exponent": 1},
             "leakage_nw_per_kb": 100, "volt": 1.0, "widest_macro_bits": 256, "least_kb": 1, "most_kb": 128,
             "origin": "round numbers"},
    "dram": {"fj_per_bit": 20000, "origin": "round"},
    "wires": {"share": 0.2, "origin": "assumed"}})");
  table["arch"] = arch::to_json(arch::Arch{});
  return table;
}

}  // namespace wd::sim
