// SPDX-License-Identifier: Apache-2.0
// A model graph with all that decides how it is compiled and run: what the proof harness draws, shrinks, prints and replays.
//
// What      levels, signs and norms follow from each weight set's `sign_seed` and their place, so that a case is its
//           description alone, and a weight stays what it is when other steps, channels or taps are left out.
// Errors    from_json: unknown keys, graphs that do not fit together: wd::Error.
// Test      proof_test.cpp
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "compiler/compile.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::testbench {

struct ProofCase {
  model::Network network;
  compiler::Options options;
  arch::Switches switches;
  std::uint64_t first_image = 1;
  int images = 1;  // with a batch: frames
};

/// Gives a network of the right shapes its levels, learned signs, gamma and beta.
void fill_values(model::Network& network);

nlohmann::json to_json(const ProofCase& proof);
ProofCase proof_from_json(const nlohmann::json& value, const std::string& origin);

}  // namespace wd::testbench
