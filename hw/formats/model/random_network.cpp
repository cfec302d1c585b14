// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/model/random_network.hpp"

#include <cmath>
#include <random>

#include "base/error.hpp"
#include "hw/numerics/fp16.hpp"

namespace wd::model {
namespace {

class Builder {
 public:
  explicit Builder(std::uint64_t seed)
      : random_(seed), widths_(seed ^ 0x776964746873), square_(seed % 2 == 1) {
    network.name = text("random-", seed);
    network.dataset = "random";
    network.seed = seed;
  }

  /// @return a number in [low, high]
  int pick(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }

  /// What goes across where `down` goes down: the same, or of other numbers than pick()'s, in [low, high].
  int across(int down, int low, int high) {
    return square_ ? down : low + static_cast<int>(widths_() % static_cast<std::uint64_t>(high - low + 1));
  }

  int tensor(const std::string& name, int height, int width, int channels) {
    network.tensors.push_back({name, height, width, channels, pick(2, 4)});
    return static_cast<int>(network.tensors.size()) - 1;
  }

  int weights(const std::string& name, int kernel, int in, int out, int coats) {
    return weights(name, kernel, kernel, in, out, coats);
  }
  int weights(const std::string& name, int kernel_h, int kernel_w, int in, int out, int coats) {
    Weights w;
    w.name = name;
    w.kernel_h = kernel_h, w.kernel_w = kernel_w;
    w.in_channels = in;
    w.out_channels = out;
    w.coats = coats;
    w.signs = pick(0, 3) == 0 ? SignSource::learned : SignSource::random;
    w.sign_seed = random_();
    const double density = 0.05 + 0.1 * pick(0, 4);
    for (std::size_t i = 0; i < w.count(); ++i) {
      const double u = static_cast<double>(random_() >> 11) * 0x1p-53;
      // Level n of the coats, each coat keeping about a third of the one below.
      int level = 0;
      for (double kept = density; level < coats && u < kept; kept *= 0.35) ++level;
      w.levels.push_back(static_cast<std::uint8_t>(level));
      if (w.signs == SignSource::learned) w.learned_signs.push_back(random_() & 1);
    }
    network.weights.push_back(std::move(w));
    return static_cast<int>(network.weights.size()) - 1;
  }

  Layer conv(const std::string& name, int weight_set, int input, int output, int stride, int pad,
             int iterations) {
    Layer c;
    c.name = name;
    c.weights = weight_set;
    c.input = input;
    c.output = output;
    c.stride = stride;
    c.pad = pad;
    c.relu = output >= 0;
    for (int i = 0; i < iterations; ++i)
      c.norms.push_back(norm(network.weights[static_cast<std::size_t>(weight_set)]));
    return c;
  }

  /// Output and input have one scale.
  Layer pool(const std::string& name, int input, int output, int kernel, int stride, int pad) {
    return pool(name, input, output, kernel, kernel, stride, pad);
  }
  Layer pool(const std::string& name, int input, int output, int kernel_h, int kernel_w, int stride,
             int pad) {
    Layer p;
    p.kind = LayerKind::pool;
    p.name = name;
    p.weights = -1;
    p.input = input;
    p.output = output;
    p.kernel_h = kernel_h, p.kernel_w = kernel_w;
    p.stride = stride;
    p.pad = pad;
    network.tensors[static_cast<std::size_t>(output)].scale_exp =
        network.tensors[static_cast<std::size_t>(input)].scale_exp;
    return p;
  }

  Layer elementwise(const std::string& name, int input, int output, int iterations) {
    Layer e;
    e.kind = LayerKind::elementwise;
    e.name = name;
    e.weights = -1;
    e.input = input;
    e.output = output;
    e.relu = pick(0, 1) == 0;
    Weights one;
    one.out_channels = network.tensors[static_cast<std::size_t>(input)].channels;
    for (int i = 0; i < iterations; ++i) e.norms.push_back(norm(one));
    return e;
  }

  /// gamma of about 1 / sqrt(fan-in * E w^2): results of the size of the inputs.
  Norm norm(const Weights& w) {
    double squares = 0;
    for (std::uint8_t level : w.levels) squares += level * level;
    const double scale = 1.5 / std::sqrt(1 + squares / w.out_channels);
    Norm n;
    for (int channel = 0; channel < w.out_channels; ++channel) {
      n.gamma.push_back(numerics::fp16_from_float(static_cast<float>(scale * (0.5 + 0.1 * pick(0, 10)))));
      n.beta.push_back(numerics::fp16_from_float(static_cast<float>(0.5 * (pick(0, 20) - 10))));
    }
    return n;
  }

