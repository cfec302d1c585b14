// SPDX-License-Identifier: Apache-2.0
// Networks without residuals: MLP, Conv2/4/6/8, VGGs.
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
  int x = 0, layer = 0, pool = 0;
  for (const StageConfig& stage : b.config.stages) {
    for (int i = 0; i < stage.blocks; ++i)
      x = b.conv(text("conv", ++layer), x, wide(stage.channels), {.norm = b.config.norm});
    x = b.max_pool(text("pool", ++pool), x, 2, 2, 0);
  }
  // The first fully connected layer reads the whole map.
  int fc = 0;
  for (const int channels : b.config.hidden)
    x = b.conv(text("fc", ++fc), x, wide(channels),
               {.kernel = b.shape(x).height, .pad = 0, .norm = b.config.norm});
  b.classify_map(x, classes);
}

}  // namespace wd::algo
