// SPDX-License-Identifier: Apache-2.0
#include "testbench/proof/shrink.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/integer.hpp"

namespace wd::testbench {
namespace {

using Change = std::function<void(ProofCase&)>;

/// Shapes of tensors and weights that follow from the image, the kernels and the tensors' channels.
void derive_shapes(model::Network& network) {
  model::InputTransform& t = network.input_transform;
  t.deviation.resize(t.mean.size(), 0.35);
  model::Tensor& input = network.tensors[index(network.input)];
  input.height = t.image_height / t.patch;
  input.width = t.image_width / t.patch;
  input.channels = t.channels();
  std::set<int> known{network.input};
  model::for_each_layer(network, [&](model::Layer& layer, int) {
    const model::Tensor in = network.tensors[index(layer.input)];
    if (layer.kind == model::LayerKind::token_mix) {  // to as many positions as before
      model::Tensor& out = network.tensors[index(layer.output)];
      if (known.insert(layer.output).second) out.channels = in.channels;
      model::Weights& w = network.weights[index(layer.weights)];
      w.in_channels = in.height * in.width, w.out_channels = out.height * out.width;
      return;
    }
    int kernel_h = layer.kernel_h, kernel_w = layer.kernel_w;
    if (layer.kind == model::LayerKind::conv) {
      model::Weights& w = network.weights[index(layer.weights)];
      w.in_channels = in.channels;
      w.out_channels = layer.output < 0 ? network.classes : network.tensors[index(layer.output)].channels;
      if (layer.output < 0 && !layer.pooled) w.kernel_h = in.height, w.kernel_w = in.width;
      kernel_h = layer.pooled ? in.height : w.kernel_h;
      kernel_w = layer.pooled ? in.width : w.kernel_w;
    }
    if (layer.output < 0 || !known.insert(layer.output).second) return;
    model::Tensor& out = network.tensors[index(layer.output)];
    out.height = (in.height + 2 * layer.pad - kernel_h) / layer.stride + 1;
    out.width = (in.width + 2 * layer.pad - kernel_w) / layer.stride + 1;
    if (layer.kind != model::LayerKind::conv) out.channels = in.channels;
    if (layer.kind == model::LayerKind::pool) out.scale_exp = in.scale_exp;
  });
}

/// Leaves out tensors and weights that nothing names.
void drop_unused(model::Network& network) {
  std::vector<int> tensor(network.tensors.size(), -1), weight(network.weights.size(), -1);
  std::vector<model::Tensor> tensors;
  std::vector<model::Weights> weights;
  const auto renumber = [](int& number, std::vector<int>& of, auto& kept, const auto& all) {
    if (of[index(number)] < 0) {
      of[index(number)] = static_cast<int>(kept.size());
      kept.push_back(all[index(number)]);
    }
    number = of[index(number)];
  };
  renumber(network.input, tensor, tensors, network.tensors);
  model::for_each_layer(network, [&](model::Layer& conv, int) {
    renumber(conv.input, tensor, tensors, network.tensors);
    if (conv.output >= 0) renumber(conv.output, tensor, tensors, network.tensors);
    if (conv.residual) renumber(*conv.residual, tensor, tensors, network.tensors);
    if (conv.weights >= 0) renumber(conv.weights, weight, weights, network.weights);
  });
  network.tensors = std::move(tensors);
  network.weights = std::move(weights);
}

/// Readers of a convolution's output read its input.
void bypass(model::Network& network, const model::Layer& gone) {
  model::for_each_layer(network, [&](model::Layer& conv, int) {
    if (conv.input == gone.output) conv.input = gone.input;
    if (conv.residual == gone.output) conv.residual = gone.input;
  });
}

void without_step(model::Network& network, std::size_t step) {
  const model::Step gone = network.steps[step];
  network.steps.erase(network.steps.begin() + static_cast<std::ptrdiff_t>(step));
  if (const auto* conv = std::get_if<model::Layer>(&gone)) return bypass(network, *conv);
  const auto& loop = std::get<model::Loop>(gone);
  for (auto conv = loop.body.rbegin(); conv != loop.body.rend(); ++conv) bypass(network, *conv);
}

/// The class scores come from a step's output, those behind it go.
void end_after(model::Network& network, std::size_t step) {
  const auto* conv = std::get_if<model::Layer>(&network.steps[step]);
  const int tensor = conv ? conv->output : std::get<model::Loop>(network.steps[step]).body.back().output;
  const auto first = network.steps.begin() + static_cast<std::ptrdiff_t>(step) + 1;
  network.steps.erase(first, network.steps.end() - 1);
  std::get<model::Layer>(network.steps.back()).input = tensor;
}

void unroll(model::Network& network, std::size_t step) {
  const auto loop = std::get<model::Loop>(network.steps[step]);
  const auto at = network.steps.begin() + static_cast<std::ptrdiff_t>(step);
  network.steps.insert(network.steps.erase(at), loop.body.begin(), loop.body.end());
}

class Shrinker {
 public:
  Shrinker(ProofCase proof, const std::function<bool(const ProofCase&)>& fails, int budget)
      : best_(std::move(proof)), fails_(fails), budget_(budget) {}

