// SPDX-License-Identifier: Apache-2.0
// Holds what a compiled case computes to a direct evaluation of its model graph: every output of every convolution, then the
// engines to each other, tile by tile.
//
// What      the evaluation is algo::ModelInterpreter: plain loops over the model's tensors, without compiler and program.
// Errors    none for a difference: it is the result. A case that the compiler refuses is not one.
// Test      proof_test.cpp (planted errors of a compiler are found)
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hw/formats/program/program.hpp"
#include "sim/engine.hpp"
#include "testbench/proof/proof_case.hpp"

namespace wd::testbench {

/// Fresh engines for a program; the first one's values are held to the evaluation.
using MakeEngines =
    std::function<std::vector<std::unique_ptr<sim::Engine>>(const program::Program&, const arch::Switches&)>;

/// The golden model and the fast simulator.
std::vector<std::unique_ptr<sim::Engine>> golden_and_fast(const program::Program& program,
                                                          const arch::Switches& switches);

struct Verdict {
  std::string refused;                 // why the compiler took no program; empty: it took one
  std::optional<std::string> differs;  // where and how
};

/// @param change of the compiled program: for another chip, or to plant an error
Verdict prove(const ProofCase& proof, const MakeEngines& make_engines = golden_and_fast,
              const std::function<void(program::Program&)>& change = {});

}  // namespace wd::testbench
