// SPDX-License-Identifier: Apache-2.0
// Imports of GELU, layer norm and networks of tokens: ONNX operators
// in plain loops against the network that becomes of them.
#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>

#include "algo/interchange/export_onnx.hpp"
#include "algo/interchange/import_onnx.hpp"
#include "algo/interchange/onnx_model_maker.hpp"
#include "algo/interchange/plain_onnx.hpp"
#include "algo/networks/build.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

using Ints = OnnxModelMaker::Ints;
using Attributes = OnnxModelMaker::Attributes;

/// Operators of the test's models.
struct Maker : OnnxModelMaker {
  explicit Maker(Dims input = {-1, 2, 4, 4}) : OnnxModelMaker(std::move(input)) {}

  std::string number(double value) {
    const std::string name = text("number ", value);
    if (!onnx.initializers.has(name))
      onnx.initializers.add(name, NamedTensor::of_floats({}, {static_cast<float>(value)}));
    return name;
  }
  std::string made(const std::string& kind, std::vector<std::string> inputs, Attributes attributes = {}) {
    return op(kind, text(kind, ++made_), std::move(inputs), std::move(attributes));
  }
  std::string numbers(Dims shape, double centre = 0) {
    return constant(text("c", ++made_), std::move(shape), centre);
  }
  std::string integers(const Ints& values) { return shape(text("s", ++made_), values); }
  std::string flip(const std::string& x) { return made("Transpose", {x}, {{"perm", Ints{0, 2, 1}}}); }
  std::string patches(const std::string& x, int in, int out) {
    return made("Conv", {x, numbers({out, in, 2, 2})}, {{"strides", Ints{2, 2}}, {"pads", Ints{0, 0, 0, 0}}});
  }
  /// x.flatten(2) as PyTorch exports it: the batch and C are asked of x.
  std::string flatten_positions(const std::string& x) {
    const std::string kept = made("Slice", {made("Shape", {x}), integers({0}), integers({2}), integers({0})});
    return made("Reshape", {x, made("Concat", {kept, integers({-1})}, {{"axis", std::int64_t{0}}})});
  }
  std::string tokens(const std::string& x) { return flip(flatten_positions(x)); }
  std::string gelu(const std::string& x) {
    const std::string erf = made("Erf", {made("Div", {x, number(std::sqrt(2.0))})});
    return made("Mul", {made("Mul", {x, made("Add", {erf, number(1)})}), number(0.5)});
  }
  /// As of operator set 13.
  std::string normal(const std::string& x, std::int64_t axis = -1) {
    const Attributes over{{"axes", Ints{axis}}};
    const std::string centred = made("Sub", {x, made("ReduceMean", {x}, over)});
    const std::string variance = made("ReduceMean", {made("Pow", {centred, number(2)})}, over);
    return made("Div", {centred, made("Sqrt", {made("Add", {variance, number(1e-3)})})});
  }
  std::string affine(const std::string& x, int channels) {
    return made("Add", {made("Mul", {x, numbers({channels}, 1)}), numbers({channels})});
  }
  std::string linear(const std::string& x, int in, int out) {
    return made("Add", {numbers({out}), made("MatMul", {x, numbers({in, out})})});
  }
  OnnxModel& mean_and_scores(const std::string& x, int channels) {
    const std::string mean = made("ReduceMean", {x}, {{"axes", Ints{1}}, {"keepdims", std::int64_t{0}}});
    return ends(made("Gemm", {mean, numbers({3, channels})}, {{"transB", std::int64_t{1}}}));
  }

 private:
  int made_ = 0;
};

/// Imports the model and compares the scores of a few images. @return the network
ImportedNetwork agreed(const OnnxModel& model, const char* file = "m.onnx") {
  ImportedNetwork net = import_onnx(model, file);
  for (std::uint64_t seed = 3; seed < 6; ++seed) {
    const Plane image = random_image(net.graph, seed);
    CHECK(relative_difference(plain_forward(net.graph, net.state, image), PlainOnnx(model).run(image)) <
          1e-6);
  }
  return net;
}