  ProofCase run() {
    for (bool smaller = true; smaller && budget_ > 0;) {
      smaller = false;
      for (auto pass :
           {&Shrinker::steps, &Shrinker::convs, &Shrinker::channels, &Shrinker::image, &Shrinker::chip})
        smaller |= (this->*pass)();
    }
    return best_;
  }

 private:
  /// Takes the change if the case still is one, and still fails.
  bool take(const Change& change) {
    if (budget_-- <= 0) return false;
    ProofCase changed = best_;
    try {
      change(changed);
      drop_unused(changed.network);
      derive_shapes(changed.network);
      fill_values(changed.network);
      model::check(changed.network, "shrunk");
      arch::check(changed.options.arch, "shrunk");
      if (!fails_(changed)) return false;
    } catch (const Error&) {
      return false;
    }
    best_ = std::move(changed);
    return true;
  }

  bool steps() {
    bool smaller = false;
    for (std::size_t s = 0; s + 2 < best_.network.steps.size(); ++s)
      smaller |= take([&](ProofCase& c) { end_after(c.network, s); });
    for (std::size_t s = best_.network.steps.size() - 1; s-- > 0;)
      smaller |= take([&](ProofCase& c) { without_step(c.network, s); });
    for (std::size_t s = 0; s + 1 < best_.network.steps.size(); ++s) smaller |= loop(s);
    return smaller;
  }

  bool loop(std::size_t step) {
    if (!std::holds_alternative<model::Loop>(best_.network.steps[step])) return false;
    const auto of = [step](ProofCase& c) -> model::Loop& {
      return std::get<model::Loop>(c.network.steps[step]);
    };
    bool smaller = take([&](ProofCase& c) { unroll(c.network, step); });
    if (smaller) return true;
    if (of(best_).count > 1) smaller |= take([&](ProofCase& c) { of(c).count = 1; });
    if (of(best_).count > 2) smaller |= take([&](ProofCase& c) { --of(c).count; });
    for (std::size_t b = of(best_).body.size(); b-- > 0 && of(best_).body.size() > 1;)
      smaller |= take([&](ProofCase& c) {
        const model::Layer gone = of(c).body[b];
        of(c).body.erase(of(c).body.begin() + static_cast<std::ptrdiff_t>(b));
        bypass(c.network, gone);
      });
    return smaller;
  }

  /// Sets a member of each layer, or of its weights if it has any, to a smaller value. @param of gives its address, or nullptr
  template <typename Of, typename Value>
  bool lower(Of of, Value value) {
    std::size_t count = 0;
    model::for_each_layer(best_.network, [&](model::Layer&, int) { ++count; });
    bool smaller = false;
    for (std::size_t n = 0; n < count; ++n) {
      const auto nth = [&](ProofCase& c) {
        decltype(of(c, std::declval<model::Layer&>())) found = nullptr;
        std::size_t at = 0;
        model::for_each_layer(c.network, [&](model::Layer& layer, int) {
          if (at++ == n) found = of(c, layer);
        });
        return found;
      };
      const auto* present = nth(best_);
      if (present != nullptr && value < *present) smaller |= take([&](ProofCase& c) { *nth(c) = value; });
    }
    return smaller;
  }

  /// Sets a member of the layers' weights.
  template <typename Value>
  bool lower_weights(Value model::Weights::*member, Value value) {
    return lower(
        [member](ProofCase& c, model::Layer& layer) -> Value* {
          return layer.weights < 0 ? nullptr : &(c.network.weights[index(layer.weights)].*member);
        },
        value);
  }

  template <typename Value>
  bool lower_layers(Value model::Layer::*member, Value value) {
    return lower([member](ProofCase&, model::Layer& layer) { return &(layer.*member); }, value);
  }

