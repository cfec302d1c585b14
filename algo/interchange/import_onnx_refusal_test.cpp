// SPDX-License-Identifier: Apache-2.0
// What import_onnx refuses, and in which words.
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "algo/interchange/import_onnx.hpp"
#include "algo/interchange/onnx_model_maker.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

using Ints = OnnxModelMaker::Ints;
using Attributes = OnnxModelMaker::Attributes;

void refused(const std::string& message, const std::function<void(OnnxModelMaker&)>& build,
             Dims input = {-1, 2, 4, 4}) {
  OnnxModelMaker model(std::move(input));
  build(model);
  if (model.onnx.outputs.empty()) model.ends(model.onnx.nodes.back().outputs.at(0));
  INFO(message);
  CHECK_THROWS_WITH(import_onnx(model.onnx, "m.onnx"),
                    Contains("m.onnx: ") && Contains(message) && !Contains("\n"));
}

}  // namespace

TEST_CASE("import onnx: an operator without counterpart is named with its node and what to do",
          "[interchange][bad-input][message]") {
  CHECK_THROWS_WITH(
      [] {
        OnnxModelMaker model;
        model.op("Softmax", "prob", {"x"});
        import_onnx(model.ends("prob_out"), "m.onnx");
      }(),
      "m.onnx: node 'prob' (Softmax): operator Softmax is not supported; end the network at its class "
      "scores: their "
      "order is the same");
  refused("node 's' (Sigmoid): operator Sigmoid is not supported; train with ReLU",
          [](OnnxModelMaker& m) { m.op("Sigmoid", "s", {"x"}); });
  refused("node 'c' (Concat): operator Concat is not supported; use a network that adds its branches",
          [](OnnxModelMaker& m) {
            m.op("Concat", "c", {"x", "x"});
          });
  refused("operator Gather is not supported; export with a fixed image size", [](OnnxModelMaker& m) {
    m.op("Gather", "g", {"x", m.shape("i", {0})});
  });
  refused("operator Tanh is not supported; supported are Conv, BatchNormalization",
          [](OnnxModelMaker& m) { m.op("Tanh", "s", {"x"}); });
}

TEST_CASE("import onnx: attributes without counterpart are refused", "[interchange][bad-input][message]") {
  const auto conv_with = [](Attributes attributes) {
    return [attributes](OnnxModelMaker& m) { m.scores(m.conv("c", "x", 2, 2, attributes), 32); };
  };
  refused("node 'c' (Conv): attribute 'group' is 2, must be 1; grouped and depthwise",
          conv_with({{"group", std::int64_t{2}}}));
  refused("has dilations", conv_with({{"dilations", Ints{2, 2}}}));
  refused("attribute 'pads' is [1, 1, 0, 0], must be the same in every direction",
          conv_with({{"pads", Ints{1, 1, 0, 0}}}));
  refused("pads 3 for a kernel of 3", conv_with({{"pads", Ints{3, 3, 3, 3}}}));
  refused("attribute 'strides' is 0; the file is damaged", conv_with({{"strides", Ints{0, 0}}}));
  refused("attribute 'strides' is [-1, -1], must be 0 to", conv_with({{"strides", Ints{-1, -1}}}));
  refused("attribute 'auto_pad' is 'SAME_UPPER', must be NOTSET; export with explicit pads",
          conv_with({{"auto_pad", std::string("SAME_UPPER")}}));
  refused("attribute 'kernel_shape' is 5, the weights have 3", conv_with({{"kernel_shape", Ints{5, 5}}}));
  refused("attribute 'strides' is not a list of whole numbers", conv_with({{"strides", 1.0f}}));
  refused(
      "node 'n' (BatchNormalization): attribute 'training_mode' is 1, must be 0; export the model in "
      "evaluation mode",
      [](OnnxModelMaker& m) {
        m.batch_norm("n", "x", 2, {{"training_mode", std::int64_t{1}}});
      });
  refused("attribute 'ceil_mode' is 1, must be 0", [](OnnxModelMaker& m) {
    m.op("MaxPool", "p", {"x"}, {{"kernel_shape", Ints{2, 2}}, {"ceil_mode", std::int64_t{1}}});
  });
  refused("attribute 'count_include_pad' is 0, must be 1", [](OnnxModelMaker& m) {
    m.op("AveragePool", "p", {"x"}, {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}});
  });
  refused("attribute 'transA' is 1", [](OnnxModelMaker& m) {
    m.op("Gemm", "g", {"x", m.constant("w", {3, 3})}, {{"transA", std::int64_t{1}}});
  });
  refused("attributes 'alpha' and 'beta' must be 1", [](OnnxModelMaker& m) {
    m.op("Gemm", "g", {"x", m.constant("w", {3, 3})}, {{"alpha", 2.0f}});
  });
  refused("attribute 'axis' is 2", [](OnnxModelMaker& m) {
    m.op("Flatten", "f", {"x"}, {{"axis", std::int64_t{2}}});
  });
  refused("averages over axes [1], must be [2, 3]", [](OnnxModelMaker& m) {
    m.op("ReduceMean", "r", {"x"}, {{"axes", Ints{1}}});
  });
}