std::vector<NodeKind> kinds_of(const Graph& graph) {
  std::vector<NodeKind> kinds;
  for (const Node& node : graph.nodes) kinds.push_back(node.kind);
  return kinds;
}

}  // namespace

TEST_CASE("import onnx: GELU in any order of its factors joins the layer before it",
          "[interchange][oracle]") {
  const auto check_form = [](const std::string& form,
                             const std::function<std::string(Maker&, std::string)>& build) {
    INFO(form);
    Maker m;
    const ImportedNetwork net = agreed(m.scores(build(m, m.patches("x", 2, 4)), 16));
    CHECK(net.graph.nodes.size() == 2);
    CHECK(net.graph.nodes[0].activation == Activation::gelu);
  };
  const auto erf_plus_1 = [](Maker& m, const std::string& x) {
    return m.made("Add", {m.number(1), m.made("Erf", {m.made("Mul", {m.number(std::sqrt(0.5)), x})})});
  };
  check_form("PyTorch's", [](Maker& m, const std::string& x) { return m.gelu(x); });
  check_form("(sum / 2) x", [&](Maker& m, const std::string& x) {
    return m.made("Mul", {m.made("Div", {erf_plus_1(m, x), m.number(2)}), x});
  });
  check_form("sum (x / 2)", [&](Maker& m, const std::string& x) {
    return m.made("Mul", {erf_plus_1(m, x), m.made("Mul", {m.number(0.5), x})});
  });
  check_form("constants as nodes", [](Maker& m, const std::string& x) {
    const auto node = [&](float value) {
      return m.made("Constant", {}, {{"value", NamedTensor::of_floats({}, {value})}});
    };
    const std::string erf = m.made("Erf", {m.made("Div", {x, node(1.41421354f)})});
    return m.made("Mul", {node(0.5f), m.made("Mul", {m.made("Add", {erf, node(1)}), x})});
  });
  check_form("one operator", [](Maker& m, const std::string& x) { return m.made("Gelu", {x}); });
}

TEST_CASE("import onnx: GELU of a value that others read, too, becomes a node of its own",
          "[interchange][oracle]") {
  Maker m;
  const std::string x = m.patches("x", 2, 4);
  const ImportedNetwork net = agreed(m.scores(m.made("Add", {m.gelu(x), x}), 16));
  CHECK(kinds_of(net.graph) ==
        std::vector<NodeKind>{NodeKind::conv, NodeKind::norm, NodeKind::norm, NodeKind::conv});
}

TEST_CASE("import onnx: layer norm, as one operator and as its parts", "[interchange][oracle]") {
  const auto check_form = [](const std::string& form,
                             const std::function<std::string(Maker&, std::string)>& build, double epsilon) {
    INFO(form);
    Maker m;
    const ImportedNetwork net = agreed(m.mean_and_scores(build(m, m.tokens(m.patches("x", 2, 6))), 6));
    CHECK(kinds_of(net.graph) ==
          std::vector<NodeKind>{NodeKind::conv, NodeKind::norm, NodeKind::average_pool, NodeKind::conv});
    REQUIRE(net.graph.norms.size() == 1);
    CHECK(net.graph.norms[0].kind == NormKind::layer);
    CHECK(net.graph.norms[0].epsilon == Approx(epsilon).epsilon(1e-6));
  };
  const auto operator_17 = [](Maker& m, const std::string& x, Attributes attributes) {
    return m.made("LayerNormalization", {x, m.numbers({6}, 1), m.numbers({6})}, std::move(attributes));
  };
  check_form(
      "operator set 17", [&](Maker& m, const std::string& x) { return operator_17(m, x, {}); }, 1e-5);
  check_form(
      "its axis and epsilon given",
      [&](Maker& m, const std::string& x) {
        return operator_17(m, x, {{"axis", std::int64_t{2}}, {"epsilon", 0.25f}});
      },
      0.25);
  check_form(
      "without offset",
      [](Maker& m, const std::string& x) {
        return m.made("LayerNormalization", {x, m.numbers({6}, 1)});
      },
      1e-5);
  check_form(
      "parts", [](Maker& m, const std::string& x) { return m.affine(m.normal(x), 6); }, 1e-3);
  check_form(
      "parts without gain and offset", [](Maker& m, const std::string& x) { return m.normal(x, 2); }, 1e-3);
  check_form(
      "the difference formed twice, and its square by Mul",
      [](Maker& m, const std::string& x) {
        const Attributes over{{"axes", Ints{-1}}, {"keepdims", std::int64_t{1}}};
        const std::string mean = m.made("ReduceMean", {x}, over);
        const std::string first = m.made("Sub", {x, mean}), second = m.made("Sub", {x, mean});
        const std::string variance = m.made("ReduceMean", {m.made("Mul", {first, first})}, over);
        return m.made("Div", {second, m.made("Sqrt", {m.made("Add", {m.number(0.5), variance})})});
      },
      0.5);
  check_form(
      "before the channels move behind",
      [](Maker& m, const std::string& x) { return m.flip(m.normal(m.flip(x), 1)); }, 1e-3);
}

