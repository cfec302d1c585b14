// SPDX-License-Identifier: Apache-2.0
// The model and its description behind right checksums: its sections as sections.hpp packs them.
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "hw/formats/model/input_image.hpp"
#include "hw/formats/model/network.hpp"
#include "testbench/fuzz/sections.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  const model::Network network = model::decode_model(unpack_sections(data, model::model_kind));
  const model::Network again = model::decode_model(model::encode_model(network, "fuzz"));
  WD_ASSERT(model::describe(again) == model::describe(network));
  const model::InputImage image(network);
  std::vector<std::uint8_t> codes(image.pixels() * (network.input_transform.split ? 2 : 1));
  image.convert(std::vector<std::uint8_t>(image.pixels(), 77), codes);
}

}  // namespace wd::fuzz
