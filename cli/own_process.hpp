// SPDX-License-Identifier: Apache-2.0
// Measurements of `bench` in processes of their own.
#pragma once

#include "cli/job.hpp"
#include "flow/own_process.hpp"

namespace wd::cli {

/// @param measure returns a JSON object.
template <typename Measure>
nlohmann::json in_own_process(Measure measure) {
  return flow::in_own_process(measure, flow::Context(interrupted));
}

}  // namespace wd::cli