TEST_CASE("import onnx: a ResMLP layer as PyTorch exports it", "[interchange][oracle]") {
  Maker m;
  const auto scaled = [&](const std::string& y) { return m.made("Mul", {m.numbers({6}), y}); };
  std::string x = m.tokens(m.patches("x", 2, 6));
  std::string y = m.made("MatMul", {m.flip(m.affine(x, 6)), m.numbers({4, 4})});
  x = m.made("Add", {x, scaled(m.flip(y))});
  y = m.linear(m.gelu(m.linear(m.affine(x, 6), 6, 8)), 8, 6);
  x = m.made("Add", {x, scaled(y)});
  const ImportedNetwork net = agreed(m.mean_and_scores(m.affine(x, 6), 6));
  // As build_token_mlp() makes them.
  CHECK(kinds_of(net.graph) == std::vector<NodeKind>{NodeKind::conv, NodeKind::norm, NodeKind::token_mix,
                                                     NodeKind::norm, NodeKind::conv, NodeKind::conv,
                                                     NodeKind::norm, NodeKind::average_pool, NodeKind::conv});
  const Node& mix = net.graph.nodes[2];
  CHECK(mix.residual == net.graph.nodes[0].output);
  CHECK(net.graph.norms[static_cast<std::size_t>(mix.norm)].kind == NormKind::affine);
  CHECK(net.graph.nodes[4].activation == Activation::gelu);
  CHECK(net.graph.tensor_of(mix.output).height == 2);  // the map's again
}

TEST_CASE("import onnx: token mixing in its several forms computes the same", "[interchange][oracle]") {
  // From 4 tokens to 5 and back, as MLP-Mixer does.
  const auto check_form = [](const std::string& form,
                             const std::function<std::string(Maker&, std::string)>& build) {
    INFO(form);
    Maker m;
    const std::string x = m.tokens(m.patches("x", 2, 6));
    const ImportedNetwork net = agreed(m.mean_and_scores(m.made("Add", {x, build(m, x)}), 6));
    CHECK(kinds_of(net.graph) == std::vector<NodeKind>{NodeKind::conv, NodeKind::token_mix,
                                                       NodeKind::token_mix, NodeKind::average_pool,
                                                       NodeKind::conv});
    CHECK(net.graph.weights[1].in_channels == 4);
    CHECK(net.graph.weights[1].out_channels == 5);
    CHECK(net.graph.nodes[1].activation == Activation::gelu);
  };
  check_form("Transpose and MatMul", [](Maker& m, const std::string& x) {
    const std::string y = m.gelu(m.made("MatMul", {m.flip(x), m.numbers({4, 5})}));
    return m.flip(m.made("MatMul", {y, m.numbers({5, 4})}));
  });
  check_form("a bias that is the same for all tokens", [](Maker& m, const std::string& x) {
    m.onnx.initializers.add("same", NamedTensor::of_floats({5}, std::vector<float>(5, 0.3f)));
    const std::string y = m.made("Add", {m.made("MatMul", {m.flip(x), m.numbers({4, 5})}), "same"});
    return m.flip(m.made("MatMul", {m.gelu(y), m.numbers({5, 4})}));
  });
  check_form("the matrix times the tokens", [](Maker& m, const std::string& x) {
    return m.made("MatMul", {m.numbers({4, 5}), m.gelu(m.made("MatMul", {m.numbers({5, 4}), x}))});
  });
  check_form("Conv over one axis", [](Maker& m, const std::string& x) {
    return m.made("Conv", {m.gelu(m.made("Conv", {x, m.numbers({5, 4, 1})})), m.numbers({4, 5, 1})});
  });
  check_form("Gemm on all images' rows", [](Maker& m, const std::string& x) {
    const Attributes turned{{"transB", std::int64_t{1}}};
    const std::string rows = m.made("Reshape", {m.flip(x), m.integers({-1, 4})});
    const std::string y =
        m.made("Gemm", {m.gelu(m.made("Gemm", {rows, m.numbers({5, 4})}, turned)), m.numbers({5, 4})});
    return m.flip(m.made("Reshape", {y, m.integers({-1, 6, 4})}));
  });
}

