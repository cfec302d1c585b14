// SPDX-License-Identifier: Apache-2.0
// Structure of compiled programs; that they compute the right thing is tested in testbench/.
#include "compiler/compile.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "hw/formats/model/random_network.hpp"

using namespace wd;
using namespace wd::compiler;

TEST_CASE("compile: folds become loops, and without folding each iteration has its own rows", "[compiler]") {
  const model::Network network = model::hidden_fold_network({}, 2);
  const auto loops = [](const program::Program& p) {
    return std::count_if(p.instrs.begin(), p.instrs.end(),
                         [](const arch::Instr& i) { return i.operation() == arch::Op::Loop; });
  };
  const program::Program folded = compile(network, {});
  const program::Program unfolded = compile(network, {{}, false});
  CHECK(loops(folded) == 2);
  CHECK(loops(unfolded) == 0);
  CHECK(unfolded.layers.size() == folded.layers.size() + 4);
  CHECK(unfolded.memory.size() > folded.memory.size());
}

TEST_CASE("compile: rows that do not fit are streamed, layers by parts; one tile that cannot fit is refused",
          "[compiler][message]") {
  const model::Network network = model::hidden_fold_network({}, 3);
  Options options;
  options.arch.weight_rows = 700;
  const program::Program streamed = compile(network, options);
  const auto loads_in_frame = [](const program::Program& p) {
    return std::count_if(p.instrs.begin() + p.frame_entry, p.instrs.end(),
                         [](const arch::Instr& i) { return i.operation() == arch::Op::LoadWeights; });
  };
  CHECK(loads_in_frame(streamed) ==
        15);  // one burst per part: 10 convolutions and one of each fold that is unrolled
  options.arch.weight_rows = 200;  // a tile of 3x3 on 128 channels with two planes has 144 rows
  const program::Program split = compile(network, options);
  const auto part_of = [&](const char* name) {
    return std::count_if(split.layers.begin(), split.layers.end(),
                         [&](const program::Layer& layer) { return layer.name.rfind(name, 0) == 0; });
  };
  CHECK(part_of("stage2.conv2") == 2);  // two tiles
  CHECK(part_of("stage2.fold1") == 4);  // in two iterations
  CHECK(part_of("stage1.conv1") == 1);
  std::uint64_t products = 0, products_of_parts = 0;
  for (const program::Layer& layer : streamed.layers) products += layer.dense_macs;
  for (const program::Layer& layer : split.layers) products_of_parts += layer.dense_macs;
  CHECK(products == products_of_parts);
  options.arch.weight_rows = 142;
  CHECK_THROWS_WITH(compile(network, options), Catch::Contains("stage2.") &&
                                                   Catch::Contains("64 output channels need 144 rows") &&
                                                   Catch::Contains("raise weight_rows"));
  options.arch.weight_rows = 1536;
  options.arch.act_rows = 16;
  CHECK_THROWS_WITH(compile(network, options), Catch::Contains("raise act_rows"));
  options.arch.act_rows = 1024;
  options.arch.acc_bits = 24;
  CHECK_THROWS_WITH(compile(network, options),
                    Catch::Contains("output channel") && Catch::Contains("raise acc_bits"));
  options.arch.acc_bits = 36;
  options.arch.instr_rows = 16;
  CHECK_THROWS_WITH(compile(network, options), Catch::Contains("instructions, the architecture has 16") &&
                                                   Catch::Contains("raise instr_rows"));
  options.arch.instr_rows = 256;
  options.arch.norm_rows = 8;  // one convolution's at a time
  CHECK(loads_in_frame(compile(network, options)) == 0);
  options.arch.norm_rows = 7;
  CHECK_THROWS_WITH(
      compile(network, options),
      Catch::Contains("layer stage2.") && Catch::Contains("needs 8 normalization rows, "
                                                          "the architecture has 7; raise norm_rows"));
  options.arch.norm_rows = 256;
  options.arch.planes = options.arch.planes_per_row = 1;
  CHECK_THROWS_WITH(compile(network, options), Catch::Contains("bit-planes"));
}

