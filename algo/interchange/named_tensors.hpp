// SPDX-License-Identifier: Apache-2.0
// Holds the tensors of a foreign model file by name, with the file's text metadata.
//
// Shape     row-major (last index fastest), as PyTorch, safetensors and ONNX store them; little-endian.
// Units     a tensor is a view into storage that it shares with its file: no copy is made on loading.
// Numerics  to_floats() rounds f64 and wide whole numbers to nearest even; the other types fit exactly.
// Errors    unknown or twice-given names, types that do not fit the use: wd::Error naming the tensor.
// Test      named_tensors_test.cpp
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wd::algo {

/// Element types of the safetensors format, those of smaller alignment first.
enum class DType { boolean, u8, i8, f8_e5m2, f8_e4m3, i16, u16, f16, bf16, i32, u32, f32, f64, i64, u64 };

/// "F32", "BF16", "BOOL": as safetensors spells it.
std::string_view name_of(DType dtype);
std::optional<DType> dtype_named(std::string_view name);
std::size_t bytes_of(DType dtype);

using Dims = std::vector<std::int64_t>;

/// The number of elements; absent when a dimension is negative or the product leaves 63 bits.
std::optional<std::uint64_t> element_count(const Dims& shape);
/// "[64, 3, 7, 7]".
std::string text_of(const Dims& shape);
/// A name from a file for a message: in quotes, without control characters, at most 120 of its bytes.
std::string name_text(std::string_view name);

struct NamedTensor {
  DType dtype = DType::f32;
  Dims shape;
  std::span<const std::uint8_t> bytes;  // count() * bytes_of(dtype), at any alignment
  std::shared_ptr<const void> storage;  // keeps `bytes` alive

  static NamedTensor of_floats(Dims shape, std::vector<float> values);
  static NamedTensor of_integers(Dims shape, std::vector<std::int64_t> values);

  std::size_t count() const { return bytes.size() / bytes_of(dtype); }
  bool is_real() const;  // a floating-point type
  std::vector<float> to_floats() const;
  /// Whole and boolean types only; u64 above 2^63 - 1 is refused. @param what names it in messages.
  std::vector<std::int64_t> to_integers(const std::string& what) const;
};

class NamedTensors {
 public:
  /// Adds one; a name that is there already is our own bug (readers refuse it with their own words).
  void add(const std::string& name, NamedTensor tensor);
  bool has(const std::string& name) const { return tensors_.count(name) != 0; }
  const NamedTensor* find(const std::string& name) const;
  /// @param origin the file, for the message when the name is missing.
  const NamedTensor& get(const std::string& name, const std::string& origin) const;

  const std::map<std::string, NamedTensor>& all() const { return tensors_; }
  std::size_t size() const { return tensors_.size(); }
  std::uint64_t data_bytes() const;

  std::map<std::string, std::string> metadata;

 private:
  std::map<std::string, NamedTensor> tensors_;
};

/// The name in `names` that differs least from `wanted`, for "did you mean"; empty when none is near.
std::string nearest_name(const std::string& wanted, const NamedTensors& names);

}  // namespace wd::algo
