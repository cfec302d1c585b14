// SPDX-License-Identifier: Apache-2.0
// The geometry against a plain enumeration of pixels and words.
#include "hw/formats/program/geometry.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <utility>

using namespace wd;
using namespace wd::program;

TEST_CASE("geometry: a tensor's words fill its rows, no two in one place", "[program][oracle]") {
  for (int chunk : {16, 32, 64})
    for (const auto& [height, width, blocks] : {std::array{1, 1, 1}, {5, 9, 3}, {8, 4, 4}, {3, 13, 5}}) {
      arch::Arch arch;
      arch.chunk = chunk;
      const TensorPlace place{7, width, block_words(blocks, arch)};
      CHECK((place.words - 1) * chunk < blocks * 16);
      CHECK(place.words * chunk >= blocks * 16);
      std::set<std::pair<int, int>> used;
      int last = 0;
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
          for (int word = 0; word < place.words; ++word) {
            const int bank = pixel_bank(y, x, arch), row = pixel_row(place, y, x, arch) + word;
            CHECK(bank == y % 4 * 4 + x % 4);
            CHECK(used.insert({bank, row}).second);
            last = std::max(last, row);
          }
      CHECK(last + 1 == 7 + tensor_rows(height, width, blocks, arch));
    }
}

TEST_CASE("geometry: rows and tiles of a convolution", "[program]") {
  arch::Arch arch;
  arch::Instr conv = arch::make(arch::Op::Conv);
  conv.kernel_h = conv.kernel_w = 3;
  conv.planes = 2;
  conv.in_blocks = 5;
  conv.out_h = 9;
  conv.out_w = 4;
  conv.out_blocks = 6;
  conv.out_pitch = 10;
  CHECK(tile_counts(conv.out_h, conv.out_w, conv.out_blocks, arch) == TileCounts{3, 1, 2});
  CHECK(tile_blocks(conv, 0, arch) == 4);
  CHECK(tile_blocks(conv, 1, arch) == 2);
  CHECK(stored_rows(conv, arch) == 9 * 5 * 2);
  CHECK(output_rows(conv, arch) == 2 * 10 + 6);  // three quads of ten words, the last one's first six
  conv.pooled = 1;
  CHECK(stored_rows(conv, arch) == 5 * 2);
  CHECK(walked_rows(conv, arch) == 9 * 5 * 2);
  arch.chunk = 32;
  CHECK(stored_rows(conv, arch) == 3 * 2);
  CHECK(output_rows(conv, arch) == 2 * 5 + 3);
  CHECK(group_pixel(1, 2, 6, arch).y == 5);
  CHECK(group_pixel(1, 2, 6, arch).x == 10);
}
