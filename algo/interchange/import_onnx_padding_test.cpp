// SPDX-License-Identifier: Apache-2.0
// Pad, Cast, Flatten, Constant and Dropout (and images that are not square) as exporters of several operator sets write them.
#include <catch2/catch.hpp>
#include <functional>

#include "algo/interchange/import_onnx.hpp"
#include "algo/interchange/onnx_model_maker.hpp"
#include "algo/interchange/plain_forward.hpp"
#include "algo/interchange/plain_onnx.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

using Ints = OnnxModelMaker::Ints;
using Attributes = OnnxModelMaker::Attributes;
using Build = std::function<std::string(OnnxModelMaker&)>;

const Ints one_around{0, 0, 1, 1, 0, 0, 1, 1};

Attributes window(std::int64_t kernel, std::int64_t stride) {
  return {
      {"kernel_shape", Ints{kernel, kernel}}, {"strides", Ints{stride, stride}}, {"pads", Ints{0, 0, 0, 0}}};
}

std::string padded_conv(OnnxModelMaker& m, std::vector<std::string> pad, Attributes attributes) {
  const std::string x = m.op("Pad", "p", std::move(pad), std::move(attributes));
  return m.op("Conv", "c", {x, m.constant("c.weight", {2, 2, 3, 3})}, window(3, 1));
}

/// The plain run takes the Pad as attributes, whatever form the file has.
void check_equal(const Build& build, const Build& plain, int values) {
  OnnxModelMaker model, reference;
  const ImportedNetwork net = import_onnx(model.scores(build(model), values), "m.onnx");
  const Plane image = random_image(net.graph, 5);
  const std::string y = plain(reference);
  CHECK(relative_difference(plain_forward(net.graph, net.state, image),
                            PlainOnnx(reference.scores(y, values)).run(image)) < 1e-6);
}

void refused(const std::string& message, const Build& build) {
  OnnxModelMaker model;
  const std::string y = build(model);
  CHECK_THROWS_WITH(import_onnx(model.scores(y, 32), "m.onnx"),
                    Contains("m.onnx: ") && Contains(message) && !Contains("\n"));
}

}  // namespace

TEST_CASE("import onnx: a Pad is the padding of the convolution or pool behind it", "[interchange][oracle]") {
  const Build plain = [](OnnxModelMaker& m) { return padded_conv(m, {"x"}, {{"pads", one_around}}); };
  check_equal(plain, plain, 32);  // until set 10
  check_equal(
      [](OnnxModelMaker& m) {
        m.onnx.initializers.add("zero", NamedTensor::of_floats({}, {0}));
        return padded_conv(m, {"x", m.shape("pads", one_around), "zero"}, {});
      },
      plain, 32);  // from set 11
  check_equal(
      [](OnnxModelMaker& m) {
        m.onnx.nodes.push_back({"k", "Constant", {}, {"pads"}, {{"value_ints", Ints{1, 1, 1, 1}}}});
        return padded_conv(m, {"x", "pads", "", m.shape("axes", {-2, 3})}, {});
      },
      plain, 32);  // from set 18
  const Build pools = [](OnnxModelMaker& m) {
    const std::string x = m.op("Relu", "r", {m.conv("c", "x", 2, 2, {{"strides", Ints{1, 1}}})});
    return m.op("MaxPool", "m", {m.op("Pad", "p", {x}, {{"pads", one_around}})}, window(3, 2));
  };
  check_equal(pools, pools, 8);
  const auto averages = [](bool counted) {
    return [counted](OnnxModelMaker& m) {
      Attributes attributes = window(2, 2);
      if (counted) attributes["count_include_pad"] = std::int64_t{1};
      return m.op("AveragePool", "a", {m.op("Pad", "p", {"x"}, {{"pads", one_around}})}, attributes);
    };
  };
  check_equal(averages(false), averages(true), 18);
}