TEST_CASE("import onnx: channel mixing in its several forms computes the same", "[interchange][oracle]") {
  const auto check_form = [](const std::string& form,
                             const std::function<std::string(Maker&, std::string)>& build) {
    INFO(form);
    Maker m;
    const ImportedNetwork net = agreed(m.mean_and_scores(build(m, m.tokens(m.patches("x", 2, 6))), 5));
    CHECK(kinds_of(net.graph) ==
          std::vector<NodeKind>{NodeKind::conv, NodeKind::conv, NodeKind::average_pool, NodeKind::conv});
    CHECK(net.graph.nodes[1].kernel == 1);
  };
  check_form("MatMul and Add", [](Maker& m, const std::string& x) { return m.linear(x, 6, 5); });
  check_form("Conv over one axis", [](Maker& m, const std::string& x) {
    return m.flip(m.made("Conv", {m.flip(x), m.numbers({5, 6, 1}), m.numbers({5})}));
  });
  check_form("Gemm on all images' rows", [](Maker& m, const std::string& x) {
    const std::string rows = m.made("Reshape", {x, m.integers({-1, 6})});
    const std::string y =
        m.made("Gemm", {rows, m.numbers({5, 6}), m.numbers({5})}, {{"transB", std::int64_t{1}}});
    return m.made("Reshape", {y, m.integers({-1, 4, 5})});
  });
  check_form("the matrix times the channels", [](Maker& m, const std::string& x) {
    const std::string y = m.made("MatMul", {m.numbers({5, 6}), m.flip(x)});
    return m.flip(m.made("Add", {y, m.numbers({5, 1})}));
  });
  check_form("a map with the channels behind", [](Maker& m, const std::string& x) {
    const std::string map = m.made("Reshape", {x, m.integers({0, 2, 2, 6})});
    return m.made("Reshape", {m.linear(map, 6, 5), m.integers({0, 4, 5})});
  });
}