TEST_CASE("compile: a batch that does not fit is refused by layer, need, limit and remedy",
          "[compiler][bad-input][message]") {
  const model::Network network = model::hidden_fold_network({}, 3);
  Options options;
  for (int images : {0, 3, 32}) {
    options.batch = images;
    CHECK_THROWS_WITH(compile(network, options),
                      Catch::Contains(text("a batch of ", images, " images; take 1, 2, 4, 8 or 16")));
  }
  options.batch = 16;
  CHECK(compile(network, options).batch == 16);
  options.arch.act_rows = 150;
  CHECK_THROWS_WITH(compile(network, options),
                    Catch::Contains("activation rows in its smallest stripes, "
                                    "the architecture has 150; raise act_rows to ") &&
                        Catch::EndsWith(", or take a smaller --batch"));
  options.arch.act_rows = 1024;
  options.arch.score_rows = 15;
  CHECK_THROWS_WITH(
      compile(network, options),
      Catch::Contains("layer classifier: 10 classes of 16 images need 16 score rows, the architecture has "
                      "15; raise score_rows to 16, or take a smaller --batch"));
  options.arch.act_rows = 150;
  options.arch.weight_rows = 100;
  CHECK_THROWS_WITH(compile(network, options),  // all that it needs, at once
                    Catch::Contains("raise act_rows to ") && Catch::Contains("; also: layer stage2.") &&
                        Catch::Contains("raise weight_rows to 144") &&
                        Catch::Contains("; also: layer classifier: 10 classes of 16 images") &&
                        Catch::Contains("raise score_rows to 16"));
  options.arch.weight_rows = 1536;
  options.arch.score_rows = 64;
  options.arch.act_rows = 32768;
  model::Network wide = model::hidden_fold_network({64, {64, 128}, {1, 1}, {2, 2}, 3}, 3);
  wide.input_transform.image_width = 28 * 10;  // 70 columns of patches
  for (model::Tensor& tensor : wide.tensors) tensor.width *= 10;
  CHECK_THROWS_WITH(
      compile(wide, options),
      Catch::Contains("layer stem: 16 images of 70 columns need a width of 1120, an instruction has at most "
                      "1023; take a smaller --batch"));
}

TEST_CASE("compile: classes beyond the score buffer are refused", "[compiler][message]") {
  model::Network network = model::hidden_fold_network({16, {16}, {1}, {1}, 1}, 6);
  model::Weights& scores = network.weights.back();
  network.classes = scores.out_channels = 1024;
  scores.levels.resize(scores.count(), 1);
  scores.learned_signs.resize(scores.signs == model::SignSource::learned ? scores.count() : 0);
  model::Norm& norm = std::get<model::Layer>(network.steps.back()).norms.front();
  norm.gamma.resize(1024, norm.gamma.front());
  norm.beta.resize(1024, norm.beta.front());
  Options options;
  options.arch.pes_per_group = 16;
  CHECK(compile(network, options).score_beats == 128);
  options.arch.score_rows = 63;
  CHECK_THROWS_WITH(compile(network, options),
                    Catch::Contains("layer classifier: 1024 classes need 64 score rows, "
                                    "the architecture has 63; raise score_rows"));
}

TEST_CASE("compile: products of rectangular layers are positions times weights", "[compiler][oracle]") {
  int tall = 0;
  for (std::uint64_t seed = 0; seed < 20; seed += 2) {
    const model::Network network = model::small_network(seed);
    std::uint64_t expected = 0, counted = 0;
    model::for_each_layer(network, [&](const model::Layer& layer, int iterations) {
      const model::Tensor& input = network.tensors[static_cast<std::size_t>(layer.input)];
      const std::uint64_t weights = network.weights[static_cast<std::size_t>(layer.weights)].count();
      const model::Tensor* output =
          layer.output < 0 ? nullptr : &network.tensors[static_cast<std::size_t>(layer.output)];
      const int positions = layer.pooled ? input.height * input.width : output->height * output->width;
      expected += static_cast<std::uint64_t>(iterations) * weights * static_cast<std::uint64_t>(positions);
      tall += input.height != input.width;
    });
    Options options;
    options.fold = false;
    for (const program::Layer& layer : compile(network, options).layers) counted += layer.dense_macs;
    INFO("seed " << seed);
    CHECK(counted == expected);
  }
  CHECK(tall > 10);
}