TEST_CASE("import onnx: a Pad that is no padding is refused", "[interchange][bad-input][message]") {
  const auto conv_behind = [](Attributes attributes) {
    return [attributes](OnnxModelMaker& m) { return padded_conv(m, {"x"}, attributes); };
  };
  refused("node 'p' (Pad): has pads [0, 0, 0, 0, 0, 0, 1, 1], must be as many zeros on each side",
          conv_behind({{"pads", Ints{0, 0, 0, 0, 0, 0, 1, 1}}}));
  refused("must be as many zeros on each side", conv_behind({{"pads", Ints{0, 1, 0, 0, 0, 0, 0, 0}}}));
  refused("attribute 'mode' is 'reflect', must be constant",
          conv_behind({{"pads", one_around}, {"mode", std::string("reflect")}}));
  refused("pads with 1, must be 0", conv_behind({{"pads", one_around}, {"value", 1.0f}}));
  refused("has pads [1, 1], must be two for each axis", conv_behind({{"pads", Ints{1, 1}}}));
  refused("pads with zeros for node 'm' (MaxPool)", [](OnnxModelMaker& m) {
    return m.op("MaxPool", "m", {m.op("Pad", "p", {"x"}, {{"pads", one_around}})}, window(3, 2));
  });
  refused("pads for node 'r' (Relu); only convolutions and pools take a padding", [](OnnxModelMaker& m) {
    return m.op("Relu", "r", {m.op("Pad", "p", {"x"}, {{"pads", one_around}})});
  });
}

TEST_CASE("import onnx: casts between floating-point types and flattening from any axis that is the same",
          "[interchange][oracle]") {
  const auto ends_in = [](std::int64_t axis) {
    return [axis](OnnxModelMaker& m) {
      const std::string x = m.op("Cast", "k", {"x"}, {{"to", std::int64_t{1}}});
      return m.op("Flatten", "f", {x}, {{"axis", axis}});
    };
  };
  check_equal(ends_in(-3), ends_in(1), 32);
  OnnxModelMaker one({-1, 1, 4, 4});
  const std::string flat = one.op("Flatten", "f", {"x"}, {{"axis", std::int64_t{2}}});
  CHECK_NOTHROW(import_onnx(one.scores(flat, 16), "m.onnx"));
  refused("attribute 'axis' is -2, must be 1", ends_in(-2));
  refused("attribute 'axis' is 9, must be 1", ends_in(9));
  refused("casts to element type 7, must be a floating-point type", [](OnnxModelMaker& m) {
    return m.op("Cast", "k", {"x"}, {{"to", std::int64_t{7}}});
  });
}

TEST_CASE("import onnx: images that are not square, pooled to one position", "[interchange][oracle]") {
  OnnxModelMaker model({-1, 2, 6, 9});
  std::string x = model.op("Pad", "p", {"x"}, {{"pads", one_around}});
  x = model.op("Conv", "c", {x, model.constant("c.weight", {2, 2, 3, 3})}, window(3, 2));
  x = model.op("MaxPool", "m", {model.op("Relu", "r", {x})}, window(2, 1));
  model.scores(model.op("GlobalAveragePool", "g", {x}), 2);
  const ImportedNetwork net = import_onnx(model.onnx, "m.onnx");
  CHECK(net.graph.tensor_of(net.graph.nodes[0].output).height == 3);
  CHECK(net.graph.tensor_of(net.graph.nodes[0].output).width == 5);
  const Plane image = random_image(net.graph, 6);
  CHECK(relative_difference(plain_forward(net.graph, net.state, image), PlainOnnx(model.onnx).run(image)) <
        1e-6);
}

TEST_CASE("import onnx: what operator sets put elsewhere", "[interchange][bad-input][message]") {
  const auto drops = [](std::int64_t training) {
    return [training](OnnxModelMaker& m) {
      m.onnx.initializers.add("ratio", NamedTensor::of_floats({}, {0.5f}));
      m.onnx.initializers.add("training", NamedTensor::of_integers({}, {training}));
      return m.op("Dropout", "d", {"x", "ratio", "training"});
    };
  };
  check_equal(
      drops(0), [](OnnxModelMaker&) { return std::string("x"); }, 32);  // inputs since set 12
  refused("node 'd' (Dropout): drops values; export the model in evaluation mode", drops(1));
  refused("node 'n' (BatchNormalization): attribute 'spatial' is 0, must be 1",  // until set 8
          [](OnnxModelMaker& m) {
            return m.batch_norm("n", "x", 2, {{"spatial", std::int64_t{0}}});
          });
}
