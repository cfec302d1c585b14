// SPDX-License-Identifier: Apache-2.0
// A table's array against the netlist at five points that it was not fitted on: (weight density, activation zeros).
//
// What      each point's tiles are simulated and their energy calculated; the prediction is the table's figures times what the counters of
//           a chip that is one slice would say.
// Test      cli/characterize_test.sh; ctest -L study -R characterize (within 10 %)
#pragma once

#include "flow/slice_array.hpp"

namespace wd::flow {

struct CheckedPoint {
  SlicePoint point;
  SliceEvents events;
  std::vector<double> measured_fj, predicted_fj;  // by block, dynamic

  /// Predicted against measured: of the slice, and of the chip's array, in which a set's walkers serve many groups.
  double error() const;
  double array_error(const arch::Arch& chip) const;
};

/// Weights, zero activations: 30, 10, 5 % and 50 %; 30 % and 0, 90 %.
const std::vector<SlicePoint>& checked_points();

/// @param cycles of each point
std::vector<CheckedPoint> check_array(const std::vector<BlockTable>& blocks, const silicon::Library& library,
                                      const arch::Arch& arch, const StreamOptions& options,
                                      const SliceRequest& request, Context& context);

}  // namespace wd::flow
