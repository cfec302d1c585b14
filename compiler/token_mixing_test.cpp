// SPDX-License-Identifier: Apache-2.0
// Which layers and transposes token mixing becomes; that they compute the right thing is tested in testbench/.
#include "compiler/token_mixing.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "compiler/compile.hpp"
#include "compiler/lowering.hpp"

using namespace wd;
using namespace wd::compiler;

namespace {

/// Tensors of 2 x 3 positions of 20 channels, but "few" with 1 x 4.
model::Network network_of(std::vector<model::Step> steps) {
  model::Network network;
  network.name = "tokens";
  network.classes = 10;
  network.input_transform = {2, 3, 1, false, std::vector<double>(10, 0.5), std::vector<double>(10, 0.5)};
  network.input_transform.split = true;
  for (const char* name : {"in", "a", "b", "c"}) network.tensors.push_back({name, 2, 3, 20, 2});
  network.tensors.push_back({"few", 1, 4, 20, 2});
  const auto weights = [&](const char* name, int in, int out) {
    model::Weights w;
    w.name = name;
    w.in_channels = in, w.out_channels = out;
    w.levels.assign(w.count(), 1);
    network.weights.push_back(std::move(w));
  };
  weights("same", 6, 6);
  weights("fewer", 6, 4);
  weights("more", 4, 6);
  weights("conv", 20, 20);
  weights("scores", 20, 10);
  network.steps = std::move(steps);
  return network;
}

enum Tensors { in, a, b, c, few };
enum WeightSets { same, fewer, more, conv_weights, score_weights };

std::vector<model::Norm> norms(int channels, int iterations = 1) {
  const std::vector<std::uint16_t> values(static_cast<std::size_t>(channels), 0x3c00);
  return std::vector<model::Norm>(static_cast<std::size_t>(iterations), {values, values});
}

model::Layer mix(const char* name, int weights, int input, int output, std::optional<int> residual = {}) {
  model::Layer layer;
  layer.kind = model::LayerKind::token_mix;
  layer.name = name, layer.weights = weights, layer.input = input, layer.output = output;
  layer.residual = residual;
  layer.norms = norms(20);
  return layer;
}

model::Layer conv(const char* name, int input, int output) {
  model::Layer layer;
  layer.name = name, layer.weights = conv_weights, layer.input = input, layer.output = output;
  layer.norms = norms(20);
  return layer;
}

model::Layer norm(const char* name, int input, int output) {
  model::Layer layer = conv(name, input, output);
  layer.kind = model::LayerKind::elementwise;
  layer.weights = -1;
  return layer;
}

model::Layer scores(int input) {
  model::Layer layer = conv("scores", input, -1);
  layer.weights = score_weights;
  layer.pooled = true;
  layer.norms = norms(10);
  return layer;
}

std::string name_of(const model::Network& network, int tensor) {
  return tensor < 0 ? "scores" : network.tensors[static_cast<std::size_t>(tensor)].name;
}

/// "name: input -> output", and whether norms are positions'; a loop's body in brackets.
std::vector<std::string> listed(const model::Network& network) {
  std::vector<std::string> list;
  const auto add = [&](const model::Layer& layer, const char* around) {
    const char* kinds[] = {"conv", "pool", "norm", "mix", "transpose"};
    list.push_back(text(around, kinds[static_cast<int>(layer.kind)], layer.norms_of_positions ? "'" : "", " ",
                        name_of(network, layer.input),
                        layer.residual ? " + " + name_of(network, *layer.residual) : "", " -> ",
                        name_of(network, layer.output)));
  };
  for (const model::Step& step : network.steps)
    if (const auto* layer = std::get_if<model::Layer>(&step))
      add(*layer, "");
    else
      for (const model::Layer& inner : std::get<model::Loop>(step).body) add(inner, "loop ");
  return list;
}

std::vector<std::string> lowered(std::vector<model::Step> steps) {
  model::Network network = network_of(std::move(steps));
  model::check(network, "tokens");
  const model::Network after = lower_token_mixing(network, {}, 1);
  CHECK(compile(network, {}).instrs.size() > after.steps.size());  // which checks the program
  return listed(after);
}

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("token mixing: a norm before it and its residual are read from one transposed tensor",
          "[compiler]") {
  CHECK(lowered({norm("pre", in, a), mix("mix", same, a, b, in), conv("conv", b, c), scores(c)}) ==
        List{"transpose in -> in.transposed", "norm' in.transposed -> a.transposed",
             "conv' a.transposed + in.transposed -> b.transposed", "transpose b.transposed -> b",
             "conv b -> c", "conv c -> scores"});
}

TEST_CASE("token mixing: two in a row need no transpose in between", "[compiler]") {
  CHECK(lowered({mix("first", fewer, in, few), mix("second", more, few, a), scores(a)}) ==
        List{"transpose in -> in.transposed", "conv' in.transposed -> few.transposed",
             "conv' few.transposed -> a.transposed", "transpose a.transposed -> a", "conv a -> scores"});
}

TEST_CASE("token mixing: a norm that others read, too, stays as it is", "[compiler]") {
  CHECK(lowered({norm("pre", in, a), mix("mix", same, a, b), conv("conv", a, c), scores(c)}) ==
        List{"norm in -> a", "transpose a -> a.transposed", "conv' a.transposed -> b.transposed",
             "conv a -> c", "conv c -> scores"});
}

TEST_CASE("token mixing: who reads a tensor is asked of each result that it holds", "[compiler]") {
  CHECK(lowered({norm("one", in, a), mix("mix", same, a, b, in), norm("two", b, a), conv("conv", a, c),
                 scores(c)}) == List{"transpose in -> in.transposed", "norm' in.transposed -> a.transposed",
                                     "conv' a.transposed + in.transposed -> b.transposed",
                                     "transpose b.transposed -> b", "norm b -> a", "conv a -> c",
                                     "conv c -> scores"});
}

TEST_CASE("token mixing: in a fold, each iteration's result is there both ways", "[compiler]") {
  model::Loop fold{2, {norm("pre", a, b), mix("mix", same, b, c, a), conv("conv", c, a)}};
  for (model::Layer& layer : fold.body) layer.norms = norms(20, 2);
  CHECK(lowered({conv("stem", in, a), fold, scores(a)}) ==
        List{"conv in -> a", "transpose a -> a.transposed", "loop norm' a.transposed -> b.transposed",
             "loop conv' b.transposed + a.transposed -> c.transposed", "loop transpose c.transposed -> c",
             "loop conv c -> a", "loop transpose a -> a.transposed", "conv a -> scores"});
}

TEST_CASE("token mixing: transposed tensors have a pixel for each channel, in rows of 16", "[compiler]") {
  const model::Network network = lower_token_mixing(
      network_of({mix("first", fewer, in, few), mix("second", more, few, a), scores(a)}), {}, 1);
  const model::Tensor& twin =
      network.tensors[static_cast<std::size_t>(std::get<model::Layer>(network.steps[1]).output)];
  CHECK(twin.name == "few.transposed");
  CHECK((twin.height == 2 && twin.width == 16 && twin.channels == 4 && twin.scale_exp == 2));
  const program::Program program =
      compile(network_of({mix("first", fewer, in, few), mix("second", more, few, a), scores(a)}), {});
  CHECK(program.layers[1].dense_macs == 6 * 4 * 20);  // of true channels
  for (const arch::Instr& i : program.instrs)
    if (i.operation() == arch::Op::Transpose) {
      CHECK(i.tiles * i.tiles_oc == 2);  // 6 positions and 20 channels: a row by two
      CHECK(i.tiles == i.out_blocks);
    }
}

TEST_CASE("token mixing: batches and wide chunks are refused by name", "[compiler][message]") {
  const model::Network network = network_of({mix("mixer", same, in, a), scores(a)});
  Options options;
  options.batch = 4;
  CHECK_THROWS_WITH(
      compile(network, options),
      "layer mixer: token mixing takes one image at a time, not a batch of 4; compile with --batch 1");
  options.batch = 1;
  options.arch.chunk = 64;
  CHECK_THROWS_WITH(compile(network, options),
                    Catch::Contains("layer mixer: token mixing needs chunks of 16"));
}