  Network network;

 private:
  std::mt19937_64 random_, widths_;
  bool square_;
};

}  // namespace

Network hidden_fold_network(const FoldedShape& shape, std::uint64_t seed) {
  Builder b(seed);
  b.network.input_transform = {28, 28, 4, false, {0.3}, {0.35}};
  int x = b.network.input = b.tensor("image", 7, 7, 16);
  const auto add = [&](Layer conv) { b.network.steps.emplace_back(std::move(conv)); };
  const int stem = b.tensor("stem", 7, 7, shape.stem_channels);
  add(b.conv("stem", b.weights("stem", 3, 16, shape.stem_channels, shape.coats), x, stem, 1, 1, 1));
  x = stem;
  int size = 7, channels = shape.stem_channels;
  for (std::size_t s = 0; s < shape.channels.size(); ++s) {
    const std::string stage = text("stage", s + 1);
    const int stride = shape.strides[s], out = shape.channels[s], count = shape.iterations[s];
    size = (size - 1) / stride + 1;
    const int hidden = b.tensor(stage + ".h", size, size, out),
              shortcut = b.tensor(stage + ".shortcut", size, size, out);
    const int y = b.tensor(stage + ".x", size, size, out);
    b.network.tensors[static_cast<std::size_t>(shortcut)].scale_exp =
        b.network.tensors[static_cast<std::size_t>(y)].scale_exp;
    add(b.conv(stage + ".conv1", b.weights(stage + ".conv1", 3, channels, out, shape.coats), x, hidden,
               stride, 1, 1));
    Layer skip = b.conv(stage + ".shortcut", b.weights(stage + ".shortcut", 1, channels, out, shape.coats), x,
                        shortcut, stride, 0, 1);
    skip.relu = false;
    add(std::move(skip));
    Layer second =
        b.conv(stage + ".conv2", b.weights(stage + ".conv2", 3, out, out, shape.coats), hidden, y, 1, 1, 1);
    second.residual = shortcut;
    add(std::move(second));
    Loop fold{count, {}};
    fold.body.push_back(b.conv(stage + ".fold1", b.weights(stage + ".fold1", 3, out, out, shape.coats), y,
                               hidden, 1, 1, count));
    fold.body.push_back(b.conv(stage + ".fold2", b.weights(stage + ".fold2", 3, out, out, shape.coats),
                               hidden, y, 1, 1, count));
    fold.body.back().residual = y;
    b.network.steps.emplace_back(std::move(fold));
    x = y;
    channels = out;
  }
  Layer last = b.conv("classifier", b.weights("classifier", 1, channels, 10, shape.coats), x, -1, 1, 0, 1);
  last.pooled = true;
  add(std::move(last));
  check(b.network, b.network.name);
  return std::move(b.network);
}

Network small_network(std::uint64_t seed) {
  Builder b(seed);
  const int patch = b.pick(1, 4);
  int height = b.pick(2, 6), width = b.across(height, 2, 9);
  b.network.input_transform = {patch * height, patch * width, patch, false, {0.3}, {0.35}};
  int x = b.network.input = b.tensor("image", height, width, patch * patch), channels = patch * patch;
  const int layers = b.pick(1, 3);
  for (int layer = 0; layer < layers; ++layer) {
    const std::string name = text("layer", layer);
    const int kernel_h = std::min(b.pick(1, 3), height), kernel_w = b.across(kernel_h, 1, std::min(3, width)),
              pad = b.pick(0, kernel_h / 2), stride = b.pick(1, 2);
    const int coats = (1 << b.pick(1, 3)) - 1, out = b.pick(1, 90);
    height = (height + 2 * pad - kernel_h) / stride + 1;
    width = (width + 2 * pad - kernel_w) / stride + 1;
    const int y = b.tensor(name, height, width, out);
    b.network.steps.emplace_back(
        b.conv(name, b.weights(name, kernel_h, kernel_w, channels, out, coats), x, y, stride, pad, 1));
    x = y;
    channels = out;
    if (b.pick(0, 1) == 0) continue;
    const int count = b.pick(1, 3), hidden = b.tensor(name + ".h", height, width, out);
    Loop fold{count, {}};
    fold.body.push_back(
        b.conv(name + ".fold1", b.weights(name + ".fold1", 1, out, out, coats), x, hidden, 1, 0, count));
    fold.body.push_back(
        b.conv(name + ".fold2", b.weights(name + ".fold2", 1, out, out, coats), hidden, x, 1, 0, count));
    fold.body.back().residual = x;
    b.network.steps.emplace_back(std::move(fold));
  }
  Layer last = b.conv("classifier", b.weights("classifier", 1, channels, 10, 1), x, -1, 1, 0, 1);
  last.pooled = true;
  b.network.steps.emplace_back(std::move(last));
  check(b.network, b.network.name);
  return std::move(b.network);
}

namespace {

/// Adds blocks to a network that ends in tensor x.
class ResidualBuilder {
 public:
  explicit ResidualBuilder(std::uint64_t seed) : b_(seed) {}

