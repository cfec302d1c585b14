// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/named_tensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <type_traits>
#include <utility>

#include "base/error.hpp"
#include "hw/numerics/fp16.hpp"
#include "hw/numerics/fp8.hpp"

static_assert(std::endian::native == std::endian::little, "tensor bytes are used as they lie in the file");

namespace wd::algo {

namespace {

struct DTypeFact {
  DType dtype;
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array<DTypeFact, 15> dtype_facts{{{DType::boolean, "BOOL", 1},
                                                 {DType::u8, "U8", 1},
                                                 {DType::i8, "I8", 1},
                                                 {DType::f8_e5m2, "F8_E5M2", 1},
                                                 {DType::f8_e4m3, "F8_E4M3", 1},
                                                 {DType::i16, "I16", 2},
                                                 {DType::u16, "U16", 2},
                                                 {DType::f16, "F16", 2},
                                                 {DType::bf16, "BF16", 2},
                                                 {DType::i32, "I32", 4},
                                                 {DType::u32, "U32", 4},
                                                 {DType::f32, "F32", 4},
                                                 {DType::f64, "F64", 8},
                                                 {DType::i64, "I64", 8},
                                                 {DType::u64, "U64", 8}}};

const DTypeFact& fact_of(DType dtype) {
  const DTypeFact& fact = dtype_facts[static_cast<std::size_t>(dtype)];
  WD_ASSERT(fact.dtype == dtype);
  return fact;
}

/// Calls take(index, the element as Element made into a value), from any alignment.
template <typename Element, typename Take, typename ToValue>
void each_element(const NamedTensor& tensor, Take take, ToValue to_value) {
  for (std::size_t i = 0; i < tensor.count(); ++i) {
    Element element;
    std::memcpy(&element, tensor.bytes.data() + i * sizeof element, sizeof element);
    take(i, to_value(element));
  }
}

float from_bf16(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
/// An E5M2 code is the upper half of an f16.
float from_e5m2(std::uint8_t code) { return numerics::fp16_to_float(static_cast<numerics::Fp16>(code << 8)); }
bool from_boolean(std::uint8_t byte) { return byte != 0; }

/// Calls take(index, value) for every element: a float, a double, a bool or a whole number.
template <typename Take>
void each_value(const NamedTensor& tensor, Take take) {
  const auto same = [](auto element) { return element; };
  switch (tensor.dtype) {
    case DType::boolean:
      return each_element<std::uint8_t>(tensor, take, from_boolean);
    case DType::u8:
      return each_element<std::uint8_t>(tensor, take, same);
    case DType::i8:
      return each_element<std::int8_t>(tensor, take, same);
    case DType::f8_e5m2:
      return each_element<std::uint8_t>(tensor, take, from_e5m2);
    case DType::f8_e4m3:
      return each_element<std::uint8_t>(tensor, take, numerics::fp8_to_float);
    case DType::i16:
      return each_element<std::int16_t>(tensor, take, same);
    case DType::u16:
      return each_element<std::uint16_t>(tensor, take, same);
    case DType::f16:
      return each_element<std::uint16_t>(tensor, take, numerics::fp16_to_float);
    case DType::bf16:
      return each_element<std::uint16_t>(tensor, take, from_bf16);
    case DType::i32:
      return each_element<std::int32_t>(tensor, take, same);
    case DType::u32:
      return each_element<std::uint32_t>(tensor, take, same);
    case DType::f32:
      return each_element<float>(tensor, take, same);
    case DType::f64:
      return each_element<double>(tensor, take, same);
    case DType::i64:
      return each_element<std::int64_t>(tensor, take, same);
    case DType::u64:
      return each_element<std::uint64_t>(tensor, take, same);
  }
}

template <typename Element>
NamedTensor owning(DType dtype, Dims shape, std::vector<Element> values) {
  WD_ASSERT(element_count(shape) == values.size());
  auto storage = std::make_shared<const std::vector<Element>>(std::move(values));
  const auto* first = reinterpret_cast<const std::uint8_t*>(storage->data());
  return {dtype, std::move(shape), {first, storage->size() * sizeof(Element)}, storage};
}

/// Edits (insert, remove, replace) that turn one name into the other.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view name_of(DType dtype) { return fact_of(dtype).name; }
std::size_t bytes_of(DType dtype) { return fact_of(dtype).bytes; }

std::optional<DType> dtype_named(std::string_view name) {
  for (const DTypeFact& fact : dtype_facts)
    if (fact.name == name) return fact.dtype;
  return std::nullopt;
}

std::optional<std::uint64_t> element_count(const Dims& shape) {
  std::uint64_t count = 1;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    const auto factor = static_cast<std::uint64_t>(size);
    if (factor != 0 && count > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / factor)
      return std::nullopt;
    count *= factor;
  }
  return count;
}

std::string text_of(const Dims& shape) {
  std::string joined;
  for (const std::int64_t size : shape) joined += (joined.empty() ? "" : ", ") + std::to_string(size);
  return "[" + joined + "]";
}

std::string name_text(std::string_view name) {
  constexpr std::size_t longest = 120;
  std::string shown(name.substr(0, longest));
  for (char& character : shown)
    if (static_cast<unsigned char>(character) < 0x20 || character == 0x7f) character = '?';
  return "'" + shown + (name.size() > longest ? "...'" : "'");
}

NamedTensor NamedTensor::of_floats(Dims shape, std::vector<float> values) {
  return owning(DType::f32, std::move(shape), std::move(values));
}

NamedTensor NamedTensor::of_integers(Dims shape, std::vector<std::int64_t> values) {
  return owning(DType::i64, std::move(shape), std::move(values));
}

bool NamedTensor::is_real() const {
  constexpr DType reals[] = {DType::f64, DType::f32, DType::f16, DType::bf16, DType::f8_e4m3, DType::f8_e5m2};
  return std::find(std::begin(reals), std::end(reals), dtype) != std::end(reals);
}

std::vector<float> NamedTensor::to_floats() const {
  std::vector<float> values(count());
  each_value(*this, [&](std::size_t i, auto value) { values[i] = static_cast<float>(value); });
  return values;
}

std::vector<std::int64_t> NamedTensor::to_integers(const std::string& what) const {
  WD_REQUIRE(!is_real(), what, ": has element type ", name_of(dtype), ", must be a whole-number type");
  std::vector<std::int64_t> values(count());
  each_value(*this, [&](std::size_t i, auto value) {
    if constexpr (std::is_same_v<decltype(value), std::uint64_t>)
      WD_REQUIRE(std::in_range<std::int64_t>(value), what, ": holds ", value,
                 ", which does not fit a signed 64-bit whole number");
    values[i] = static_cast<std::int64_t>(value);
  });
  return values;
}

void NamedTensors::add(const std::string& name, NamedTensor tensor) {
  WD_ASSERT(element_count(tensor.shape) == tensor.count());
  WD_ASSERT(tensors_.emplace(name, std::move(tensor)).second);
}

const NamedTensor* NamedTensors::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

const NamedTensor& NamedTensors::get(const std::string& name, const std::string& origin) const {
  const NamedTensor* tensor = find(name);
  if (tensor == nullptr) {
    const std::string near = nearest_name(name, *this);
    fail(origin, ": tensor ", name_text(name), " is missing", near.empty() ? "" : "; the nearest name is ",
         near.empty() ? "" : name_text(near));
  }
  return *tensor;
}

std::uint64_t NamedTensors::data_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : tensors_) bytes += tensor.bytes.size();
  return bytes;
}

std::string nearest_name(const std::string& wanted, const NamedTensors& names) {
  // Names are short and few; a hostile file must not cost much time.
  constexpr std::size_t longest = 200, most = 10000;
  if (names.size() > most) return {};
  std::string nearest;
  std::size_t fewest = wanted.size() / 2 + 1;
  for (const auto& [name, tensor] : names.all()) {
    if (name.size() > longest || wanted.size() > longest) continue;
    const std::size_t edits = edit_distance(wanted, name);
    if (edits < fewest) {
      fewest = edits;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace wd::algo
