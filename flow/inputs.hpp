// SPDX-License-Identifier: Apache-2.0
// The images that a program gets: test images of its data set, random ones, or those of a file.
//
// Shape     a file: safetensors with the tensor "images", U8, N x H x W x C; if it has "labels", whole numbers, N, there is an
//           accuracy.
// Numerics  a byte of a random image depends on the seed, the image's number and its place only.
// Errors    images of another size, files that are cut off or hold something else, options that exclude each other, too
//           many random images: wd::Error naming option or file and the remedy.
// Test      inputs_test.cpp, cli/random_masks_test.sh
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "algo/data/image_set.hpp"
#include "flow/context.hpp"
#include "hw/formats/model/network.hpp"

namespace wd::flow {

struct InputOptions {
  DataOptions data;  // the word "random" instead of a folder: random images
  std::uint64_t seed = 0;
  std::filesystem::path inputs;

  void declare(OptionSink& sink);
};

struct Inputs {
  std::shared_ptr<const algo::ImageSet> images;
  bool labelled = true;  // off: labels are zeros, and there is no accuracy
  std::string source;    // as result files tell it; empty: test images of the data set

  const algo::ImageSet& operator*() const { return *images; }
};

/// For result files: null where the images are the data set's.
nlohmann::json inputs_json(const std::string& source);

/// How many random images there are where nobody says.
inline constexpr std::size_t few_images = 16;

/// @param dataset, transform of the program or network. @param random_count of random images
Inputs open_inputs(const InputOptions& options, const std::string& dataset,
                   const model::InputTransform& transform, std::size_t random_count, Context& context);

}  // namespace wd::flow