  Network build() {
    const int patch = b_.pick(1, 4), height = b_.pick(2, 9), width = b_.across(height, 2, 12);
    b_.network.input_transform = {patch * height, patch * width, patch, false, {0.3}, {0.35}};
    x_ = b_.network.input = b_.tensor("image", height, width, patch * patch);
    for (int block = b_.pick(3, 6); block > 0; --block) add_block();
    Layer last = layer(x_, -1, 1, 1, 1);
    last.pooled = true;
    b_.network.steps.emplace_back(std::move(last));
    check(b_.network, b_.network.name);
    return std::move(b_.network);
  }

 private:
  const Tensor& shape(int tensor) const { return b_.network.tensors[static_cast<std::size_t>(tensor)]; }
  bool alike(int a, int b) const {
    return shape(a).height == shape(b).height && shape(a).width == shape(b).width &&
           shape(a).channels == shape(b).channels;
  }

  /// A convolution of its own weights, "same" at stride 1 if the kernel is square.
  Layer layer(int input, int output, int kernel, int stride, int iterations, int kernel_w = 0) {
    const std::string name = text("layer", layers_++);
    const int out = output < 0 ? 10 : shape(output).channels, coats = (1 << b_.pick(1, 2)) - 1;
    const int weights =
        b_.weights(name, kernel, kernel_w == 0 ? kernel : kernel_w, shape(input).channels, out, coats);
    return b_.conv(name, weights, input, output, stride, kernel / 2, iterations);
  }
  Layer layer(int input, int output) { return layer(input, output, b_.pick(0, 1) == 0 ? 1 : 3, 1, 1); }
  void add(Layer conv) { b_.network.steps.emplace_back(std::move(conv)); }

  int new_tensor(int like) {
    return b_.tensor(text("t", b_.network.tensors.size()), shape(like).height, shape(like).width,
                     shape(like).channels);
  }
  /// For results of x's shape: a new one, or an old one, whatever it held.
  int result(int input) {
    for (int tensor = 0; tensor < static_cast<int>(b_.network.tensors.size()); ++tensor)
      if (tensor != input && alike(tensor, x_) && b_.pick(0, 3) == 0) return tensor;
    return new_tensor(x_);
  }
  /// Of x's shape: x, or one that was made before.
  int residual() {
    for (int tensor = 0; tensor < static_cast<int>(b_.network.tensors.size()); ++tensor)
      if (alike(tensor, x_) && b_.pick(0, 2) == 0) return tensor;
    return x_;
  }

  void add_block() {
    switch (b_.pick(0, 7)) {
      case 0:
        return add_layer();
      case 1:
        return add_straight();
      case 2:
        return add_fold();
      case 3:
        return add_pool();
      case 4:
        return add_elementwise();
      default:
        return add_residual();
    }
  }

