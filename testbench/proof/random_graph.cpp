// SPDX-License-Identifier: Apache-2.0
#include "testbench/proof/random_graph.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "testbench/proof/proof_case.hpp"

namespace wd::testbench {
namespace {

class Graph {
 public:
  explicit Graph(std::uint64_t seed) : dice_(seed) {
    network_.name = text("proof-", seed);
    network_.dataset = "random";
    network_.seed = seed;
  }

  model::Network build() {
    const bool stem = chance(20);
    add_input(stem ? 2 : 1);
    if (stem) add_stem();
    for (int blocks = pick(1, 6); blocks > 0; --blocks) {
      if (chance(25))
        add_fold();
      else
        add_step();
    }
    add_scores();
    fill_values(network_);
    model::check(network_, network_.name);
    return std::move(network_);
  }

 private:
  int pick(int low, int high) { return dice_.pick(low, high); }
  bool chance(int percent) { return dice_.chance(percent); }
  const model::Tensor& shape(int tensor) const { return network_.tensors[index(tensor)]; }
  int tensors() const { return static_cast<int>(network_.tensors.size()); }
  bool alike(const model::Tensor& a, const model::Tensor& b) const {
    return a.height == b.height && a.width == b.width && a.channels == b.channels;
  }

  int add_tensor(int height, int width, int channels) {
    network_.tensors.push_back({text("t", tensors()), height, width, channels, pick(-1, 4)});
    return tensors() - 1;
  }

  int channels() { return chance(25) ? 16 * pick(1, 6) : chance(20) ? pick(1, 3) : pick(1, 90); }

  /// @param multiple that its sides are of
  void add_input(int multiple) {
    model::InputTransform& t = network_.input_transform;
    const bool tall = chance(45);  // and wide enough for stripes of few rows
    const int most = 10 / multiple, height = multiple * (tall ? pick(most, 30 / multiple) : pick(1, most)),
              width = tall         ? 4 * pick(1, 3)
                      : chance(50) ? height
                                   : multiple * pick(1, most),
              colors = pick(1, 4);
    t.patch = chance(30) ? 2 : 1;
    t.split = chance(25);
    t.image_height = height * t.patch;
    t.image_width = width * t.patch;
    t.mean.assign(index(colors), 0.3);
    t.deviation.assign(index(colors), 0.35);
    last_ = network_.input = add_tensor(height, width, t.channels());
  }

  int add_weights(int kernel_h, int kernel_w, int in, int out) {
    model::Weights w;
    w.name = text("w", network_.weights.size());
    w.kernel_h = kernel_h, w.kernel_w = kernel_w, w.in_channels = in, w.out_channels = out;
    w.coats = (1 << pick(1, 3)) - 1;
    w.signs = chance(30) ? model::SignSource::learned : model::SignSource::random;
    w.sign_seed = dice_.bits();
    // Of other numbers than the graph's.
    Dice frozen(w.sign_seed ^ 0x667265657a65);
    if (frozen.chance(70)) {
      w.freeze.emplace();
      w.freeze->seed = frozen.bits();
      w.freeze->pruned = frozen.pick(0, 40000);
      w.freeze->locked = frozen.pick(0, 25536);
      w.freeze->level = frozen.pick(1, w.coats);
    }
    network_.weights.push_back(std::move(w));
    return static_cast<int>(network_.weights.size()) - 1;
  }

  /// Of the kernel, stride and pad; its result is a new tensor, or one of the shape that was there before.
  model::Layer conv(int input, int kernel_h, int kernel_w, int stride, int pad, int out_channels, int keep) {
    model::Layer c;
    c.name = text("c", convs_++);
    c.input = input;
    c.stride = stride;
    c.pad = pad;
    activate(c, 65);
    model::Tensor out{"", (shape(input).height + 2 * pad - kernel_h) / stride + 1,
                      (shape(input).width + 2 * pad - kernel_w) / stride + 1, out_channels, 0};
    c.output = keep >= 0 ? keep : result(input, out);
    c.weights = add_weights(kernel_h, kernel_w, shape(input).channels, out_channels);
    add_residual(c);
    return c;
  }

  int result(int input, const model::Tensor& out) {
    for (int tensor = 0; tensor < tensors(); ++tensor)
      if (tensor != input && alike(shape(tensor), out) && chance(30)) return tensor;
    return add_tensor(out.height, out.width, out.channels);
  }

  void add_residual(model::Layer& c) {
    if (!chance(45)) return;
    for (int tensor = tensors() - 1; tensor >= 0; --tensor)
      if (written(tensor) && alike(shape(tensor), shape(c.output)) && chance(60)) {
        c.residual = tensor;
        return;
      }
  }

  bool written(int tensor) const {
    return tensor == network_.input || std::find(written_.begin(), written_.end(), tensor) != written_.end();
  }

  /// Mostly the last one.
  int some_input() {
    if (chance(15))
      for (int tensor = tensors() - 1; tensor >= 0; --tensor)
        if (written(tensor) && chance(30)) return tensor;
    return last_;
  }

