// SPDX-License-Identifier: Apache-2.0
// What the pass `stripe` has made, as tables: groups with their stripes, rings, and what goes through memory.
//
// Test      stripes_test.cpp
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "compiler/stripes.hpp"

namespace wd::compiler {

nlohmann::ordered_json dump_stripes(const Stripes& stripes, const std::vector<LoweredStep>& steps,
                                    const model::Network& network);

}  // namespace wd::compiler