TEST_CASE("import onnx: shapes that do not fit are refused", "[interchange][bad-input][message]") {
  refused(
      "input 'x' has shape [-1, 2, -1, 4], must be batch x C x H x W with fixed C, H and W of at most 4096",
      [](OnnxModelMaker& m) { m.scores("x", 32); }, {-1, 2, -1, 4});
  refused("input 'x' has shape [2, 4, 4]", [](OnnxModelMaker& m) { m.scores("x", 32); }, {2, 4, 4});
  refused("weight 'c.weight' has shape [2, 2, 3], must be O x I x K x K", [](OnnxModelMaker& m) {
    m.op("Conv", "c", {"x", m.constant("c.weight", {2, 2, 3})});
  });
  refused("its weight of shape [2, 5, 3, 3] does not fit a map of 2x4x4",
          [](OnnxModelMaker& m) { m.conv("c", "x", 5, 2); });
  refused("its kernel of 3x3 does not fit a map of 2x2x2",
          [](OnnxModelMaker& m) {
            m.conv("c", "x", 2, 2, {{"pads", Ints{0, 0, 0, 0}}});
          },
          {-1, 2, 2, 2});
  refused("scale 'n.g' has shape [3], must hold one number for each of 2 channels",
          [](OnnxModelMaker& m) { m.batch_norm("n", "x", 3); });
  refused("adds a map of 2x4x4 and a map of 3x4x4, must be of one shape", [](OnnxModelMaker& m) {
    m.op("Add", "a", {"x", m.conv("c", "x", 2, 3)});
  });
  refused("operand 'k' has shape [2], must hold one number for each of 2 channels", [](OnnxModelMaker& m) {
    m.op("Mul", "m", {"x", m.constant("k", {2})});
  });
  refused("multiplies two computed values", [](OnnxModelMaker& m) { m.op("Mul", "m", {"x", "x"}); });
  refused("multiplies a map, must multiply batch x values", [](OnnxModelMaker& m) {
    m.op("MatMul", "g", {"x", m.constant("w", {4, 3})});
  });
  refused("its weight of shape [3, 31] does not fit a flattened map of 2x4x4",
          [](OnnxModelMaker& m) { m.scores("x", 31); });
  refused("reads a map of 4x2, must be square", [](OnnxModelMaker& m) { m.scores("x", 16); }, {-1, 2, 4, 2});
  refused("reshapes a map of 2x4x4 to [-1, 4, 8]; only flattening", [](OnnxModelMaker& m) {
    m.op("Reshape", "r", {"x", m.shape("s", {-1, 4, 8})});
  });
  refused("reshapes a map of 2x4x4 to [4611686018427387904, 4611686018427387904]", [](OnnxModelMaker& m) {
    m.op("Reshape", "r", {"x", m.shape("s", {std::int64_t{1} << 62, std::int64_t{1} << 62})});
  });
  refused("drops axes [2, 3], must drop the positions of a map of one position", [](OnnxModelMaker& m) {
    m.op("Squeeze", "q", {"x"}, {{"axes", Ints{2, 3}}});
  });
  refused("works on a flattened map of 2x4x4, which only a fully connected layer may read",
          [](OnnxModelMaker& m) { m.batch_norm("n", m.op("Flatten", "f", {"x"}), 32); });
}

