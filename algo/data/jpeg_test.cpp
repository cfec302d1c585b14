// SPDX-License-Identifier: Apache-2.0
#include "algo/data/jpeg.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "algo/data/counter_random.hpp"
#include "algo/data/encode_jpeg.hpp"
#include "base/error.hpp"

using namespace wd;
using namespace wd::algo;
using Catch::Contains;

namespace {

int largest_difference(const Bytes& a, const std::vector<std::uint8_t>& b) {
  REQUIRE(a.size() == b.size());
  int largest = 0;
  for (std::size_t at = 0; at < a.size(); ++at) largest = std::max(largest, std::abs(a[at] - b[at]));
  return largest;
}

Bytes smooth_jpeg(const JpegKind& kind = {}) { return encode_jpeg(24, 40, smooth_picture(24, 40, 10), kind); }

/// Where a marker of two bytes begins.
std::size_t marker_at(const Bytes& bytes, std::uint8_t code) {
  for (std::size_t at = bytes.size() - 1; at > 0; --at)
    if (bytes[at - 1] == 0xff && bytes[at] == code) return at - 1;
  FAIL("no such marker");
  return 0;
}

}  // namespace

TEST_CASE("jpeg: RGB, sequential and progressive, is what was encoded", "[data][round-trip]") {
  JpegKind kind;
  kind.progressive = GENERATE(false, true);
  const Picture picture = decode_jpeg(smooth_jpeg(kind), "smooth");
  CHECK(picture.height == 24);
  CHECK(picture.width == 40);
  CHECK(largest_difference(smooth_picture(24, 40, 10), picture.pixels) <=
        5);  // of 8-bit YCbCr and of quality 100
}

TEST_CASE("jpeg: grey becomes three equal channels", "[data]") {
  Bytes grey;
  for (int at = 0; at < 16 * 16; ++at) grey.push_back(static_cast<std::uint8_t>(at / 16 * 15));
  const Picture picture = decode_jpeg(encode_jpeg(16, 16, grey, {JCS_GRAYSCALE, 1}), "grey");
  REQUIRE(picture.pixels.size() == 768);
  Bytes red;
  for (std::size_t at = 0; at < 768; at += 3) {
    red.push_back(picture.pixels[at]);
    CHECK(picture.pixels[at + 1] == red.back());
    CHECK(picture.pixels[at + 2] == red.back());
  }
  CHECK(largest_difference(grey, red) <= 2);
  // Mid grey has no coefficient that is not zero: exact.
  const Picture flat = decode_jpeg(encode_jpeg(9, 7, Bytes(63, 128), {JCS_GRAYSCALE, 1}), "flat");
  CHECK(flat.pixels == Bytes(189, 128));
}

TEST_CASE("jpeg: four inks become RGB as Pillow makes it", "[data][oracle]") {
  // What is stored of cyan, magenta, yellow and black, and Pillow's RGB.
  struct Case {
    std::uint8_t stored[4], rgb[3];
  };
  for (const auto& [stored, rgb] :
       {Case{{200, 100, 50, 255}, {200, 100, 50}}, Case{{200, 100, 50, 128}, {100, 50, 25}},
        Case{{255, 255, 255, 255}, {255, 255, 255}}, Case{{255, 10, 77, 0}, {0, 0, 0}},
        Case{{0, 128, 255, 64}, {0, 32, 64}}})
    for (const bool ycck : {false, true}) {
      INFO("black " << int{stored[3]} << ", YCCK " << ycck);
      Bytes pixels;
      for (int i = 0; i < 9 * 5; ++i) pixels.insert(pixels.end(), stored, stored + 4);
      const Picture picture = decode_jpeg(
          encode_jpeg(5, 9, pixels, {.space = JCS_CMYK, .channels = 4, .ycck = ycck}), "inks.jpg");
      REQUIRE(picture.pixels.size() == 5 * 9 * 3);
      for (std::size_t at = 0; at < picture.pixels.size(); ++at)
        CHECK(std::abs(picture.pixels[at] - rgb[at % 3]) <= 2);
    }
}

TEST_CASE("jpeg: other colour spaces are refused by name", "[data][bad-input]") {
  const Bytes pair = encode_jpeg(8, 8, Bytes(128, 90), {JCS_UNKNOWN, 2});
  CHECK_THROWS_WITH(decode_jpeg(pair, "p.jpg"), Contains("p.jpg: has 2 channels of an unknown colour space"));
}

