// SPDX-License-Identifier: Apache-2.0
#include "compiler/lowering.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "hw/arch/isa.hpp"

namespace wd::compiler {
namespace {

LoweredConv lower_conv(const model::Network& network, const model::Layer& conv) {
  LoweredConv lowered;
  lowered.name = conv.name;
  lowered.conv = &conv;
  lowered.input = &network.tensors[conv.input];
  if (conv.kind != model::LayerKind::conv) {
    lowered.kernel_h = conv.kernel_h;
    lowered.kernel_w = conv.kernel_w;
    lowered.out_channels = lowered.input->channels;
  } else {
    lowered.weights = &network.weights[conv.weights];
    lowered.kernel_h = conv.pooled ? lowered.input->height : lowered.weights->kernel_h;
    lowered.kernel_w = conv.pooled ? lowered.input->width : lowered.weights->kernel_w;
    lowered.out_channels = lowered.weights->out_channels;
    lowered.products = lowered.weights->count() / static_cast<std::size_t>(lowered.out_channels);
  }
  if (conv.output >= 0) {  // may be less than the padded input's windows: space_to_depth.hpp
    lowered.out_h = network.tensors[conv.output].height;
    lowered.out_w = network.tensors[conv.output].width;
  }
  if (conv.gelu) lowered.table = network.tensors[conv.output].scale_exp;
  if (conv.kind == model::LayerKind::transpose) lowered.out_channels = network.tensors[conv.output].channels;
  lowered.norm_count = conv.norms.size();
  return lowered;
}

}  // namespace

std::vector<LoweredStep> lower_steps(const model::Network& network, bool fold) {
  std::vector<LoweredStep> steps;
  for (const model::Step& step : network.steps) {
    if (const auto* conv = std::get_if<model::Layer>(&step)) {
      steps.push_back({1, {lower_conv(network, *conv)}});
      continue;
    }
    const auto& loop = std::get<model::Loop>(step);
    LoweredStep folded{loop.count, {}};
    for (const model::Layer& conv : loop.body) folded.convs.push_back(lower_conv(network, conv));
    if (fold) {
      steps.push_back(folded);
      continue;
    }
    for (int iteration = 0; iteration < loop.count; ++iteration)
      for (LoweredConv conv : folded.convs) {
        conv.name += text(".", iteration);
        conv.first_norm = static_cast<std::size_t>(iteration);
        conv.norm_count = std::min<std::size_t>(conv.norm_count, 1);
        steps.push_back({1, {conv}});
      }
  }
  return steps;
}

void require_widths(const std::vector<LoweredStep>& steps, int batch) {
  constexpr int most = (1 << arch::field_bits::in_w) - 1;
  for (const LoweredStep& step : steps)
    for (const LoweredConv& conv : step.convs) {
      const int columns = std::max(conv.input->width, conv.out_w);
      WD_REQUIRE(batch == 1 || columns * batch <= most, "layer ", conv.name, ": ", batch, " images of ",
                 columns, " columns need a width of ", columns * batch, ", an instruction has at most ", most,
                 "; take a smaller --batch");
    }
}

}  // namespace wd::compiler