TEST_CASE("import onnx: tokens are pooled, flattened and made maps again", "[interchange][oracle]") {
  SECTION("back to a map, by sizes asked one by one, for a convolution") {
    Maker m;
    const std::string map = m.patches("x", 2, 6);
    const std::string y = m.made("MatMul", {m.flatten_positions(map), m.numbers({4, 4})});
    const std::string shape = m.made("Shape", {map});
    const auto size = [&](std::int64_t axis) {
      m.onnx.initializers.add(text("axis ", axis), NamedTensor::of_integers({}, {axis}));
      return m.made("Unsqueeze", {m.made("Gather", {shape, text("axis ", axis)})}, {{"axes", Ints{0}}});
    };
    const std::string sizes =
        m.made("Concat", {size(0), size(1), size(2), size(3)}, {{"axis", std::int64_t{0}}});
    agreed(m.scores(m.patches(m.made("Reshape", {y, sizes}), 6, 3), 3));
  }
  SECTION("channel by channel into a vector") {
    Maker m;
    const std::string y = m.made("MatMul", {m.flatten_positions(m.patches("x", 2, 6)), m.numbers({4, 4})});
    agreed(m.scores(y, 24));
  }
  SECTION("the mean kept as one token, then dropped") {
    Maker m;
    const std::string mean = m.made("ReduceMean", {m.tokens(m.patches("x", 2, 6))}, {{"axes", Ints{1}}});
    const OnnxModel& model =
        m.ends(m.made("Gemm", {m.made("Reshape", {mean, m.integers({-1, 6})}), m.numbers({3, 6})},
                      {{"transB", std::int64_t{1}}}));
    agreed(model);
  }
  SECTION("a map with the channels behind, and its mean") {
    Maker m;
    const std::string behind = m.made("Transpose", {m.patches("x", 2, 6)}, {{"perm", Ints{0, 2, 3, 1}}});
    const std::string mean = m.made("ReduceMean", {m.affine(m.normal(behind), 6)},
                                    {{"axes", Ints{1, 2}}, {"keepdims", std::int64_t{0}}});
    agreed(m.ends(m.made("Gemm", {mean, m.numbers({3, 6})}, {{"transB", std::int64_t{1}}})));
  }
}

TEST_CASE("import onnx: exported networks of tokens come back node by node", "[interchange][round-trip]") {
  for (
      const char* description :
      {R"({"kind": "res_mlp", "patch": 2, "dim": 6, "channel_dim": 8, "depth": 2})",
       R"({"kind": "res_mlp", "patch": 2, "dim": 6, "channel_dim": 8, "depth": 4, "folds": 2, "norm": "batch", "gelu": false})",
       R"({"kind": "mixer", "patch": 2, "dim": 6, "token_dim": 5, "channel_dim": 8, "depth": 2})",
       R"({"kind": "mixer", "patch": 2, "dim": 6, "token_dim": 16, "channel_dim": 8, "depth": 4, "folds": 2})"}) {
    INFO(description);
    const Graph graph =
        build_graph(network_from_json(nlohmann::json::parse(description), "test"), {8, 8, 1}, 3);
    const ModelState state = random_state(graph, 5);
    const ModelState dense = [&] {
      ModelState plain = state;
      for (WeightState& weights : plain.weights) weights.scores.reset();
      return plain;
    }();
    const ImportedNetwork net = import_onnx(export_onnx(graph, dense), "again.onnx");
    CHECK(kinds_of(net.graph) == kinds_of(graph));
    CHECK(net.graph.weights.size() == graph.weights.size());
    CHECK(net.graph.macs() == graph.macs());
    const Plane image = random_image(net.graph, 4);
    CHECK(relative_difference(plain_forward(net.graph, net.state, image),
                              plain_forward(graph, dense, image)) < 1e-6);
  }
}