  /// Its windows lie in the padded input; the output has the input's scale.
  model::Layer max_pool(int input, int kernel_h, int kernel_w, int stride, int pad, int keep) {
    const model::Tensor in = shape(input);
    model::Layer l;
    l.kind = model::LayerKind::pool;
    l.name = text("c", convs_++);
    l.weights = -1;
    l.input = input;
    l.kernel_h = kernel_h, l.kernel_w = kernel_w, l.stride = stride, l.pad = pad;
    l.output = keep >= 0 ? keep
                         : add_tensor((in.height + 2 * pad - kernel_h) / stride + 1,
                                      (in.width + 2 * pad - kernel_w) / stride + 1, in.channels);
    network_.tensors[index(l.output)].scale_exp = in.scale_exp;
    return l;
  }

  model::Layer any_pool(int input) {
    const model::Tensor in = shape(input);
    const int kernel_h = pick(1, std::min(5, in.height)),
              kernel_w = chance(70) ? std::min(kernel_h, in.width) : pick(1, std::min(5, in.width));
    return max_pool(input, kernel_h, kernel_w, pick(1, 3), pick(0, std::min(kernel_h, kernel_w) - 1), -1);
  }

  model::Layer elementwise(int input) {
    model::Layer l;
    l.kind = model::LayerKind::elementwise;
    l.name = text("c", convs_++);
    l.weights = -1;
    l.input = input;
    activate(l, 50);
    l.output = result(input, shape(input));
    add_residual(l);
    return l;
  }

  /// As ImageNet's networks begin: a wide kernel of stride 2 on the image.
  void add_stem() {
    const int kernel = 1 + 2 * pick(1, 3), pad = pick(kernel / 2, kernel - 1);
    const int kernel_w = chance(30) ? std::min(pick(1, 7), shape(last_).width + 2 * pad) : kernel;
    model::Layer c = conv(last_, kernel, kernel_w, 2, pad, channels(), -1);
    last_ = c.output;
    written_.push_back(c.output);
    network_.steps.emplace_back(std::move(c));
  }

  void activate(model::Layer& layer, int relu) {
    layer.relu = chance(relu);
    layer.gelu = !layer.relu && chance(35);
  }

  /// To other positions, or those of the tensor to keep.
  model::Layer token_mix(int input, bool same) {
    const model::Tensor in = shape(input);
    model::Layer l;
    l.kind = model::LayerKind::token_mix;
    l.name = text("c", convs_++);
    l.input = input;
    activate(l, 40);
    const model::Tensor out{"", same ? in.height : pick(1, 8), same ? in.width : pick(1, 8), in.channels, 0};
    l.output = result(input, out);
    l.weights = add_weights(1, 1, in.height * in.width, out.height * out.width);
    add_residual(l);
    return l;
  }

  void add_step() {
    const int input = some_input();
    const model::Tensor in = shape(input);
    model::Layer c;
    if (chance(9)) {
      c = token_mix(input, chance(50));
    } else if (chance(8)) {
      c = conv(input, in.height, in.width, 1, 0, channels(), -1);
      pool(c);
    } else if (chance(12)) {
      c = any_pool(input);
    } else if (chance(14)) {
      c = elementwise(input);
    } else {
      const int longest = chance(15) ? 7 : 3, kernel_h = pick(1, longest),
                kernel_w = chance(70) ? kernel_h : pick(1, longest);
      const int pad =
          std::max({pick(0, std::max(kernel_h, kernel_w) / 2), ceil_div(std::max(kernel_h - in.height, 0), 2),
                    ceil_div(std::max(kernel_w - in.width, 0), 2)});
      c = conv(input, kernel_h, kernel_w, pick(1, 2), pad, channels(), -1);
    }
    last_ = c.output;
    written_.push_back(c.output);
    network_.steps.emplace_back(std::move(c));
  }

  /// Its kernel is one weight a channel that is applied everywhere.
  void pool(model::Layer& c) {
    c.pooled = true;
    c.gelu = false;
    network_.weights[index(c.weights)].kernel_h = network_.weights[index(c.weights)].kernel_w = 1;
  }

  /// Through hidden tensors, and often back to where it began.
  void add_fold() {
    model::Loop fold{pick(1, 4), {}};
    const int first = last_;
    const bool back = chance(70);
    for (int body = pick(1, 3); body > 0; --body) {
      const bool closes = body == 1 && back && last_ != first;
      const int kernel = 1 + 2 * pick(0, 1);
      model::Layer c = !closes && chance(10)   ? max_pool(last_, kernel, kernel, 1, kernel / 2, -1)
                       : !closes && chance(12) ? token_mix(last_, true)
                       : !closes && chance(12)
                           ? elementwise(last_)
                           : conv(last_, kernel, kernel, 1, kernel / 2,
                                  closes ? shape(first).channels : channels(), closes ? first : -1);
      last_ = c.output;
      written_.push_back(c.output);
      fold.body.push_back(std::move(c));
    }
    network_.steps.emplace_back(std::move(fold));
  }

  void add_scores() {
    network_.classes = pick(1, 40);
    const model::Tensor in = shape(last_);
    model::Layer c;
    c.name = "scores";
    c.input = last_;
    c.output = -1;
    const bool pooled = chance(60);
    c.weights = add_weights(pooled ? 1 : in.height, pooled ? 1 : in.width, in.channels, network_.classes);
    c.pooled = pooled;
    network_.steps.emplace_back(std::move(c));
  }

  Dice dice_;
  model::Network network_;
  std::vector<int> written_;
  int last_ = 0, convs_ = 0;
};

}  // namespace

model::Network random_graph(std::uint64_t seed) { return Graph(seed).build(); }

}  // namespace wd::testbench
