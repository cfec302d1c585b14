// SPDX-License-Identifier: Apache-2.0
// Networks without residuals: MLP and Conv2/4/6/8.
#include <cmath>

#include "algo/networks/graph_builder.hpp"
#include "base/error.hpp"

namespace wd::algo {

void build_mlp(GraphBuilder& b, int classes) {
  int x = 0;
  for (std::size_t i = 0; i < b.config.hidden.size(); ++i)
    x = b.conv(text("fc", i + 1), x, b.config.hidden[i], {.kernel = 1, .norm = b.config.norm});
  b.classify_map(x, classes);
}

void build_conv_net(GraphBuilder& b, int classes) {
  const auto wide = [&](int channels) { return static_cast<int>(std::lround(b.config.width * channels)); };
  int x = 0;
  for (int layer = 0; layer < b.config.depth; ++layer) {
    x = b.conv(text("conv", layer + 1), x, wide(64 << (layer / 2)), {.norm = b.config.norm});
    if (layer % 2 == 1) x = b.max_pool(text("pool", layer / 2 + 1), x, 2, 2, 0);
  }
  // The first fully connected layer reads the whole map.
  x = b.conv("fc1", x, wide(256), {.kernel = b.shape(x).height, .pad = 0, .norm = b.config.norm});
  x = b.conv("fc2", x, wide(256), {.kernel = 1, .norm = b.config.norm});
  b.classify_map(x, classes);
}

}  // namespace wd::algo
