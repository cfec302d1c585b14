// SPDX-License-Identifier: Apache-2.0
// Energies of events from sums over windows: the non-negative numbers of least squares.
//
// Numerics  coordinate descent on the normal equations, columns scaled to one length; an event that never happens gets 0.
// Test      fit_test.cpp
#pragma once

#include <vector>

namespace wd::silicon {

struct Fit {
  std::vector<double> each;       // by event
  double residual = 0;            // root of the mean square, relative to the mean of the windows
  std::vector<double> predicted;  // by window
};

double predict(const std::vector<double>& each, const std::vector<double>& counts);
/// @param counts [window][event]  @param sums by window
Fit fit_events(const std::vector<std::vector<double>>& counts, const std::vector<double>& sums);

}  // namespace wd::silicon
