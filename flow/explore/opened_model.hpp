// SPDX-License-Identifier: Apache-2.0
// Opens a model of a study, or its program, with the images that it is measured on.
//
// Errors    a folder without that file, one that its records contradict, images of another size, an accuracy that is wanted of images
//           without labels: wd::Error naming file or study and the remedy.
// Test      cli/explore_test.sh
#pragma once

#include <optional>
#include <string>

#include "flow/explore/plan.hpp"
#include "flow/inputs.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::flow::explore {

struct OpenedModel {
  std::string sha256;      // of its file
  model::Network network;  // none of a program
  Inputs inputs;
  std::string images_key;          // names those whose cycles are measured
  std::optional<double> accuracy;  // once it is known
};

OpenedModel open_model(const Plan& plan, const StudyModel& one, const InputOptions& inputs, Context& context);

}  // namespace wd::flow::explore
