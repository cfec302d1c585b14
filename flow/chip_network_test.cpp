// SPDX-License-Identifier: Apache-2.0
#include "flow/chip_network.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

using namespace wd;
using Catch::Contains;

namespace {

algo::TrainConfig config_of(const char* network, const char* supermask = "{}",
                            const char* dataset = "fashion-mnist") {
  nlohmann::json value{{"name", "asked"}, {"dataset", dataset}};
  value["network"] = nlohmann::json::parse(network);
  value["supermask"] = nlohmann::json::parse(supermask);
  return algo::config_from_json(value, "test");
}

}  // namespace

TEST_CASE("chip network: the demonstrations have one", "[flow]") {
  CHECK(flow::chip_obstacle(algo::demo_config(), {}) == "");
  CHECK(flow::chip_obstacle(algo::quick_config(), {}) == "");
  CHECK(flow::chip_obstacle(config_of(R"({"kind": "mlp", "hidden": [64]})"), {}) == "");
  CHECK(flow::chip_obstacle(config_of(R"({"kind": "conv", "depth": 2, "width": 0.5})"), {}) ==
        "");                                     // pools maxima
  for (const char* kind : {"res_mlp", "mixer"})  // with GELU
    CHECK(flow::chip_obstacle(config_of((std::string(R"({"kind": ")") + kind +
                                         R"(", "patch": 4, "dim": 32, "depth": 2, "norm": "batch"})")
                                            .c_str()),
                              {}) == "");
  CHECK(flow::chip_obstacle(config_of(R"({"kind": "resnet", "preset": "resnet20"})", "{}", "cifar10"), {}) ==
        "");
  CHECK(flow::chip_obstacle(
            config_of(R"({"kind": "resnet", "patch": 4, "split_pixels": true, "stem": {"channels": 16},
                          "stages": [{"channels": 32, "blocks": 3, "stride": 2, "folded": true}]})"),
            {}) == "");
}

TEST_CASE("chip network: what the chip lacks is named before any training", "[flow][bad-input]") {
  const arch::Arch arch;
  CHECK_THAT(flow::chip_obstacle(config_of(R"({"kind": "mixer", "patch": 4, "depth": 2})"), arch),
             Contains("layer norm needs statistics"));
  CHECK_THAT(
      flow::chip_obstacle(config_of(R"({"kind": "mlp", "hidden": [64]})", R"({"method": "dense"})"), arch),
      Contains("trained without a mask"));
  algo::TrainConfig e5m2 = algo::demo_config();
  e5m2.quantization.format = algo::Fp8Format::e5m2;
  CHECK_THAT(flow::chip_obstacle(e5m2, arch), Contains("E4M3"));
  // ImageNet's stem takes 224 x 224 images in, whatever the folder of images is: its maps are computed in stripes.
  CHECK_THAT(flow::chip_obstacle(config_of(R"({"kind": "resnet", "preset": "resnet18", "form": "imagenet"})",
                                           "{}", "imagenet"),
                                 arch),
             Contains("raise instr_rows"));
}

TEST_CASE("chip network: tensors beyond the chip's memory are found by compiling", "[flow][bad-input]") {
  // Three rows of 28 x 512 codes are 42 KiB, the banks hold 4 KiB.
  arch::Arch narrow;
  narrow.act_rows = 16;
  const algo::TrainConfig wide = config_of(
      R"({"kind": "resnet", "stem": {"channels": 512}, "stages": [{"channels": 16, "blocks": 1, "stride": 2}]})");
  CHECK_THAT(flow::chip_obstacle(wide, narrow), Contains("raise act_rows"));
  CHECK_THROWS_WITH(flow::require_chip_network(wide, narrow),
                    Contains("asked: the chip cannot run this network (") &&
                        Contains("train it alone with `whitedwarf train`"));
}
