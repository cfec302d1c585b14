// SPDX-License-Identifier: Apache-2.0
#include "algo/models/hidden_fold_network.hpp"

#include "base/error.hpp"

namespace wd::algo {
namespace {

struct ConvOptions {
  int kernel = 3, stride = 1;
  bool relu = true;
  int residual = -1;
  int stage = -1, iteration = -1;
};

class GraphBuilder {
 public:
  HiddenFoldGraph graph;

  int tensor(const std::string& name, int height, int width, int channels) {
    graph.tensors.push_back({name, height, width, channels});
    return static_cast<int>(graph.tensors.size()) - 1;
  }

  int activation(int tensor) {
    graph.activations.push_back(tensor);
    return static_cast<int>(graph.activations.size()) - 1;
  }

  int mask(const std::string& name, int input, int out_channels, int kernel, int stride) {
    const TensorShape& in = graph.tensor_of(input);
    graph.masks.push_back(
        {name, {in.height, in.width, in.channels, out_channels, kernel, stride, kernel / 2}});
    return static_cast<int>(graph.masks.size()) - 1;
  }

  /// A convolution with weights of its own into a new tensor.
  int conv(const std::string& name, const std::string& output, int input, int channels, ConvOptions options) {
    const int weights = mask(name, input, channels, options.kernel, options.stride);
    const ConvShape& shape = graph.masks.back().shape;
    const int to = tensor(output, shape.out_height(), shape.out_width(), channels);
    return node(name, weights, input, to, options);
  }

  int node(const std::string& name, int weights, int input, int output_tensor, const ConvOptions& options) {
    const int output = activation(output_tensor);
    graph.nodes.push_back(
        {name, weights, input, output, options.residual, options.relu, options.stage, options.iteration});
    return output;
  }

  int stage(int index, const StageConfig& config, int input) {
    const std::string name = text("stage", index + 1), projection = name + ".projection",
                      fold = name + ".fold";
    const int channels = config.channels;
    const int hidden =
        conv(projection + ".conv1", projection + ".hidden", input, channels, {3, config.stride});
    const int shortcut = conv(projection + ".shortcut", name + ".shortcut", input, channels,
                              {.kernel = 1, .stride = config.stride, .relu = false});
    int x = conv(projection + ".conv2", name + ".x", hidden, channels, {.residual = shortcut});
    const int x_tensor = graph.activations.back();
    const int conv1 = mask(fold + ".conv1", x, channels, 3, 1);
    const int conv2 = mask(fold + ".conv2", x, channels, 3, 1);
    const TensorShape shape = graph.tensor_of(x);
    const int hidden_tensor = tensor(fold + ".hidden", shape.height, shape.width, channels);
    for (int t = 0; t < config.iterations; ++t) {
      const int h = node(fold + ".conv1", conv1, x, hidden_tensor, {.stage = index, .iteration = t});
      x = node(fold + ".conv2", conv2, h, x_tensor, {.residual = x, .stage = index, .iteration = t});
    }
    return x;
  }
};

}  // namespace

HiddenFoldGraph build_graph(const TrainConfig& config, int image_height, int image_width) {
  const int patch = config.stem.patch;
  WD_REQUIRE(image_height % patch == 0 && image_width % patch == 0, config.name, ": stem: 'patch' is ", patch,
             ", must divide the images' ", image_height, "x", image_width);
  GraphBuilder builder;
  const int channels = patch * patch * (config.split_pixels ? 2 : 1);
  int x = builder.activation(builder.tensor("input", image_height / patch, image_width / patch, channels));
  x = builder.conv("stem", "stem", x, config.stem.channels, {.kernel = config.stem.kernel});
  for (std::size_t s = 0; s < config.stages.size(); ++s)
    x = builder.stage(static_cast<int>(s), config.stages[s], x);
  builder.mask("classifier", x, image_classes, 1, 1);
  builder.graph.features = x;
  return builder.graph;
}

}  // namespace wd::algo
