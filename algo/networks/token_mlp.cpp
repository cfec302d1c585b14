// SPDX-License-Identifier: Apache-2.0
// ResMLP and MLP-Mixer: token mixing and channel mixing in turn, over patches of the image, folded or not.
#include "algo/networks/graph_builder.hpp"
#include "base/error.hpp"

namespace wd::algo {
namespace {

/// One layer's weights; made once per fold stage.
struct LayerWeights {
  int token1 = -1, token2 = -1, channel1 = -1, channel2 = -1;
};

class TokenMlp {
 public:
  explicit TokenMlp(GraphBuilder& builder) : b_(builder), mixer_(builder.config.kind == NetworkKind::mixer) {}

  void build(int classes) {
    const NetworkConfig& c = b_.config;
    int x = b_.conv("embed", 0, c.dim, {.kernel = 1, .activation = Activation::none, .norm = false});
    const int stages = c.folds == 0 ? c.depth : c.folds, iterations = c.depth / stages;
    for (int s = 0; s < stages; ++s) {
      const std::string name = text("layer", s + 1);
      make_stage(name, x);
      for (int t = 0; t < iterations; ++t) {
        b_.stage = iterations > 1 ? s : -1;
        b_.iteration = iterations > 1 ? t : -1;
        x = layer(iterations > 1 ? text(name, ".", t + 1) : name, x);
      }
      b_.stage = b_.iteration = -1;
    }
    b_.classify(norm_node("last.norm", x), classes);
  }

 private:
  NormKind pre_norm() const {
    const std::string& kind = b_.config.mlp_norm;
    return kind == "batch" ? NormKind::batch : kind == "layer" ? NormKind::layer : NormKind::affine;
  }

  void make_stage(const std::string& name, int x) {
    const NetworkConfig& c = b_.config;
    const TensorShape map = b_.shape(x);
    const int tokens = map.height * map.width;
    weights_.token1 = b_.weights(name + ".token1", 1, tokens, mixer_ ? c.token_dim : tokens);
    if (mixer_) weights_.token2 = b_.weights(name + ".token2", 1, c.token_dim, tokens);
    weights_.channel1 = b_.weights(name + ".channel1", 1, c.dim, c.channel_dim);
    weights_.channel2 = b_.weights(name + ".channel2", 1, c.channel_dim, c.dim);
    normed_ = b_.tensor(name + ".normed", map.height, map.width, c.dim);
    if (mixer_) mixed_ = b_.tensor(name + ".mixed", c.token_dim, 1, c.dim);
    hidden_ = b_.tensor(name + ".hidden", map.height, map.width, c.channel_dim);
    tokens_ = b_.tensor(name + ".tokens", map.height, map.width, c.dim);
    out_ = b_.tensor_index(x);
    shared_norms_.clear();
  }

  /// One per layer, or per fold where norms are shared.
  int norm_of(const std::string& part, const std::string& layer_name, NormKind kind, double gamma = 1) {
    if (b_.config.shared_norm && b_.stage >= 0) {
      for (const auto& [name, index] : shared_norms_)
        if (name == part) return index;
    }
    const int index = b_.norm(layer_name + "." + part, b_.config.dim, b_.stage >= 0, kind);
    b_.graph.norms.back().initial_gamma = gamma;
    shared_norms_.emplace_back(part, index);
    return index;
  }

  int norm_node(const std::string& name, int x) {
    Node node;
    node.kind = NodeKind::norm;
    node.name = name;
    node.norm = b_.norm(name, b_.config.dim, false, pre_norm());
    node.input = x;
    const TensorShape map = b_.shape(x);
    node.output = b_.activation(b_.tensor(name, map.height, map.width, map.channels));
    return b_.append(node);
  }

  int pre(const std::string& part, const std::string& name, int x) {
    Node node;
    node.kind = NodeKind::norm;
    node.name = name + "." + part;
    node.norm = norm_of(part, name, pre_norm());
    node.input = x;
    node.output = b_.activation(normed_);
    return b_.append(node);
  }

  int linear(NodeKind kind, const std::string& name, int weights, int input, int tensor) {
    Node node;
    node.kind = kind;
    node.name = name;
    node.weights = weights;
    node.input = input;
    node.output = b_.activation(tensor);
    node.activation = b_.config.gelu ? Activation::gelu : Activation::relu;
    return b_.append(node);
  }

  /// The second product of a branch: scaled (ResMLP's LayerScale) and added to the branch's input.
  int join(NodeKind kind, const std::string& part, const std::string& name, int weights, int input,
           int residual, int tensor) {
    Node node;
    node.kind = kind;
    node.name = name + "." + part;
    node.weights = weights;
    node.norm = norm_of(part + ".scale", name, NormKind::affine, mixer_ ? 1 : b_.config.layer_scale);
    node.input = input;
    node.residual = residual;
    node.output = b_.activation(tensor);
    return b_.append(node);
  }

  int layer(const std::string& name, int x) {
    int y = pre("norm1", name, x);
    if (mixer_) y = linear(NodeKind::token_mix, name + ".token1", weights_.token1, y, mixed_);
    const int z = join(NodeKind::token_mix, mixer_ ? "token2" : "token1", name,
                       mixer_ ? weights_.token2 : weights_.token1, y, x, tokens_);
    y = pre("norm2", name, z);
    y = linear(NodeKind::conv, name + ".channel1", weights_.channel1, y, hidden_);
    return join(NodeKind::conv, "channel2", name, weights_.channel2, y, z, out_);
  }

  GraphBuilder& b_;
  bool mixer_;
  LayerWeights weights_;
  int normed_ = 0, mixed_ = 0, hidden_ = 0, tokens_ = 0, out_ = 0;
  std::vector<std::pair<std::string, int>> shared_norms_;
};

}  // namespace

void build_token_mlp(GraphBuilder& b, int classes) { TokenMlp(b).build(classes); }

}  // namespace wd::algo
