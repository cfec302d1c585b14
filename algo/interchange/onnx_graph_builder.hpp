// SPDX-License-Identifier: Apache-2.0
// Builds a network of ours from one ONNX operator after the other, joining those that one node can do.
//
// Shape     a value is an activation and how ONNX sees it: of rank 4 (batch x C x H x W) or 2, its
//           positions merged into the channels (channel-major) or not.
// Numerics  what joins a node: norm, offset and gain when no sum or activation came before; a sum when no
//           activation came before; only where nothing else reads the node's result. The rest becomes a
//           node of its own.
// Errors    shapes that do not fit or have no counterpart: wd::Error naming the ONNX node.
// Test      import_onnx_test.cpp
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "algo/interchange/model_state.hpp"
#include "algo/interchange/onnx_node_reader.hpp"

namespace wd::algo {

/// Of one image: keeps every index within int.
inline constexpr std::uint64_t most_tensor_values = 1 << 28;

struct ImportedNetwork {
  Graph graph;
  ModelState state;
};

class OnnxGraphBuilder {
 public:
  struct Value {
    int activation = -1;
    int rank = 4;
    bool merged = false;
    bool sole = true;  // read by one node alone
  };
  using Reader = OnnxNodeReader;

  explicit OnnxGraphBuilder(const std::string& origin) : origin_(origin) {}

  /// @param batch -1: any.
  Value add_input(const TensorShape& shape, int rank, std::int64_t batch);
  int channels(const Value& value) const;
  /// One position, or a vector.
  bool is_vector(const Value& value) const;

  /// @param shape O x I x K x K of input 1, the weight.
  Value conv(const Reader& reader, const Value& in, const SquareWindow& window, const Dims& shape);
  /// Input 1 is the weight, O x I if transposed, else I x O.
  Value linear(const Reader& reader, const Value& in, bool transposed);
  Value batch_norm(const Reader& reader, const Value& in, NormState norm);
  Value offset(const Reader& reader, const Value& in, const std::vector<float>& beta);
  Value gain(const Reader& reader, const Value& in, const std::vector<float>& gamma);
  Value relu(const Reader& reader, const Value& in);
  Value add(const Reader& reader, const Value& left, const Value& right);
  Value pool(const Reader& reader, const Value& in, NodeKind kind, const SquareWindow& window);
  Value global_pool(const Reader& reader, const Value& in);
  Value flattened(const Value& in, int rank) const;
  Value reshape(const Reader& reader, const Value& in, Dims shape) const;

  /// Puts nodes, weights and norms in the order of execution. @param scores the class scores.
  ImportedNetwork finish(const Value& scores);

 private:
  const TensorShape& shape_of(const Value& value) const { return graph_.tensor_of(value.activation); }
  std::string text_of_value(const Value& value) const;
  std::string unique_name(const std::string& wanted);
  std::string node_name(const Reader& reader) const;

  Node* joinable(const Value& value);
  Value append(Node node, const std::string& name, int height, int width, int channels);
  Value own_norm(const Reader& reader, const Value& in, NormKind kind, NormState norm);
  int add_norm(const std::string& layer, NormKind kind, NormState norm);
  NormState identity(int channels, const std::string& layer) const;
  void require_norm_channels(std::size_t channels, const std::string& layer) const;
  Value linear_node(const Reader& reader, const Value& in, const SquareWindow& window, int weights,
                    int out_channels);
  int weights_of(const Reader& reader, const std::string& layout, int kernel, int in_channels,
                 int out_channels);
  void require_plain(const Reader& reader, const Value& value) const;

  std::vector<std::size_t> execution_order() const;
  void renumber();

  const std::string& origin_;
  Graph graph_;
  ModelState state_;
  std::vector<int> producer_;                  // the node of each activation; -1: the input
  std::map<std::string, int> shared_weights_;  // by layout and the initializer's bytes
  std::set<int> used_weights_;
  std::map<std::string, int> names_;  // and the number of the next one of that name
  std::size_t norm_channels_ = 0;     // of all norms
  std::int64_t batch_ = -1;
};

}  // namespace wd::algo
