// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/import_onnx.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "algo/interchange/onnx_model_maker.hpp"
#include "algo/interchange/plain_forward.hpp"

using namespace wd::algo;

namespace {

using Ints = OnnxModelMaker::Ints;
using Attributes = OnnxModelMaker::Attributes;

ImportedNetwork imported(const OnnxModel& model) { return import_onnx(model, "m.onnx"); }

/// y[o] = b[o] + sum over i of w[o][i] x[i].
Plane matrix_times(const std::vector<float>& w, const Plane& x, const std::vector<float>& b) {
  Plane y(w.size() / x.size());
  for (std::size_t o = 0; o < y.size(); ++o) {
    y[o] = b.empty() ? 0 : static_cast<double>(b[o]);
    for (std::size_t i = 0; i < x.size(); ++i) y[o] += static_cast<double>(w[o * x.size() + i]) * x[i];
  }
  return y;
}

}  // namespace

TEST_CASE("import onnx: convolution, bias, batch norm, sum and activation join into nodes",
          "[interchange][oracle]") {
  OnnxModelMaker model;
  std::string main =
      model.op("Conv", "c1", {"x", model.constant("c1.weight", {2, 2, 3, 3}), model.constant("b", {2})},
               {{"pads", Ints{1, 1, 1, 1}}});
  main = model.op("Relu", "r1", {model.batch_norm("n1", main, 2)});
  main = model.batch_norm("n2", model.conv("c2", main, 2, 2), 2, {{"epsilon", 0.01f}});
  std::string shortcut = model.batch_norm("n3", model.conv("c3", "x", 2, 2), 2);
  std::string out = model.op("Relu", "r2", {model.op("Add", "a", {main, shortcut})});
  out = model.op("Relu", "r3",
                 {model.op("Add", "a2", {model.conv("c4", out, 2, 2), out})});  // identity shortcut
  const ImportedNetwork net = imported(model.scores(out, 32));

  std::vector<std::string> names;
  for (const Node& node : net.graph.nodes) names.push_back(node.name);
  CHECK(names == std::vector<std::string>{"c1", "c3", "c2", "c4", "fc"});  // the shortcut before its sum
  CHECK(net.graph.nodes[2].residual == net.graph.nodes[1].output);
  CHECK(net.graph.nodes[1].activation == Activation::none);
  CHECK(net.graph.nodes[3].residual == net.graph.nodes[2].output);
  CHECK(net.graph.nodes[4].kernel == 4);
  CHECK(net.graph.norms.size() == 3);
  const NormState& first = net.state.norms[0];  // the bias moved into the mean
  for (std::size_t c = 0; c < 2; ++c) {
    CHECK(first.mean[c] == Approx(model.floats("n1.m")[c] - model.floats("b")[c]));
    CHECK(first.gamma[c] == model.floats("n1.g")[c]);
    CHECK(net.state.norms[2].variance[c] == Approx(model.floats("n2.v")[c] + 0.01f - 1e-5f));
    CHECK(net.state.norms[1].variance[c] == model.floats("n3.v")[c]);
  }
}

TEST_CASE("import onnx: linear layers in their several forms compute the same", "[interchange][oracle]") {
  const auto check_form = [](const std::string& form, const std::function<void(OnnxModelMaker&)>& build,
                             bool turned, bool bias) {
    INFO(form);
    OnnxModelMaker model;
    build(model);
    const ImportedNetwork net = imported(model.onnx);
    const Plane image = random_image(net.graph, 3);
    std::vector<float> w = model.floats("w");
    if (turned) {
      std::vector<float> other(w.size());
      for (std::size_t i = 0; i < 32; ++i)
        for (std::size_t o = 0; o < 3; ++o) other[o * 32 + i] = w[i * 3 + o];
      w = other;
    }
    const Plane expected = matrix_times(w, image, bias ? model.floats("b") : std::vector<float>{});
    CHECK(relative_difference(plain_forward(net.graph, net.state, image), expected) < 1e-9);
    CHECK(net.graph.nodes.size() == 1);
  };
  const auto flat = [](OnnxModelMaker& m) { return m.op("Flatten", "f", {"x"}); };
  check_form(
      "Gemm, O x I",
      [&](OnnxModelMaker& m) {
        m.ends(m.op("Gemm", "g", {flat(m), m.constant("w", {3, 32}), m.constant("b", {3})},
                    {{"transB", std::int64_t{1}}}));
      },
      false, true);
  check_form(
      "Gemm, I x O, a bias of 1 x O",
      [&](OnnxModelMaker& m) {
        m.ends(m.op("Gemm", "g", {flat(m), m.constant("w", {32, 3}), m.constant("b", {1, 3})}));
      },
      true, true);
  check_form(
      "MatMul and Add",
      [&](OnnxModelMaker& m) {
        m.ends(m.op("Add", "a",
                    {m.constant("b", {3}), m.op("MatMul", "g", {flat(m), m.constant("w", {32, 3})})}));
      },
      true, true);
  check_form(
      "hidden-networks' view, 1x1 convolution and squeeze",
      [&](OnnxModelMaker& m) {
        const std::string view = m.op("Reshape", "v", {"x", m.shape("s", {-1, 32, 1, 1})});
        m.ends(m.op("Squeeze", "q", {m.op("Conv", "c", {view, m.constant("w", {3, 32, 1, 1})})},
                    {{"axes", Ints{2, 3}}}));
      },
      false, false);
  check_form(
      "Reshape with an inferred size, Identity and Dropout",
      [&](OnnxModelMaker& m) {
        const std::string view = m.op(
            "Dropout", "d", {m.op("Reshape", "v", {m.op("Identity", "i", {"x"}), m.shape("s", {0, -1})})});
        m.ends(m.op("Gemm", "g", {view, m.constant("w", {3, 32})}, {{"transB", std::int64_t{1}}}));
      },
      false, false);
}

