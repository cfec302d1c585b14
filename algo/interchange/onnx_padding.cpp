// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/onnx_padding.hpp"

#include <algorithm>

namespace wd::algo {

namespace {

using Ints = std::vector<std::int64_t>;

constexpr std::int64_t axes_of_map = 4, most_padding = 1 << 20;

/// Attributes before operator set 11, inputs since.
void require_zeros(const OnnxNodeReader& pad) {
  const std::string mode = pad.string("mode", "constant");
  pad.require(mode == "constant", "attribute 'mode' is ", name_text(mode),
              ", must be constant; train with zeros as padding");
  const std::vector<float> value =
      pad.has_input(2) ? pad.reals(2, "value") : std::vector<float>{pad.real("value", 0)};
  pad.require(value == std::vector<float>{0}, "pads with ", value.empty() ? 0 : value[0],
              ", must be 0; train with zeros as padding");
}

/// On each side of a map; the same for all four.
std::int64_t amount_of(const OnnxNodeReader& pad) {
  const Ints pads =
      pad.has_input(1) ? pad.constant_integers(1, "pads") : pad.integers("pads").value_or(Ints{});
  Ints axes = pad.has_input(3) ? pad.constant_integers(3, "axes") : Ints{0, 1, 2, 3};
  pad.require(pads.size() == 2 * axes.size() && axes.size() <= axes_of_map, "has pads ", text_of(pads),
              ", must be two for each axis of a map of batch x C x H x W");
  Ints all(2 * axes_of_map, 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t axis = axes[i] < 0 ? axes[i] + axes_of_map : axes[i];
    pad.require(axis >= 0 && axis < axes_of_map, "pads axis ", axes[i], " of a map; the file is damaged");
    all[static_cast<std::size_t>(axis)] = pads[i];
    all[static_cast<std::size_t>(axis + axes_of_map)] = pads[axes.size() + i];
  }
  const std::int64_t amount = all[2];
  pad.require(
      all == Ints{0, 0, amount, amount, 0, 0, amount, amount} && amount >= 0 && amount <= most_padding,
      "has pads ", text_of(all),
      ", must be as many zeros on each side of the map's height and width; use even padding");
  return amount;
}

}  // namespace

void fold_padding(const OnnxNodeReader& pad, const std::vector<OnnxNode*>& readers, bool rectified) {
  require_zeros(pad);
  const std::int64_t amount = amount_of(pad);
  for (OnnxNode* reader : readers) {
    const bool pools = reader->op == "MaxPool", averages = reader->op == "AveragePool";
    pad.require(amount == 0 || reader->op == "Conv" || pools || averages, "pads for ", text_of(*reader),
                "; only convolutions and pools take a padding");
    pad.require(amount == 0 || !pools || rectified, "pads with zeros for ", text_of(*reader),
                ", which pads with nothing itself; put a ReLU before or give the pool the padding");
    std::replace(reader->inputs.begin(), reader->inputs.end(), pad.output(), pad.input(0));
    if (amount == 0) continue;
    auto& attributes = reader->attributes;
    if (const auto found = attributes.find("auto_pad"); found != attributes.end()) {
      const auto* kind = std::get_if<std::string>(&found->second);
      if (kind != nullptr && *kind == "VALID") attributes.erase(found);
    }
    OnnxAttribute& own = attributes.emplace("pads", Ints{0, 0, 0, 0}).first->second;
    auto* sides = std::get_if<Ints>(&own);
    pad.require(sides != nullptr && sides->size() == 4, "pads for ", text_of(*reader),
                ", the pads of which are not those of a map");
    const bool plain = *sides == Ints{0, 0, 0, 0};
    pad.require(plain || !averages, "pads for ", text_of(*reader),
                ", which has pads of its own; use one of them");
    for (std::int64_t& side : *sides) {
      pad.require(side >= 0 && side <= most_padding, "pads for ", text_of(*reader), " with pads ",
                  text_of(*sides), "; the file is damaged");
      side += amount;
    }
    if (averages) attributes["count_include_pad"] = std::int64_t{1};
  }
}

}  // namespace wd::algo
