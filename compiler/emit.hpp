// SPDX-License-Identifier: Apache-2.0
// Packs weights and normalization rows into the memory image and emits instructions: the last pass.
//
// Errors    normalization rows, classes or instructions beyond the architecture's memories: wd::Error naming need, limit and remedy.
// Test      compile_test.cpp; testbench/ (that programs compute the right thing)
#pragma once

#include "compiler/passes.hpp"

namespace wd::compiler {

/// Refuses class scores beyond the score buffer.
void require_scores(const PassState& state);

/// Sets `program` from all that the passes before have made.
void emit(PassState& state);

}  // namespace wd::compiler
