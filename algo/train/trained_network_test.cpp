// SPDX-License-Identifier: Apache-2.0
// A trained network's file, run by a plain interpreter of models.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "algo/data/synthetic_images.hpp"
#include "algo/quantize/model_interpreter.hpp"
#include "algo/train/trainer.hpp"

using namespace wd;
using namespace wd::algo;

TEST_CASE("trainer: an exported network keeps its measured accuracy", "[algo][oracle]") {
  const ImageSet images = synthetic_images(400, 1), test = synthetic_images(100, 2);
  const TrainConfig config = config_from_json(nlohmann::json::parse(R"({"name": "tiny", "network":
      {"kind": "resnet", "patch": 4, "stem": {"channels": 16}, "stages":
        [{"channels": 16, "blocks": 3, "stride": 1, "folded": true},
         {"channels": 32, "blocks": 4, "stride": 2, "folded": true}]},
      "precision": "fp32", "batch": 40, "epochs": 4, "quantization": {"fp8_epochs": 1}})"),
                                              "tiny");
  const TrainResult result = train(config, images, test, {.threads = 2});
  REQUIRE(result.network);
  REQUIRE(result.accuracy_hw);
  CHECK(*result.accuracy_hw > 0.5);
  ModelInterpreter interpreter(*result.network);
  std::size_t right = 0;
  for (std::size_t n = 0; n < test.count(); ++n) {
    std::vector<float> scores;
    for (numerics::Fp16 s : interpreter.scores(test.image(n))) scores.push_back(numerics::fp16_to_float(s));
    right += std::max_element(scores.begin(), scores.end()) - scores.begin() == test.labels[n];
  }
  CHECK(static_cast<double>(right) / 100 == *result.accuracy_hw);
  CHECK(*result.accuracy_hw == Approx(result.accuracy_fp8).margin(0.03));
}
