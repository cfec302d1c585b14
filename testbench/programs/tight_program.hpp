// SPDX-License-Identifier: Apache-2.0
// Programs whose layers had to be split.
// Test      split_test.cpp, engines_test.cpp
#pragma once

#include "compiler/compile.hpp"

namespace wd::testbench {

/// Compiled for the smallest weight and normalization buffers that can take the network; the program is for
/// `options.arch`, where it runs as well. Errors: not even these are large enough.
program::Program compile_tightly(const model::Network& network, compiler::Options options);

}  // namespace wd::testbench
