// SPDX-License-Identifier: Apache-2.0
// What a characterized table says of where it is from, and what there is to tell beside it.
//
// Test      cli/characterize_test.sh, cli/characterize_blocks_test.sh
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "flow/characterize.hpp"

namespace wd::flow {

/// Date, command, tools, stimulus, settings, and details of array and blocks. No path of this machine.
nlohmann::json provenance_of(const CharacterizeOptions& options, const CharacterizeResult& result,
                             const std::vector<SliceStream>& streams, const std::vector<RtlProgram>& programs,
                             double synthesis_period_ns);

nlohmann::json checked_json(const std::vector<CheckedPoint>& points, const arch::Arch& arch);

}  // namespace wd::flow
