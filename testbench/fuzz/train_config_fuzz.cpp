// SPDX-License-Identifier: Apache-2.0
// Training configurations, and the networks that they describe on 28 x 28 grey images.
#include "algo/networks/build.hpp"
#include "algo/train/config.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "testbench/fuzz/target.hpp"

namespace wd::fuzz {

void read(std::span<const std::uint8_t> data) {
  const algo::TrainConfig config = algo::config_from_json(parse_json(data, "fuzz:"), "fuzz");
  const nlohmann::json written = algo::to_json(config);
  WD_ASSERT(algo::to_json(algo::config_from_json(written, "again")) == written);
  algo::build_graph(config.network, {28, 28, 1}, 10);
}

}  // namespace wd::fuzz
