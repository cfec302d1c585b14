// SPDX-License-Identifier: Apache-2.0
// The operators of OnnxGraphBuilder that join the node before them, or become a norm node of their own.
#include <algorithm>
#include <tuple>
#include <utility>

#include "algo/interchange/onnx_graph_builder.hpp"
#include "base/error.hpp"

namespace wd::algo {

namespace {

bool is_bias(const NormShape& shape, const NormState& norm) {
  return shape.kind == NormKind::affine &&
         std::all_of(norm.gamma.begin(), norm.gamma.end(), [](float gain) { return gain == 1; });
}

}  // namespace

/// The node that makes the value, if what follows may still join it.
Node* OnnxGraphBuilder::joinable(const Value& value) {
  const int producer = producer_[static_cast<std::size_t>(value.activation)];
  if (producer < 0 || !value.sole) return nullptr;
  Node& node = graph_.nodes[static_cast<std::size_t>(producer)];
  const bool joins =
      (node.kind == NodeKind::conv || node.kind == NodeKind::token_mix || node.kind == NodeKind::norm) &&
      node.activation == Activation::none;
  return joins ? &node : nullptr;
}

int OnnxGraphBuilder::add_norm(const std::string& layer, NormKind kind, NormState norm) {
  norm_channels_ += norm.gamma.size();
  require_norm_channels(norm_channels_, layer);
  graph_.norms.push_back({unique_name(layer + ".norm"), kind, static_cast<int>(norm.gamma.size()), true, 1});
  state_.norms.push_back(std::move(norm));
  return static_cast<int>(graph_.norms.size()) - 1;
}

void OnnxGraphBuilder::require_norm_channels(std::size_t channels, const std::string& layer) const {
  WD_REQUIRE(channels <= most_norm_channels, origin_, ": the norms and biases up to ", name_text(layer),
             " have ", channels, " channels, at most ", most_norm_channels,
             " are supported; use smaller layers");
}

NormState OnnxGraphBuilder::identity(int channels, const std::string& layer) const {
  const auto count = static_cast<std::size_t>(channels);
  require_norm_channels(count, layer);
  return {std::vector<float>(count, 1), std::vector<float>(count, 0), {}, {}};
}

OnnxGraphBuilder::Value OnnxGraphBuilder::own_norm(const Reader& reader, const Value& in, NormKind kind,
                                                   NormState norm) {
  const TensorShape shape = shape_of(in);
  Node node;
  node.kind = NodeKind::norm;
  node.input = in.activation;
  const std::string name = unique_name(node_name(reader));
  node.norm = add_norm(name, kind, std::move(norm));
  return as(append(node, name, shape.height, shape.width, shape.channels), in);
}

OnnxGraphBuilder::Value OnnxGraphBuilder::layer_norm(const Reader& reader, const Value& in, NormState norm,
                                                     double epsilon) {
  require_plain(reader, in);
  const Value out = own_norm(reader, in, NormKind::layer, std::move(norm));
  graph_.norms.back().epsilon = epsilon;
  return out;
}

OnnxGraphBuilder::Value OnnxGraphBuilder::batch_norm(const Reader& reader, const Value& in, NormState norm) {
  require_plain(reader, in);
  Node* node = joinable(in);
  if (node == nullptr || node->residual >= 0) return own_norm(reader, in, NormKind::batch, std::move(norm));
  if (node->norm < 0) {
    node->norm = add_norm(node->name, NormKind::batch, std::move(norm));
    return in;
  }
  const auto index = static_cast<std::size_t>(node->norm);
  if (!is_bias(graph_.norms[index], state_.norms[index]))
    return own_norm(reader, in, NormKind::batch, std::move(norm));
  for (std::size_t c = 0; c < norm.mean.size(); ++c) norm.mean[c] -= state_.norms[index].beta[c];
  graph_.norms[index].kind = NormKind::batch;
  state_.norms[index] = std::move(norm);
  return in;
}

OnnxGraphBuilder::Value OnnxGraphBuilder::offset(const Reader& reader, const Value& in,
                                                 const std::vector<float>& beta) {
  require_plain(reader, in);
  Node* node = joinable(in);
  if (node != nullptr && node->residual < 0) {
    if (node->norm < 0)
      node->norm = add_norm(node->name, NormKind::affine, identity(shape_of(in).channels, node->name));
    std::vector<float>& sum = state_.norms[static_cast<std::size_t>(node->norm)].beta;
    for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += beta[c];
    return in;
  }
  NormState norm = identity(shape_of(in).channels, node_name(reader));
  norm.beta = beta;
  return own_norm(reader, in, NormKind::affine, std::move(norm));
}

OnnxGraphBuilder::Value OnnxGraphBuilder::gain(const Reader& reader, const Value& in,
                                               const std::vector<float>& gamma) {
  require_plain(reader, in);
  Node* node = joinable(in);
  if (node != nullptr && node->residual < 0) {
    if (node->norm < 0)
      node->norm = add_norm(node->name, NormKind::affine, identity(shape_of(in).channels, node->name));
    NormState& norm = state_.norms[static_cast<std::size_t>(node->norm)];
    for (std::size_t c = 0; c < gamma.size(); ++c) {
      norm.gamma[c] *= gamma[c];
      norm.beta[c] *= gamma[c];
    }
    return in;
  }
  NormState norm = identity(shape_of(in).channels, node_name(reader));
  norm.gamma = gamma;
  return own_norm(reader, in, NormKind::affine, std::move(norm));
}

OnnxGraphBuilder::Value OnnxGraphBuilder::activate(const Reader& reader, const Value& in,
                                                   Activation activation) {
  Value out = in;
  Node* node = joinable(in);
  if (node == nullptr) {
    out = own_norm(reader, in, NormKind::affine, identity(shape_of(in).channels, node_name(reader)));
    node = &graph_.nodes.back();
  }
  node->activation = activation;
  return out;
}

OnnxGraphBuilder::Value OnnxGraphBuilder::add(const Reader& reader, const Value& left, const Value& right) {
  const TensorShape &a = shape_of(left), &b = shape_of(right);
  reader.require(
      std::tie(a.channels, a.height, a.width, left.rank, left.merged, left.last, left.stacked) ==
          std::tie(b.channels, b.height, b.width, right.rank, right.merged, right.last, right.stacked),
      "adds ", text_of_value(left), " and ", text_of_value(right), ", must be of one shape");
  for (const auto& [sum, other] : {std::pair(left, right), std::pair(right, left)}) {
    Node* node = joinable(sum);
    if (node == nullptr || node->residual >= 0) continue;
    node->residual = other.activation;
    return sum;
  }
  const Value out = own_norm(reader, left, NormKind::affine, identity(a.channels, node_name(reader)));
  graph_.nodes.back().residual = right.activation;
  return out;
}

}  // namespace wd::algo