TEST_CASE("jpeg: every truncation is refused", "[data][bad-input]") {
  JpegKind kind;
  kind.progressive = GENERATE(false, true);
  const Bytes whole = smooth_jpeg(kind);
  for (std::size_t kept = 0; kept < whole.size(); ++kept) {
    INFO(kept << " of " << whole.size() << " bytes");
    CHECK_THROWS_AS(decode_jpeg(std::span(whole).first(kept), "cut.jpg"), Error);
  }
  CHECK_THROWS_WITH(decode_jpeg(std::span(whole).first(whole.size() - 40), "cut.jpg"),
                    Contains("cut.jpg: is no whole JPEG file (") && Contains("remature end"));
  CHECK_THROWS_WITH(decode_jpeg({}, "cut.jpg"), Contains("cut.jpg: is empty"));
}

TEST_CASE("jpeg: garbage is refused; flipped bits give a picture or an error", "[data][bad-input]") {
  Bytes garbage;
  for (std::uint64_t n = 0; n < 5000; ++n)
    garbage.push_back(static_cast<std::uint8_t>(random_bits(1, RandomStream::shuffle, n)));
  CHECK_THROWS_WITH(decode_jpeg(garbage, "g.jpg"), Contains("g.jpg: is no whole JPEG file (Not a JPEG file"));
  garbage[0] = 0xff;
  garbage[1] = 0xd8;
  CHECK_THROWS_AS(decode_jpeg(garbage, "g.jpg"), Error);
  JpegKind kind;
  kind.progressive = GENERATE(false, true);
  const Bytes whole = smooth_jpeg(kind);
  for (std::uint64_t trial = 0; trial < 3000; ++trial) {
    const std::uint64_t bits = random_bits(2, RandomStream::shuffle, trial);
    Bytes damaged = whole;
    const std::size_t at = bits % whole.size();
    damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ (1 + (bits >> 40) % 255));
    try {
      const Picture picture = decode_jpeg(damaged, "d.jpg");
      CHECK(picture.pixels.size() ==
            static_cast<std::size_t>(picture.height) * static_cast<std::size_t>(picture.width) * 3);
    } catch (const Error&) {
    }
  }
}

TEST_CASE("jpeg: a header that claims a huge picture is refused before allocation", "[data][bad-input]") {
  Bytes claimed = smooth_jpeg();
  const std::size_t frame = marker_at(claimed, 0xc0);  // then length, precision, height, width
  for (const std::size_t byte : {5, 6, 7, 8}) claimed[frame + byte] = 0xfd;
  CHECK_THROWS_WITH(decode_jpeg(claimed, "h.jpg"),
                    Contains("h.jpg: is 65021 x 65021, must have at most 67108864"));
  Bytes scans = encode_jpeg(24, 17, smooth_picture(24, 17, 30), {JCS_RGB, 3, 60, true, false});
  const std::size_t progressive = marker_at(scans, 0xc2);
  for (const std::size_t byte : {5, 7})
    scans[progressive + byte] = 0x1f;  // 7960 x 7953: all coefficients are kept
  CHECK_THROWS_WITH(decode_jpeg(scans, "s.jpg"), Contains("s.jpg: is ") && Contains("decoding takes ") &&
                                                     Contains("; replace or remove it"));
}

TEST_CASE("jpeg: a file that repeats its scans is refused", "[data][bad-input]") {
  JpegKind kind;
  kind.separate_scans = true;
  const Bytes whole = smooth_jpeg(kind);
  CHECK_NOTHROW(decode_jpeg(whole, "s.jpg"));
  const std::size_t scan = marker_at(whole, 0xda), end = marker_at(whole, 0xd9);
  Bytes repeated(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(end));
  for (int times = 0; times < 200; ++times)
    repeated.insert(repeated.end(), whole.begin() + static_cast<std::ptrdiff_t>(scan),
                    whole.begin() + static_cast<std::ptrdiff_t>(end));
  repeated.insert(repeated.end(), {0xff, 0xd9});
  CHECK_THROWS_WITH(decode_jpeg(repeated, "s.jpg"),
                    Contains("s.jpg: is no whole JPEG file (more than 128 scans)"));
}

TEST_CASE("jpeg: stray bytes between segments cost nothing", "[data]") {
  const Bytes whole = smooth_jpeg();
  Bytes stray = whole;
  stray.insert(stray.begin() + static_cast<std::ptrdiff_t>(marker_at(whole, 0xda)), {0x11, 0x22});
  CHECK(decode_jpeg(stray, "e.jpg").pixels == decode_jpeg(whole, "w.jpg").pixels);
}
