// SPDX-License-Identifier: Apache-2.0
// scores.csv: the class scores of a run's images, a line each, for whoever holds another simulation against it.
#pragma once

#include <string>
#include <vector>

#include "flow/frames.hpp"
#include "sim/engine.hpp"

namespace wd::flow {

/// Of the images that were asked for; values with so many digits that they are exact.
std::string scores_text(const Frames& inputs, const std::vector<sim::FrameResult>& frames);

}  // namespace wd::flow