  bool convs() {
    bool smaller = lower_layers(&model::Layer::residual, std::optional<int>());
    smaller |= lower_layers(&model::Layer::stride, 1);
    for (const int size : {1, 2, 3}) {
      smaller |= lower_weights(&model::Weights::kernel_h, size);
      smaller |= lower_weights(&model::Weights::kernel_w, size);
      smaller |= lower_layers(&model::Layer::kernel_h, size);
      smaller |= lower_layers(&model::Layer::kernel_w, size);
    }
    smaller |= lower_layers(&model::Layer::pad, 0);
    smaller |= lower_layers(&model::Layer::relu, false);
    smaller |= lower_layers(&model::Layer::gelu, false);
    for (std::size_t w = 0; w < best_.network.weights.size(); ++w)
      if (best_.network.weights[w].freeze)
        smaller |= take([&](ProofCase& c) { c.network.weights[w].freeze.reset(); });
    smaller |= lower_weights(&model::Weights::coats, 1);
    smaller |= lower_weights(&model::Weights::signs, model::SignSource::random);
    return smaller;
  }

  /// Tensors of as many channels change together: residuals need it.
  bool channels() {
    std::set<int> counts;
    for (const model::Tensor& tensor : best_.network.tensors) counts.insert(tensor.channels);
    bool smaller = false;
    for (const int count : counts)
      for (const int fewer : {1, 2, count / 2, count / 16 * 16, count - 1}) {
        if (fewer < 1 || fewer >= count) continue;
        if (!take([&](ProofCase& c) {
              for (model::Tensor& tensor : c.network.tensors)
                if (tensor.channels == count) tensor.channels = fewer;
            }))
          continue;
        smaller = true;
        break;
      }
    for (const int fewer : {1, best_.network.classes / 2, best_.network.classes - 1})
      if (fewer >= 1 && fewer < best_.network.classes)
        smaller |= take([&](ProofCase& c) { c.network.classes = fewer; });
    return smaller;
  }

  bool image() {
    const auto of = [](ProofCase& c) -> model::InputTransform& { return c.network.input_transform; };
    bool smaller = false;
    if (of(best_).split) smaller |= take([&](ProofCase& c) { of(c).split = false; });
    if (of(best_).mean.size() > 1)
      smaller |= take([&](ProofCase& c) { of(c).mean.resize(1), of(c).deviation.resize(1); });
    if (of(best_).patch > 1)
      smaller |= take([&](ProofCase& c) {
        of(c).image_height /= of(c).patch, of(c).image_width /= of(c).patch;
        of(c).patch = 1;
      });
    for (int model::InputTransform::*side :
         {&model::InputTransform::image_height, &model::InputTransform::image_width})
      for (const int fewer : {1, of(best_).*side / 2, of(best_).*side - of(best_).patch})
        if (fewer >= 1 && fewer < of(best_).*side)
          smaller |= take([&](ProofCase& c) { of(c).*side = fewer; });
    if (best_.images > 1) smaller |= take([&](ProofCase& c) { c.images = 1; });
    return smaller;
  }

  bool chip() {
    bool smaller = false;
    if (best_.options.space_to_depth) smaller |= take([](ProofCase& c) { c.options.space_to_depth = false; });
    if (best_.options.huffman) smaller |= take([](ProofCase& c) { c.options.huffman = false; });
    if (best_.options.on_chip_signs) smaller |= take([](ProofCase& c) { c.options.on_chip_signs = false; });
    if (!best_.options.fold) smaller |= take([](ProofCase& c) { c.options.fold = true; });
    if (best_.options.batch > 1) smaller |= take([](ProofCase& c) { c.options.batch = 1; });
    if (best_.options.share_rows) smaller |= take([](ProofCase& c) { c.options.share_rows = false; });
    if (best_.switches != arch::Switches{}) smaller |= take([](ProofCase& c) { c.switches = {}; });
#define ARCH_PARAM(name, sv, value, low, high, unit, meaning) \
  if (best_.options.arch.name != arch::Arch{}.name)           \
    smaller |= take([](ProofCase& c) { c.options.arch.name = arch::Arch{}.name; });
#include "hw/arch/params.def"
#undef ARCH_PARAM
    return smaller;
  }

  ProofCase best_;
  const std::function<bool(const ProofCase&)>& fails_;
  int budget_;
};

}  // namespace

ProofCase shrink(ProofCase proof, const std::function<bool(const ProofCase&)>& fails, int budget) {
  return Shrinker(std::move(proof), fails, budget).run();
}

}  // namespace wd::testbench
