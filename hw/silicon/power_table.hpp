// SPDX-License-Identifier: Apache-2.0
// Energy of a transition by the slew of its cause and the load of the output, as a liberty file tabulates it.
//
// Units     slew in ns, load in fF, energy in fJ.
// Numerics  bilinear between the four entries around a point; outside of the axes, the line through the two nearest goes on.
// Source    Liberty User Guide: a + b x + c y + d x y through the four neighbours
// Test      power_table_test.cpp
#pragma once

#include <vector>

namespace wd::silicon {

struct PowerTable {
  std::vector<double> slews_ns, loads_ff;  // axes, rising; an axis of one entry has no influence
  std::vector<double> energy_fj;           // [slew][load]

  double at(double slew_ns, double load_ff) const;
};

}  // namespace wd::silicon
