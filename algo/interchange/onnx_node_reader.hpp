// SPDX-License-Identifier: Apache-2.0
// Reads one ONNX node's attributes and constants, refusing what is not as the network needs it.
//
// Errors    wd::Error naming the file, the node, its operator, the attribute or input and what to do.
// Test      import_onnx_test.cpp
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "algo/interchange/onnx_file.hpp"
#include "base/error.hpp"

namespace wd::algo {

/// What the window of a Conv or a pool comes to: everything square and even.
struct SquareWindow {
  int kernel = 1, stride = 1, pad = 0;
};

/// Gammas of all norms of a network: a few bytes of a file can ask for many.
inline constexpr int most_norm_channels = 1 << 22;

class OnnxNodeReader {
 public:
  OnnxNodeReader(const OnnxNode& node, const NamedTensors& constants, const std::string& origin)
      : node_(node), constants_(constants), origin_(origin) {}

  const OnnxNode& node() const { return node_; }
  /// "m.onnx: node 'conv1' (Conv): ", then the parts.
  template <typename... Parts>
  void require(bool condition, const Parts&... parts) const;
  [[noreturn]] void refuse(const std::string& why) const;

  std::int64_t integer(const std::string& name, std::int64_t otherwise) const;
  float real(const std::string& name, float otherwise) const;
  std::string string(const std::string& name, const std::string& otherwise) const;
  std::optional<std::vector<std::int64_t>> integers(const std::string& name) const;
  /// Refuses an attribute that is there with another value. @param remedy what to do then.
  void require_integer(const std::string& name, std::int64_t value, const std::string& remedy,
                       std::optional<std::int64_t> otherwise = std::nullopt) const;

  bool has_input(std::size_t index) const;
  const std::string& input(std::size_t index) const;
  /// The node's one result that is used.
  const std::string& output() const;
  bool is_constant(std::size_t index) const {
    return has_input(index) && constants_.has(node_.inputs[index]);
  }
  const NamedTensor& constant(std::size_t index, const std::string& what) const;
  /// Finite values of a floating-point constant.
  std::vector<float> reals(std::size_t index, const std::string& what) const;
  /// One value per channel from a constant of `channels` or 1 elements.
  std::vector<float> per_channel(std::size_t index, const std::string& what, int channels) const;
  std::vector<std::int64_t> constant_integers(std::size_t index, const std::string& what) const;
  /// Attribute before operator set 13, input since.
  std::optional<std::vector<std::int64_t>> axes() const;

  /// @param kernel of the weights, where the attribute may be left out.
  SquareWindow window(std::optional<int> kernel) const;

 private:
  const OnnxAttribute* find(const std::string& name) const;
  template <typename Kind>
  const Kind* find_as(const std::string& name, const char* kind) const;
  int same(const std::string& name, const std::vector<std::int64_t>& values) const;

  const OnnxNode& node_;
  const NamedTensors& constants_;
  const std::string& origin_;
};

template <typename... Parts>
void OnnxNodeReader::require(bool condition, const Parts&... parts) const {
  if (!condition) refuse(text(parts...));
}

}  // namespace wd::algo
