// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/onnx_tensor.hpp"

#include <array>
#include <cstring>
#include <utility>

#include "base/error.hpp"

namespace wd::algo {

namespace {

using onnx::TensorProto;

constexpr std::array<std::pair<std::int32_t, DType>, 13> type_pairs{{{TensorProto::FLOAT, DType::f32},
                                                                     {TensorProto::UINT8, DType::u8},
                                                                     {TensorProto::INT8, DType::i8},
                                                                     {TensorProto::UINT16, DType::u16},
                                                                     {TensorProto::INT16, DType::i16},
                                                                     {TensorProto::INT32, DType::i32},
                                                                     {TensorProto::INT64, DType::i64},
                                                                     {TensorProto::BOOL, DType::boolean},
                                                                     {TensorProto::FLOAT16, DType::f16},
                                                                     {TensorProto::DOUBLE, DType::f64},
                                                                     {TensorProto::UINT32, DType::u32},
                                                                     {TensorProto::UINT64, DType::u64},
                                                                     {TensorProto::BFLOAT16, DType::bf16}}};

/// The bytes of a typed field whose elements the message stores as wider numbers.
template <typename Element, typename Field>
std::string narrowed(const Field& field, const std::string& what) {
  std::string bytes(static_cast<std::size_t>(field.size()) * sizeof(Element), '\0');
  char* to = bytes.data();
  for (const auto value : field) {
    WD_REQUIRE(std::in_range<Element>(value), what, ": holds ", value,
               ", which its element type cannot hold");
    const auto element = static_cast<Element>(value);
    std::memcpy(to, &element, sizeof element);
    to += sizeof element;
  }
  return bytes;
}

template <typename Field>
std::string copied(const Field& field) {
  return {reinterpret_cast<const char*>(field.data()),
          static_cast<std::size_t>(field.size()) * sizeof(*field.data())};
}

std::string typed_bytes(const TensorProto& proto, DType dtype, const std::string& what) {
  switch (dtype) {
    case DType::f32:
      return copied(proto.float_data());
    case DType::f64:
      return copied(proto.double_data());
    case DType::i64:
      return copied(proto.int64_data());
    case DType::u64:
      return copied(proto.uint64_data());
    case DType::u32:
      return narrowed<std::uint32_t>(proto.uint64_data(), what);
    case DType::i32:
      return copied(proto.int32_data());
    case DType::i16:
      return narrowed<std::int16_t>(proto.int32_data(), what);
    case DType::i8:
      return narrowed<std::int8_t>(proto.int32_data(), what);
    case DType::u8:
    case DType::boolean:
      return narrowed<std::uint8_t>(proto.int32_data(), what);
    default:
      return narrowed<std::uint16_t>(proto.int32_data(), what);  // u16, f16 and bf16 as bits
  }
}

}  // namespace

std::optional<DType> dtype_of_onnx(std::int32_t data_type) {
  for (const auto& [onnx_type, dtype] : type_pairs)
    if (onnx_type == data_type) return dtype;
  return std::nullopt;
}

std::int32_t onnx_type_of(DType wanted, const std::string& what) {
  for (const auto& [onnx_type, dtype] : type_pairs)
    if (dtype == wanted) return onnx_type;
  fail(what, ": element type ", name_of(wanted),
       " has no counterpart in this ONNX version; convert it to F16");
}

NamedTensor take_tensor(TensorProto& proto, const std::string& what) {
  WD_REQUIRE(proto.data_location() != TensorProto::EXTERNAL && proto.external_data_size() == 0, what,
             ": lies in another file; save the model as one file: "
             "onnx.save_model(onnx.load(path), new_path, save_as_external_data=False)");
  const auto dtype = dtype_of_onnx(proto.data_type());
  WD_REQUIRE(dtype.has_value(), what, ": has element type number ", proto.data_type(),
             ", which is not read; convert the tensor to float");
  const Dims shape(proto.dims().begin(), proto.dims().end());
  auto bytes = std::make_shared<std::string>();
  if (proto.has_raw_data())
    bytes->swap(*proto.mutable_raw_data());
  else
    *bytes = typed_bytes(proto, *dtype, what);
  proto.Clear();
  const auto count = element_count(shape);
  WD_REQUIRE(count.has_value() && bytes->size() % bytes_of(*dtype) == 0 &&
                 *count == bytes->size() / bytes_of(*dtype),
             what, ": has shape ", text_of(shape), " of ", name_of(*dtype), " but ", bytes->size(),
             " bytes; the file is damaged");
  return {*dtype, shape, {reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()}, bytes};
}

void put_tensor(const std::string& name, const NamedTensor& tensor, TensorProto& proto) {
  proto.set_name(name);
  proto.set_data_type(onnx_type_of(tensor.dtype, name));
  for (const std::int64_t size : tensor.shape) proto.add_dims(size);
  proto.set_raw_data(tensor.bytes.data(), tensor.bytes.size());
}

}  // namespace wd::algo
