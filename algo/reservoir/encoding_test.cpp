// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/encoding.hpp"

#include <catch2/catch.hpp>
#include <numeric>

using namespace wd::algo;

namespace {
/// The planes of one pixel value, plane 0 first.
std::vector<bool> code_of(const EncodingConfig& config, unsigned pixel) {
  const Encoding encoding(config);
  std::vector<bool> bits;
  for (int plane = 0; plane < encoding.planes(); ++plane)
    bits.push_back(encoding.bit(plane, static_cast<std::uint8_t>(pixel)));
  return bits;
}
}  // namespace

TEST_CASE("encoding: a threshold is one plane", "[algo]") {
  const EncodingConfig config{PixelCode::threshold, 1, 77};
  CHECK(code_of(config, 76) == std::vector<bool>{false});
  CHECK(code_of(config, 77) == std::vector<bool>{true});
}

TEST_CASE("encoding: binary planes give the value back", "[algo][oracle]") {
  for (unsigned pixel = 0; pixel < 256; ++pixel) {
    unsigned value = 0;
    for (bool bit : code_of({PixelCode::binary, 8}, pixel)) value = 2 * value + bit;
    CHECK(value == pixel);
  }
  CHECK(code_of({PixelCode::binary, 2}, 0x9f) == std::vector<bool>{true, false});
}

TEST_CASE("encoding: neighbouring values differ in one Gray plane and all are different", "[algo][oracle]") {
  std::vector<bool> last;
  for (unsigned pixel = 0; pixel < 256; ++pixel) {
    const std::vector<bool> code = code_of({PixelCode::gray, 8}, pixel);
    // The reflected code's inverse: a value bit is the parity of the code bits from the top down to it.
    unsigned value = 0, parity = 0;
    int changed = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      parity ^= code[k];
      value = 2 * value + parity;
      if (pixel > 0) changed += code[k] != last[k];
    }
    CHECK(value == pixel);
    CHECK(changed == (pixel > 0 ? 1 : 0));
    last = code;
  }
}

TEST_CASE("encoding: thermometer planes are evenly spaced and nested", "[algo]") {
  const EncodingConfig three{PixelCode::thermometer, 3};
  CHECK(code_of(three, 63) == std::vector<bool>{false, false, false});
  CHECK(code_of(three, 64) == std::vector<bool>{true, false, false});
  CHECK(code_of(three, 128) == std::vector<bool>{true, true, false});
  CHECK(code_of(three, 192) == std::vector<bool>{true, true, true});
  for (unsigned pixel = 0; pixel < 256; ++pixel) {
    CHECK(code_of({PixelCode::thermometer, 1}, pixel) == code_of({PixelCode::threshold, 1, 128}, pixel));
    const std::vector<bool> code = code_of({PixelCode::thermometer, max_planes}, pixel);
    CHECK(std::is_sorted(code.rbegin(), code.rend()));
  }
}

TEST_CASE("encoding: planes keep the image's rows and columns", "[algo]") {
  std::vector<std::uint8_t> image(3 * 70);
  std::iota(image.begin(), image.end(), std::uint8_t{20});
  const Encoding encoding({PixelCode::gray, 5});
  std::vector<BitPlane> planes(5, BitPlane(3, 70));
  planes[2].set(1, 1);  // what was there before must go
  encoding.encode(image, planes);
  int wrong = 0;
  for (int plane = 0; plane < 5; ++plane)
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 70; ++x)
        wrong += planes[static_cast<std::size_t>(plane)].get(y, x) !=
                 encoding.bit(plane, image[static_cast<std::size_t>(y * 70 + x)]);
  CHECK(wrong == 0);
}