TEST_CASE("import onnx: what tokens have no counterpart for is refused",
          "[interchange][bad-input][message]") {
  const auto refused = [](const std::string& message,
                          const std::function<std::string(Maker&, std::string)>& build) {
    Maker m;
    const std::string x = m.tokens(m.patches("x", 2, 6));
    INFO(message);
    CHECK_THROWS_WITH(import_onnx(m.ends(build(m, x)), "m.onnx"),
                      Contains("m.onnx: ") && Contains(message) && !Contains("\n"));
  };
  refused(
      "holds another number for each token, must hold one for each channel; train layers that mix tokens "
      "with "
      "bias=False",
      [](Maker& m, const std::string& x) { return m.linear(m.flip(x), 4, 5); });
  refused("holds another number for each token", [](Maker& m, const std::string& x) {
    return m.made("Conv", {x, m.numbers({5, 4, 1}), m.numbers({5})});
  });
  refused("normalizes over axis -1 of 3, must be the channels alone", [](Maker& m, const std::string& x) {
    return m.made("LayerNormalization", {m.flip(x), m.numbers({4}, 1)});
  });
  refused("normalizes over axis 1 of 3, must be the channels alone", [](Maker& m, const std::string& x) {
    return m.made("LayerNormalization", {x, m.numbers({4, 6}, 1)}, {{"axis", std::int64_t{1}}});
  });
  refused("normalizes each token, must normalize each channel; transpose before it",
          [](Maker& m, const std::string& x) { return m.batch_norm("n", x, 4); });
  refused("operator Erf is not supported; it is read as a part of GELU alone",
          [](Maker& m, const std::string& x) { return m.made("Erf", {x}); });
  refused("operator Sqrt is not supported; it is read as a part of layer norm alone",
          [](Maker& m, const std::string& x) { return m.made("Sqrt", {x}); });
  refused("attribute 'approximate' is 'tanh', must be none", [](Maker& m, const std::string& x) {
    return m.made("Gelu", {x}, {{"approximate", std::string("tanh")}});
  });
  refused("flattens 4 tokens of 6 channels with the channels last",
          [](Maker& m, const std::string& x) { return m.made("Flatten", {x}); });
  refused("permutes the axes of 4 tokens of 6 channels to [1, 0, 2]", [](Maker& m, const std::string& x) {
    return m.made("Transpose", {x}, {{"perm", Ints{1, 0, 2}}});
  });
  refused("reshapes 4 tokens of 6 channels to [-1, 6, 4]; only", [](Maker& m, const std::string& x) {
    return m.made("Reshape", {x, m.integers({-1, 6, 4})});
  });
  refused("its weight, from 5 to 4 tokens, does not fit 4 tokens of 6 channels",
          [](Maker& m, const std::string& x) {
            return m.made("MatMul", {m.flip(x), m.numbers({5, 4})});
          });
  refused("averages over axes [2], must be [1]: the positions", [](Maker& m, const std::string& x) {
    return m.made("ReduceMean", {x}, {{"axes", Ints{2}}});
  });
  refused("works on 4 tokens of 6 channels, must be a map of batch x C x H x W",
          [](Maker& m, const std::string& x) {
            return m.made("MaxPool", {x}, {{"kernel_shape", Ints{2, 2}}});
          });
  refused("computes with a shape; export with a fixed image size", [](Maker& m, const std::string& x) {
    return m.made("Reshape", {x, m.made("Mul", {m.made("Shape", {x}), m.integers({1, 2, 3})})});
  });
  refused("takes size 3 of a shape of 3", [](Maker& m, const std::string& x) {
    return m.made("Reshape", {x, m.made("Gather", {m.made("Shape", {x}), m.integers({3})})});
  });
}

TEST_CASE("import onnx: damaged files of tokens are imported or refused, never worse",
          "[interchange][round-trip]") {
  Maker m;
  std::string x = m.tokens(m.patches("x", 2, 6));
  x = m.made("Add", {x, m.flip(m.made("MatMul", {m.flip(m.affine(m.normal(x), 6)), m.numbers({4, 4})}))});
  x = m.gelu(m.linear(m.made("LayerNormalization", {x, m.numbers({6})}), 6, 5));
  const Bytes good = serialize_onnx(m.mean_and_scores(x, 5));
  CHECK_NOTHROW(import_onnx(parse_onnx(good, "m.onnx"), "m.onnx"));
  for (std::uint64_t round = 0; round < 5000; ++round) {
    INFO("round " << round);
    Bytes bad = good;
    for (std::uint64_t change = 0; change < 1 + round % 3; ++change) {
      const std::uint64_t bits = random_bits(8, RandomStream::scores, 3 * round + change);
      bad[bits % bad.size()] = static_cast<std::uint8_t>(bits >> 40);
    }
    try {
      import_onnx(parse_onnx(bad, "m.onnx"), "m.onnx");
    } catch (const Error& error) {
      CHECK_THAT(error.what(), Contains("m.onnx: "));
    }
  }
}
