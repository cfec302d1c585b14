// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/norm_code.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "hw/numerics/fp16.hpp"
#include "hw/numerics/fp8.hpp"

namespace wd::stream {
namespace {

using numerics::fp16_from_float;
using numerics::fp16_to_float;

constexpr int least_exponent = -15, most_exponent = 7;

/// Calls visit(values) for each vector in the order of model::flatten_norms().
template <typename NetworkRef, typename Visit>
void for_each_vector(NetworkRef& network, Visit visit) {
  model::for_each_layer(network, [&](auto& conv, int) {
    for (auto& norm : conv.norms) {
      visit(norm.gamma);
      visit(norm.beta);
    }
  });
}

int exponent_of(const std::vector<std::uint16_t>& values) {
  float most = 0;
  for (const std::uint16_t value : values) most = std::max(most, std::fabs(fp16_to_float(value)));
  int exponent = least_exponent;
  while (exponent < most_exponent && most > std::ldexp(448.0F, exponent)) ++exponent;
  return exponent;
}

std::uint8_t code_of(std::uint16_t value, int exponent) {
  return numerics::fp8_from_float(std::ldexp(fp16_to_float(value), -exponent));
}

std::uint16_t value_of(std::uint8_t code, int exponent) {
  return fp16_from_float(std::ldexp(numerics::fp8_to_float(code), exponent));
}

}  // namespace

void round_norms(model::Network& network) {
  for_each_vector(network, [](std::vector<std::uint16_t>& values) {
    const int exponent = exponent_of(values);
    for (std::uint16_t& value : values) value = value_of(code_of(value, exponent), exponent);
  });
}

Bytes encode_norms(const model::Network& network, const std::string& origin) {
  Bytes bytes;
  for_each_vector(network, [&](const std::vector<std::uint16_t>& values) {
    const int exponent = exponent_of(values);
    bytes.push_back(static_cast<std::uint8_t>(exponent));
    for (const std::uint16_t value : values) {
      bytes.push_back(code_of(value, exponent));
      WD_REQUIRE(value_of(bytes.back(), exponent) == value || value == 0x8000, origin,
                 ": gamma or beta is not rounded to FP8; round_norms() has to come first");
    }
  });
  return bytes;
}

void decode_norms(model::Network& network, const Bytes& bytes, const std::string& origin) {
  std::size_t needed = 0;
  for_each_vector(network, [&](const std::vector<std::uint16_t>& values) { needed += 1 + values.size(); });
  WD_REQUIRE(bytes.size() == needed, origin, ": section 'norms8' has ", bytes.size(),
             " bytes, the network needs ", needed);
  std::size_t at = 0;
  for_each_vector(network, [&](std::vector<std::uint16_t>& values) {
    const int exponent = static_cast<std::int8_t>(bytes[at]);
    WD_REQUIRE(exponent >= least_exponent && exponent <= most_exponent, origin,
               ": section 'norms8': the exponent at byte ", at, " is ", exponent, ", must be ",
               least_exponent, " to ", most_exponent);
    ++at;
    for (std::uint16_t& value : values) {
      const std::uint8_t code = bytes[at];
      WD_REQUIRE((code & 0x7f) != numerics::fp8_nan && code != 0x80, origin, ": section 'norms8': byte ", at,
                 " is ", int{code}, ", which is no value");
      value = value_of(code, exponent);
      ++at;
    }
  });
}

}  // namespace wd::stream
