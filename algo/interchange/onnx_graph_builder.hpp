// SPDX-License-Identifier: Apache-2.0
// Builds a network of ours from one ONNX operator after the other, joining those that one node can do.
//
// Shape     a value is an activation and how ONNX sees it: of rank 4 (batch x C x H x W), 3 (batch x C x N,
//           N = H W tokens) or 2; its channels behind the positions (batch x N x C); its positions merged
//           into the channels (rank 2, channel-major) or its rows into the batch (rank 2: batch N x C, batch
//           C x N).
// Numerics  what joins a node: norm, offset and gain when no sum or activation came before; a sum when no
//           activation came before; only where nothing else reads the node's result. The rest becomes a
//           node of its own.
// Errors    shapes that do not fit or have no counterpart: wd::Error naming the ONNX node.
// Test      import_onnx_test.cpp, import_onnx_tokens_test.cpp
#pragma once

#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "algo/interchange/model_state.hpp"
#include "algo/interchange/onnx_node_reader.hpp"

namespace wd::algo {

/// Where a shape takes the size of a batch that is not fixed.
inline constexpr std::int64_t any_batch = std::numeric_limits<std::int64_t>::min();

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
    bool merged = false;   // positions into channels
    bool sole = true;      // read by one node alone
    bool last = false;     // channels behind the positions
    bool stacked = false;  // rows into the batch: positions, or channels where these are not last
  };
  using Reader = OnnxNodeReader;

  explicit OnnxGraphBuilder(const std::string& origin) : origin_(origin) {}

  /// @param batch -1: any.
  Value add_input(const TensorShape& shape, int rank, std::int64_t batch);
  int channels(const Value& value) const;
  /// One position, or a vector.
  bool is_vector(const Value& value) const;
  std::int64_t positions(const Value& value) const;
  /// As ONNX sees it, but for any_batch.
  Dims dims(const Value& value) const;

  /// @param shape O x I x K x K of input 1, the weight.
  Value conv(const Reader& reader, const Value& in, const SquareWindow& window, const Dims& shape);
  /// Input 1 is the weight, O x I if transposed, else I x O.
  Value linear(const Reader& reader, const Value& in, bool transposed);
  /// Each position's channels, or each channel's positions, times a matrix: O x I if transposed, else I x O.
  Value channel_mix(const Reader& reader, const Value& in, std::size_t weight, bool transposed);
  Value token_mix(const Reader& reader, const Value& in, std::size_t weight, bool transposed);
  Value batch_norm(const Reader& reader, const Value& in, NormState norm);
  Value offset(const Reader& reader, const Value& in, const std::vector<float>& beta);
  Value gain(const Reader& reader, const Value& in, const std::vector<float>& gamma);
  Value layer_norm(const Reader& reader, const Value& in, NormState norm, double epsilon);
  Value activate(const Reader& reader, const Value& in, Activation activation);
  Value add(const Reader& reader, const Value& left, const Value& right);
  Value pool(const Reader& reader, const Value& in, NodeKind kind, const SquareWindow& window);
  Value global_pool(const Reader& reader, const Value& in);
  Value flattened(const Reader& reader, const Value& in, int rank) const;
  Value reshape(const Reader& reader, const Value& in, Dims shape);
  Value transpose(const Reader& reader, const Value& in, const Dims& order) const;

  /// Puts nodes, weights and norms in the order of execution. @param scores the class scores.
  ImportedNetwork finish(const Value& scores);

 private:
  const TensorShape& shape_of(const Value& value) const { return graph_.tensor_of(value.activation); }
  std::string text_of_value(const Value& value) const;
  std::string unique_name(const std::string& wanted);
  std::string node_name(const Reader& reader) const;

  Node* joinable(const Value& value);
  static Value as(Value made, const Value& in);
  Value append(Node node, const std::string& name, int height, int width, int channels);
  Value own_norm(const Reader& reader, const Value& in, NormKind kind, NormState norm);
  int add_norm(const std::string& layer, NormKind kind, NormState norm);
  NormState identity(int channels, const std::string& layer) const;
  void require_norm_channels(std::size_t channels, const std::string& layer) const;
  Value linear_node(const Reader& reader, const Value& in, const SquareWindow& window, int weights,
                    int out_channels);
  /// @param layout "oi" or "io", behind what else tells two uses of one initializer apart
  int weights_of(const Reader& reader, std::size_t input, const std::string& layout, int kernel,
                 int in_channels, int out_channels);
  std::string name_by_weights(int weights);
  Dims matrix_shape(const Reader& reader, std::size_t weight, bool transposed) const;
  void require_plain(const Reader& reader, const Value& value) const;
  void require_map(const Reader& reader, const Value& value) const;
  Value as_tokens(const Value& in, bool last);
  bool take_map_shape(const Value& in, std::int64_t height, std::int64_t width);

  std::vector<std::size_t> execution_order() const;
  void renumber();

  const std::string& origin_;
  Graph graph_;
  ModelState state_;
  std::vector<int> producer_;                  // the node of each activation; -1: the input
  std::map<std::string, int> shared_weights_;  // by layout and the initializer's bytes
  std::set<int> used_weights_;
  std::map<std::string, int> names_;                           // and the number of the next one of that name
  std::map<std::int64_t, std::pair<int, int>> map_of_tokens_;  // the last map of so many positions
  std::size_t norm_channels_ = 0;                              // of all norms
  std::int64_t batch_ = -1;
};

}  // namespace wd::algo
