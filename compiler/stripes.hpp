// SPDX-License-Identifier: Apache-2.0
// Stripes for a network whose tensors do not all fit the activation buffer.
//
// What      a network that fits whole is left alone: its program is the one without stripes. Else some plans (stripe_plan.hpp) are
//           scheduled, and the one that takes the fewest cycles by stripe_clock.hpp is taken of those whose instructions fit.
// Errors    a layer that does not fit in its smallest stripes; words that tensors fill in part: wd::Error naming layer, need, limit and remedy.
// Source    docs/decisions/0038-stripes.md
// Test      stripes_test.cpp
#pragma once

#include "compiler/compile.hpp"
#include "compiler/stripe_layout.hpp"

namespace wd::compiler {

/// Of a network that is computed in stripes.
struct Stripes {
  StripeGraph graph;
  StripeLayout layout;
  int faster_with = 0;  // instr_rows with which a plan of fewer cycles would fit; 0: there is none

  bool used() const { return !graph.layers.empty(); }
};

/// Not used() where the network fits whole. @param steps that live as long as the result
Stripes make_stripes(const model::Network& network, const std::vector<LoweredStep>& steps,
                     const Options& options);

}  // namespace wd::compiler