  /// Another number of channels, and perhaps of pixels.
  void add_layer() {
    const int stride = b_.pick(1, 2), kernel_w = b_.across(3, 1, 3),
              height = (shape(x_).height - 1) / stride + 1,
              width = (shape(x_).width + 2 - kernel_w) / stride + 1;
    const int y = b_.tensor(text("t", b_.network.tensors.size()), height, width, b_.pick(1, 90));
    add(layer(x_, y, 3, stride, 1, kernel_w));
    x_ = y;
  }
  /// The residual is the input, or not.
  void add_straight() {
    const int from = residual();
    Layer conv = layer(x_, result(x_));
    conv.residual = from;
    x_ = conv.output;
    add(std::move(conv));
  }
  /// Through a hidden tensor, past which the residual goes.
  void add_residual() {
    const int from = residual();
    const int hidden =
        b_.tensor(text("t", b_.network.tensors.size()), shape(x_).height, shape(x_).width, b_.pick(1, 40));
    add(layer(x_, hidden));
    Layer second = layer(hidden, result(hidden));
    second.residual = from;
    x_ = second.output;
    add(std::move(second));
  }
  void add_pool() {
    const Tensor in = shape(x_);
    const int stride = b_.pick(1, 3), kernel_h = std::min(b_.pick(1, 3), in.height),
              kernel_w = b_.across(kernel_h, 1, std::min(3, in.width)),
              pad = std::min(b_.pick(0, kernel_h - 1), kernel_w - 1);
    const int y =
        b_.tensor(text("t", b_.network.tensors.size()), (in.height + 2 * pad - kernel_h) / stride + 1,
                  (in.width + 2 * pad - kernel_w) / stride + 1, in.channels);
    add(b_.pool(text("layer", layers_++), x_, y, kernel_h, kernel_w, stride, pad));
    x_ = y;
  }
  /// Sometimes with a residual: a residual addition that is not behind a convolution.
  void add_elementwise() {
    const int from = residual();
    Layer e = b_.elementwise(text("layer", layers_++), x_, result(x_), 1);
    if (b_.pick(0, 1) == 0) e.residual = from;
    x_ = e.output;
    add(std::move(e));
  }
  /// There and back again, or there each time from the same residual, which the next iteration needs.
  void add_fold() {
    const int count = b_.pick(1, 3), from = residual(), there = new_tensor(x_);
    const bool back = b_.pick(0, 1) == 0;
    Loop fold{count, {}};
    const int kind = b_.pick(0, 3);
    const bool pooling = back && kind == 0;
    fold.body.push_back(pooling     ? b_.pool(text("layer", layers_++), x_, there, 3, 1, 1)
                        : kind == 1 ? b_.elementwise(text("layer", layers_++), x_, there, count)
                                    : layer(x_, there, 3, 1, count));
    if (!pooling && (back || b_.pick(0, 1) == 0)) fold.body.back().residual = from;
    if (back) fold.body.push_back(layer(there, x_, 1, 1, count));
    if (back) fold.body.back().residual = x_;
    b_.network.steps.emplace_back(std::move(fold));
    if (!back) x_ = there;
  }

  Builder b_;
  int x_ = 0, layers_ = 0;
};

}  // namespace

Network pooled_stem_network(std::uint64_t seed) {
  Builder b(seed);
  const int image = 4 * b.pick(5, 8), stem_side = image / 2, side = stem_side / 2, channels = b.pick(20, 70);
  b.network.input_transform = {image, image, 1, false, {0.3, 0.4, 0.5}, {0.35, 0.3, 0.25}};
  const int x = b.network.input = b.tensor("image", image, image, 3);
  const int stem = b.tensor("stem", stem_side, stem_side, channels),
            pooled = b.tensor("pool", side, side, channels);
  const int hidden = b.tensor("block.h", side, side, channels), y = b.tensor("block", side, side, channels);
  const auto add = [&](Layer layer) { b.network.steps.emplace_back(std::move(layer)); };
  add(b.conv("stem", b.weights("stem", 7, 3, channels, 3), x, stem, 2, 3, 1));
  add(b.pool("stem.pool", stem, pooled, 3, 2, 1));
  add(b.conv("block.conv1", b.weights("block.conv1", 3, channels, channels, 1), pooled, hidden, 1, 1, 1));
  Layer second =
      b.conv("block.conv2", b.weights("block.conv2", 3, channels, channels, 1), hidden, y, 1, 1, 1);
  second.residual = pooled;
  add(std::move(second));
  Layer last = b.conv("classifier", b.weights("classifier", 1, channels, 10, 1), y, -1, 1, 0, 1);
  last.pooled = true;
  add(std::move(last));
  check(b.network, b.network.name);
  return std::move(b.network);
}

Network residual_network(std::uint64_t seed) { return ResidualBuilder(seed).build(); }

std::vector<std::uint8_t> random_image(const Network& network, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const InputTransform& t = network.input_transform;
  std::vector<std::uint8_t> image;
  for (int y = 0; y < t.image_height; ++y)
    for (int x = 0; x < t.image_width; ++x) {
      const bool border = y == 0 || x == 0 || y + 1 == t.image_height || x + 1 == t.image_width;
      for (int c = 0; c < t.image_channels(); ++c)
        image.push_back(border || random() % 3 == 0 ? 0 : static_cast<std::uint8_t>(random()));
    }
  return image;
}

}  // namespace wd::model