TEST_CASE("import onnx: a few bytes that ask for much memory are refused",
          "[interchange][bad-input][message]") {
  constexpr std::int64_t wide = 1 << 28;
  refused("the norms and biases up to 'r' have 268435456 channels, at most 4194304 are supported",
          [](OnnxModelMaker& m) { m.op("Relu", "r", {"x"}); }, {-1, wide});
  refused("has 268435456 channels, norms and biases may have at most 4194304",
          [](OnnxModelMaker& m) {
            m.op("Add", "a", {"x", m.constant("one", {1})});
          },
          {-1, wide});
  refused("the norms and biases up to 'r4' have 5242880 channels",
          [](OnnxModelMaker& m) {
            std::string x = "x";
            for (const char* name : {"r0", "r1", "r2", "r3", "r4"}) x = m.op("Relu", name, {x});
          },
          {-1, wide >> 8});
}

TEST_CASE("import onnx: graphs without a classifier's form are refused",
          "[interchange][bad-input][message]") {
  refused("its output is a map of 3x4x4, must be the class scores of a linear layer",
          [](OnnxModelMaker& m) { m.conv("c", "x", 2, 3); });
  refused("its output is a map of 3x1x1, must be the class scores of a linear layer",
          [](OnnxModelMaker& m) { m.op("GlobalAveragePool", "p", {m.conv("c", "x", 2, 3)}); });
  refused("node 'c' (Conv): nothing uses its result 'c_out'; remove the node", [](OnnxModelMaker& m) {
    m.conv("c", "x", 2, 2);
    m.scores("x", 32);
  });
  refused("has 1 inputs and 2 outputs, must have one of each", [](OnnxModelMaker& m) {
    m.scores("x", 32);
    m.ends("flat_out");
  });
  refused("output 'x' does not depend on the input", [](OnnxModelMaker& m) { m.ends("x"); });
  refused("weight 'x' is computed, must be a constant", [](OnnxModelMaker& m) {
    m.op("Conv", "c", {"x", "x"});
  });
  refused("its input 'k' is a constant, must depend on the image",
          [](OnnxModelMaker& m) { m.op("Relu", "r", {m.constant("k", {2})}); });
  refused(
      "weight 'w' has element type I64, must be a floating-point type; export the model before it is "
      "quantized",
      [](OnnxModelMaker& m) {
        m.onnx.initializers.add("w", NamedTensor::of_integers({1, 2, 1, 1}, {1, 1}));
        m.op("Conv", "c", {"x", "w"});
      });
  refused("weight 'w' holds a value that is not finite", [](OnnxModelMaker& m) {
    m.onnx.initializers.add("w", NamedTensor::of_floats({1, 2, 1, 1}, {1, NAN}));
    m.op("Conv", "c", {"x", "w"});
  });
  refused("variance 'n.v' holds the negative value", [](OnnxModelMaker& m) {
    m.constant("n.v", {2}, -3);
    m.op("BatchNormalization", "n",
         {"x", m.constant("n.g", {2}), m.constant("n.b", {2}), m.constant("n.m", {2}), "n.v"});
  });
}

TEST_CASE("import onnx: damaged files are imported or refused, never worse", "[interchange][round-trip]") {
  OnnxModelMaker model;
  std::string x = model.op("Relu", "r1", {model.batch_norm("n1", model.conv("c1", "x", 2, 2), 2)});
  x = model.op("Add", "a", {model.conv("c2", x, 2, 2), x});
  x = model.op("MaxPool", "p", {x}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  x = model.op("Reshape", "v", {x, model.shape("s", {-1, 8})});
  const Bytes good = serialize_onnx(model.ends(model.op("Gemm", "g", {x, model.constant("w", {8, 3})})));
  CHECK_NOTHROW(import_onnx(parse_onnx(good, "m.onnx"), "m.onnx"));
  for (std::uint64_t round = 0; round < 5000; ++round) {
    INFO("round " << round);
    Bytes bad = good;
    for (std::uint64_t change = 0; change < 1 + round % 3; ++change) {
      const std::uint64_t bits = random_bits(7, RandomStream::scores, 3 * round + change);
      bad[bits % bad.size()] = static_cast<std::uint8_t>(bits >> 40);
    }
    try {
      import_onnx(parse_onnx(bad, "m.onnx"), "m.onnx");
    } catch (const Error& error) {
      CHECK_THAT(error.what(), Contains("m.onnx: "));
    }
  }
}
