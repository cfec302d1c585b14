// SPDX-License-Identifier: Apache-2.0
#include "flow/explore/opened_model.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "flow/chain.hpp"
#include "flow/content_key.hpp"
#include "hw/formats/stream/compressed_model.hpp"

namespace wd::flow::explore {

OpenedModel open_model(const Plan& plan, const StudyModel& one, const InputOptions& inputs,
                       Context& context) {
  OpenedModel model;
  std::string dataset;
  model::InputTransform transform;
  if (plan.program) {
    model.sha256 = plan.program->sha256;
    dataset = plan.program->program.dataset;
    transform = plan.program->program.input_transform;
  } else {
    HashedFile file = read_product(Product::compressed, one.folder);
    require_chain(Product::compressed, one.folder, file.sha256);
    model.sha256 = file.sha256;
    model.network = stream::decode_network(Container::parse(
        std::move(file.bytes), stream::compressed_kind, file_of(Product::compressed, one.folder).string()));
    dataset = model.network.dataset;
    transform = model.network.input_transform;
  }
  model.inputs =
      open_inputs(inputs, dataset, transform, std::max(plan.images, plan.accuracy_images), context);
  WD_REQUIRE(plan.accuracy_images == 0 || model.inputs.labelled, plan.origin,
             ": accuracy is wanted of images without labels; give a data set's or leave it out");
  std::string all;
  for (std::size_t i = 0; i < std::min(plan.images, model.inputs.images->count()); ++i) {
    const std::vector<std::uint8_t> pixels = algo::pixels_of(*model.inputs, i);
    all.append(pixels.begin(), pixels.end());
  }
  model.images_key = sha256_of(all);
  return model;
}

}  // namespace wd::flow::explore
