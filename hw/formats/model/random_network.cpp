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
  explicit Builder(std::uint64_t seed) : random_(seed) {
    network.name = text("random-", seed);
    network.dataset = "random";
    network.seed = seed;
  }

  /// @return a number in [low, high]
  int pick(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }

  int tensor(const std::string& name, int height, int width, int channels) {
    network.tensors.push_back({name, height, width, channels, pick(2, 4)});
    return static_cast<int>(network.tensors.size()) - 1;
  }

  int weights(const std::string& name, int kernel, int in, int out, int coats) {
    Weights w;
    w.name = name;
    w.kernel_h = w.kernel_w = kernel;
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

  Conv conv(const std::string& name, int weight_set, int input, int output, int stride, int pad,
            int iterations) {
    Conv c;
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
  std::mt19937_64 random_;
};

}  // namespace

Network hidden_fold_network(const FoldedShape& shape, std::uint64_t seed) {
  Builder b(seed);
  b.network.input_transform = {28, 28, 4, false, {0.3}, {0.35}};
  int x = b.network.input = b.tensor("image", 7, 7, 16);
  const auto add = [&](Conv conv) { b.network.steps.emplace_back(std::move(conv)); };
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
    Conv skip = b.conv(stage + ".shortcut", b.weights(stage + ".shortcut", 1, channels, out, shape.coats), x,
                       shortcut, stride, 0, 1);
    skip.relu = false;
    add(std::move(skip));
    Conv second =
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
  Conv last = b.conv("classifier", b.weights("classifier", 1, channels, 10, shape.coats), x, -1, 1, 0, 1);
  last.pooled = true;
  add(std::move(last));
  check(b.network, b.network.name);
  return std::move(b.network);
}

Network small_network(std::uint64_t seed) {
  Builder b(seed);
  const int patch = b.pick(1, 4), size = b.pick(2, 6);
  b.network.input_transform = {patch * size, patch * size, patch, false, {0.3}, {0.35}};
  int x = b.network.input = b.tensor("image", size, size, patch * patch), side = size,
      channels = patch * patch;
  const int layers = b.pick(1, 3);
  for (int layer = 0; layer < layers; ++layer) {
    const std::string name = text("layer", layer);
    const int kernel = std::min(b.pick(1, 3), side), pad = b.pick(0, kernel / 2), stride = b.pick(1, 2);
    const int coats = (1 << b.pick(1, 3)) - 1, out = b.pick(1, 90);
    const int next = (side + 2 * pad - kernel) / stride + 1;
    const int y = b.tensor(name, next, next, out);
    b.network.steps.emplace_back(
        b.conv(name, b.weights(name, kernel, channels, out, coats), x, y, stride, pad, 1));
    x = y;
    side = next;
    channels = out;
    if (b.pick(0, 1) == 0) continue;
    const int count = b.pick(1, 3), hidden = b.tensor(name + ".h", side, side, out);
    Loop fold{count, {}};
    fold.body.push_back(
        b.conv(name + ".fold1", b.weights(name + ".fold1", 1, out, out, coats), x, hidden, 1, 0, count));
    fold.body.push_back(
        b.conv(name + ".fold2", b.weights(name + ".fold2", 1, out, out, coats), hidden, x, 1, 0, count));
    fold.body.back().residual = x;
    b.network.steps.emplace_back(std::move(fold));
  }
  Conv last = b.conv("classifier", b.weights("classifier", 1, channels, 10, 1), x, -1, 1, 0, 1);
  last.pooled = true;
  b.network.steps.emplace_back(std::move(last));
  check(b.network, b.network.name);
  return std::move(b.network);
}

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