TEST_CASE("import onnx: what has nothing to join becomes a node of its own", "[interchange][oracle]") {
  // A pre-activation block: norm and ReLU on the input, and on a sum.
  OnnxModelMaker model;
  std::string x = model.op("Relu", "r1", {model.batch_norm("n1", "x", 2)});
  x = model.op("Add", "a1", {model.conv("c1", x, 2, 2), "x"});
  const std::string y =
      model.op("Relu", "r2", {model.op("Mul", "m", {x, model.constant("k", {2, 1, 1}, 1)})});
  x = model.op("Add", "a2", {x, y});
  const ImportedNetwork net = imported(model.scores(x, 32));
  std::vector<NodeKind> kinds;
  for (const Node& node : net.graph.nodes) kinds.push_back(node.kind);
  CHECK(kinds == std::vector<NodeKind>{NodeKind::norm, NodeKind::conv, NodeKind::norm, NodeKind::norm,
                                       NodeKind::conv});

  // By hand, in terms of the parts that other tests check: t
  // = relu(bn(x)); u = conv(t) + x; scores = fc(u + relu(k u)).
  const Plane image = random_image(net.graph, 4);
  Plane t = image;
  plain_norm({"n1", NormKind::batch, 2, true, 1},
             {model.floats("n1.g"), model.floats("n1.b"), model.floats("n1.m"), model.floats("n1.v")}, t);
  for (double& value : t) value = std::max(value, 0.0);
  const Node& conv = net.graph.nodes[1];
  Plane u = plain_conv(net.graph, conv, *net.state.weights[0].values, t);
  for (std::size_t i = 0; i < u.size(); ++i) {
    u[i] += image[i];
    u[i] += std::max(0.0, u[i] * static_cast<double>(model.floats("k")[i / 16]));
  }
  const Plane expected = matrix_times(model.floats("fc.weight"), u, {});
  CHECK(relative_difference(plain_forward(net.graph, net.state, image), expected) < 1e-6);
}

TEST_CASE("import onnx: weights behind an Identity are the same weights", "[interchange]") {
  OnnxModelMaker model;
  const std::string w = model.constant("w", {2, 2, 3, 3}), same = model.op("Identity", "i", {w});
  const std::string a = model.op("Conv", "a", {"x", w}, {{"pads", Ints{1, 1, 1, 1}}});
  const ImportedNetwork net =
      imported(model.scores(model.op("Conv", "b", {a, same}, {{"pads", Ints{1, 1, 1, 1}}}), 32));
  REQUIRE(net.graph.nodes.size() == 3);
  CHECK(net.graph.nodes[0].weights == net.graph.nodes[1].weights);
  CHECK(net.graph.weights.size() == 2);
}

TEST_CASE("import onnx: pools", "[interchange][oracle]") {
  const auto pooled = [](const std::function<std::string(OnnxModelMaker&)>& build, const Plane& expected) {
    OnnxModelMaker model({-1, 1, 4, 4});
    OnnxModel& onnx = model.scores(build(model), static_cast<int>(expected.size()));
    const ImportedNetwork net = imported(onnx);
    Plane image;
    for (int i = 0; i < 16; ++i) image.push_back(i);
    CHECK(relative_difference(plain_forward(net.graph, net.state, image),
                              matrix_times(model.floats("fc.weight"), expected, {})) < 1e-9);
  };
  const Attributes two{{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}};
  pooled([&](OnnxModelMaker& m) { return m.op("MaxPool", "p", {"x"}, two); }, {5, 7, 13, 15});
  pooled([&](OnnxModelMaker& m) { return m.op("AveragePool", "p", {"x"}, two); }, {2.5, 4.5, 10.5, 12.5});
  pooled(
      [&](OnnxModelMaker& m) {
        return m.op("AveragePool", "p", {"x"}, {{"kernel_shape", Ints{1, 1}}});
      },
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
  pooled([&](OnnxModelMaker& m) { return m.op("GlobalAveragePool", "p", {"x"}); }, {7.5});
  pooled(
      [&](OnnxModelMaker& m) {
        return m.op("AveragePool", "p", {"x"}, {{"kernel_shape", Ints{4, 4}}});
      },
      {7.5});
  pooled([&](OnnxModelMaker& m) { return m.op("ReduceMean", "p", {"x"}, {{"axes", Ints{-1, -2}}}); }, {7.5});
}
