// SPDX-License-Identifier: Apache-2.0
#include "algo/interchange/named_tensors.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

template <typename Element>
NamedTensor tensor_of(DType dtype, const std::vector<Element>& elements) {
  auto storage = std::make_shared<std::vector<std::uint8_t>>(elements.size() * sizeof(Element) + 1);
  std::memcpy(storage->data() + 1, elements.data(), storage->size() - 1);  // at an odd address
  const std::span<const std::uint8_t> bytes(storage->data() + 1, storage->size() - 1);
  return {dtype, {static_cast<std::int64_t>(elements.size())}, bytes, storage};
}

}  // namespace

TEST_CASE("named tensors: every element type becomes the floats that its standard says",
          "[interchange][oracle]") {
  using Floats = std::vector<float>;
  CHECK(tensor_of<float>(DType::f32, {1.5f, -0.0f, 3e38f}).to_floats() == Floats{1.5f, -0.0f, 3e38f});
  CHECK(tensor_of<double>(DType::f64, {0.1, 1e300}).to_floats() ==
        Floats{0.1f, std::numeric_limits<float>::infinity()});
  // IEEE 754 binary16: 1, -2, 2^-24 (smallest subnormal), 65504, infinity.
  CHECK(tensor_of<std::uint16_t>(DType::f16, {0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00}).to_floats() ==
        Floats{1, -2, 0x1p-24f, 65504, std::numeric_limits<float>::infinity()});
  // bfloat16: the upper half of binary32. 1, -2, pi rounded down.
  CHECK(tensor_of<std::uint16_t>(DType::bf16, {0x3f80, 0xc000, 0x4049}).to_floats() ==
        Floats{1, -2, 3.140625f});
  // OCP OFP8: 1, 448, 2^-9 in E4M3; 1, 57344, 2^-16, -infinity in E5M2.
  CHECK(tensor_of<std::uint8_t>(DType::f8_e4m3, {0x38, 0x7e, 0x01}).to_floats() == Floats{1, 448, 0x1p-9f});
  CHECK(tensor_of<std::uint8_t>(DType::f8_e5m2, {0x3c, 0x7b, 0x01, 0xfc}).to_floats() ==
        Floats{1, 57344, 0x1p-16f, -std::numeric_limits<float>::infinity()});
  CHECK(std::isnan(tensor_of<std::uint8_t>(DType::f8_e4m3, {0xff}).to_floats()[0]));
  CHECK(tensor_of<std::uint8_t>(DType::boolean, {0, 1, 7}).to_floats() == Floats{0, 1, 1});
  CHECK(tensor_of<std::int8_t>(DType::i8, {-128, 127}).to_floats() == Floats{-128, 127});
  CHECK(tensor_of<std::uint8_t>(DType::u8, {255}).to_floats() == Floats{255});
  CHECK(tensor_of<std::int16_t>(DType::i16, {-32768}).to_floats() == Floats{-32768});
  CHECK(tensor_of<std::uint16_t>(DType::u16, {65535}).to_floats() == Floats{65535});
  CHECK(tensor_of<std::int32_t>(DType::i32, {-7}).to_floats() == Floats{-7});
  CHECK(tensor_of<std::uint32_t>(DType::u32, {4000000000u}).to_floats() == Floats{4e9f});
  CHECK(tensor_of<std::int64_t>(DType::i64, {-9}).to_floats() == Floats{-9});
  CHECK(tensor_of<std::uint64_t>(DType::u64, {std::uint64_t{1} << 63}).to_floats() == Floats{0x1p63f});
}

TEST_CASE("named tensors: whole numbers are read as such and nothing else", "[interchange][message]") {
  CHECK(tensor_of<std::int64_t>(DType::i64, {-1, 1ll << 62}).to_integers("t") ==
        std::vector<std::int64_t>{-1, 1ll << 62});
  CHECK(tensor_of<std::uint8_t>(DType::boolean, {0, 5}).to_integers("t") == std::vector<std::int64_t>{0, 1});
  CHECK_THROWS_WITH(tensor_of<std::uint64_t>(DType::u64, {~std::uint64_t{0}}).to_integers("f: 'n'"),
                    "f: 'n': holds 18446744073709551615, which does not fit a signed 64-bit whole number");
  CHECK_THROWS_WITH(tensor_of<float>(DType::f32, {1}).to_integers("f: 'n'"),
                    "f: 'n': has element type F32, must be a whole-number type");
}

TEST_CASE("named tensors: element counts do not wrap around", "[interchange]") {
  CHECK(element_count({}) == 1u);
  CHECK(element_count({3, 0, 5}) == 0u);
  CHECK(element_count({64, 3, 7, 7}) == 9408u);
  CHECK_FALSE(element_count({2, -1}).has_value());
  CHECK_FALSE(element_count({std::int64_t{1} << 40, std::int64_t{1} << 40}).has_value());
  CHECK_FALSE(element_count({std::int64_t{1} << 32, std::int64_t{1} << 31}).has_value());
}

TEST_CASE("named tensors: a missing name is answered with the nearest one", "[interchange][message]") {
  NamedTensors tensors;
  tensors.add("layer1.0.conv1.scores", NamedTensor::of_floats({2}, {1, 2}));
  CHECK_THROWS_WITH(tensors.get("layer1.0.conv1.score", "m.safetensors"),
                    "m.safetensors: tensor 'layer1.0.conv1.score' is missing; the nearest name is "
                    "'layer1.0.conv1.scores'");
  CHECK_THROWS_WITH(tensors.get("q", "m.safetensors"), "m.safetensors: tensor 'q' is missing");
  CHECK(name_text("a\nb\x1b[2J") == "'a?b?[2J'");
  CHECK(name_text(std::string(500, 'x')).size() == 125);
}
