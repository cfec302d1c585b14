// SPDX-License-Identifier: Apache-2.0
// The geometry against a plain enumeration of pixels and words.
#include "hw/formats/program/geometry.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <utility>
#include <vector>

#include "hw/formats/program/program.hpp"

using namespace wd;
using namespace wd::program;

namespace {

/// A convolution of one block's words, with all fields that geometry looks at. @param width of an image, in columns
arch::Instr conv_of(int height, int width, int kernel, int stride, int pad, const arch::Arch& arch,
                    int images = 1) {
  arch::Instr conv = arch::make(arch::Op::Conv);
  conv.images = images;
  conv.in_h = height, conv.in_w = width * images, conv.in_blocks = conv.out_blocks = 1;
  conv.in_rows = pixel_rows(height, conv.in_w, arch);
  conv.kernel_h = conv.kernel_w = kernel, conv.stride = stride, conv.pad_y = conv.pad_x = pad;
  conv.out_h = (height + 2 * pad - kernel) / stride + 1;
  conv.out_w = ((width + 2 * pad - kernel) / stride + 1) * images;
  conv.tiles = conv.out_rows = pixel_rows(conv.out_h, conv.out_w, arch);
  return conv;
}

/// Sub-reads as the banks see them: each serves one group of those that are left, until none is.
int stepped_sub_reads(const arch::Instr& conv, int tile, int ky, int kx) {
  std::vector<int> left;  // banks of the groups
  for (int q = 16 * tile; q < std::min(16 * tile + 16, conv.out_h * conv.out_w); ++q) {
    const int y = q / conv.out_w * conv.stride + ky - conv.pad_y,
              x = q % conv.out_w * conv.stride + kx - conv.pad_x;
    if (y >= 0 && y < conv.in_h && x >= 0 && x < conv.in_w) left.push_back((y * conv.in_w + x) % 16);
  }
  int steps = 0;
  do {
    unsigned busy = 0;
    std::vector<int> wait;
    for (int bank : left)
      if (busy >> bank & 1)
        wait.push_back(bank);
      else
        busy |= 1u << bank;
    left = wait;
    ++steps;
  } while (!left.empty());
  return steps;
}

/// The most sub-reads of any chunk of a convolution.
int most_sub_reads(const arch::Instr& conv, const arch::Arch& arch) {
  int most = 0;
  for (int tile = 0; tile < conv.tiles; ++tile)
    for (int ky = 0; ky < conv.kernel_h; ++ky)
      for (int kx = 0; kx < conv.kernel_w; ++kx)
        most = std::max(most, sub_reads(conv, tile, ky * conv.kernel_w + kx, arch));
  return most;
}

}  // namespace

TEST_CASE("geometry: a tensor's words fill its rows, no two in one place", "[program][oracle]") {
  for (int chunk : {16, 32, 64})
    for (const auto& [height, width, blocks] :
         {std::array{1, 1, 1}, {5, 9, 3}, {8, 4, 4}, {3, 13, 5}, {2, 40, 2}}) {
      arch::Arch arch;
      arch.chunk = chunk;
      const TensorPlace place{7, width, pixel_rows(height, width, arch)};
      const int words = block_words(blocks, arch);
      CHECK((words - 1) * chunk < blocks * 16);
      CHECK(words * chunk >= blocks * 16);
      std::set<std::pair<int, int>> used;
      int row = 7, last = 0;  // word by word, pixel by pixel, 16 to a row
      for (int word = 0; word < words; ++word, ++row) {
        int bank = 0;
        for (int y = 0; y < height; ++y)
          for (int x = 0; x < width; ++x, ++bank) {
            if (bank == 16) bank = 0, ++row;
            CHECK(pixel_bank(place, y, x, arch) == bank);
            CHECK(pixel_row(place, y, x, word, arch) == row);
            CHECK(used.insert({bank, row}).second);
            last = std::max(last, row);
          }
      }
      CHECK(last + 1 == 7 + tensor_rows(height, width, blocks, arch));
    }
}

TEST_CASE("geometry: an input in a ring is read where its rows were written, whatever its first row is",
          "[program][oracle]") {
  const arch::Arch arch;
  for (const auto& [width, ring_rows, height] : {std::array{16, 3, 3}, {4, 8, 5}, {24, 6, 6}, {6, 8, 7}}) {
    const int pitch = ring_rows * width / 16, base = 5, words = 3;
    for (int top = 0; top < 3 * ring_rows; ++top) {  // row of the image with which the input begins
      const int first = top % ring_rows * width;
      TensorPlace place{base + first / 16, width, pitch, first % 16, 0};
      if (top % ring_rows + height > ring_rows) place.wrap = ring_rows - top % ring_rows;
      std::set<int> places;
      bool right = true;
      for (int word = 0; word < words; ++word)
        for (int y = 0; y < height; ++y)
          for (int x = 0; x < width; ++x) {
            const int q = (top + y) % ring_rows * width + x;  // in the ring
            right = right && pixel_bank(place, y, x, arch) == q % 16 &&
                    pixel_row(place, y, x, word, arch) == base + word * pitch + q / 16;
            places.insert(16 * pixel_row(place, y, x, word, arch) + pixel_bank(place, y, x, arch));
          }
      std::set<int> spanned;
      int end = -1;
      for (const Span& span : tensor_spans(place, height, words, arch)) {
        right = right && span.first > end && span.end > span.first;
        for (int at = span.first; at < span.end; ++at) spanned.insert(at);
        end = span.end;
      }
      INFO(width << " columns, ring of " << ring_rows << " rows, input of " << height << " from row " << top);
      CHECK(right);
      CHECK(spanned == places);
    }
  }
}

TEST_CASE("geometry: what two lists of spans have in common first", "[program]") {
  const std::vector<Span> a{{0, 4}, {10, 12}, {20, 30}};
  CHECK(first_common(a, {{4, 10}, {12, 20}, {30, 31}}) == -1);
  CHECK(first_common(a, {{5, 6}, {11, 40}}) == 11);
  CHECK(first_common({{29, 31}}, a) == 29);
  CHECK(first_common(a, {}) == -1);
}

TEST_CASE("geometry: rows and tiles of a convolution", "[program]") {
  arch::Arch arch;
  arch::Instr conv = arch::make(arch::Op::Conv);
  conv.images = 1;
  conv.kernel_h = conv.kernel_w = 3;
  conv.planes = 2;
  conv.in_blocks = 5;
  conv.out_h = 9;
  conv.out_w = 4;
  conv.out_blocks = 6;
  CHECK(pixel_rows(conv.out_h, conv.out_w, arch) == 3);
  CHECK(channel_tiles(conv.out_blocks, arch) == 2);
  CHECK(tile_blocks(conv, 0, arch) == 4);
  CHECK(tile_blocks(conv, 1, arch) == 2);
  CHECK(stored_rows(conv, arch) == 9 * 5 * 2);
  CHECK(output_rows(conv, arch) == 3 * 6);
  conv.pooled = 1;
  CHECK(stored_rows(conv, arch) == 5 * 2);
  conv.in_rows = 3;  // of 16 pixels, which a tile walks at once
  CHECK(walked_rows(conv, arch) == 3 * 5 * 2);
  arch.chunk = 32;
  CHECK(stored_rows(conv, arch) == 3 * 2);
  CHECK(output_rows(conv, arch) == 3 * 3);
  CHECK(group_pixel(conv, 1, 6, arch)->y == 5);  // 22 = 5 * 4 + 2
  CHECK(group_pixel(conv, 1, 6, arch)->x == 2);
  CHECK(group_pixel(conv, 2, 3, arch)->y == 8);
  CHECK_FALSE(group_pixel(conv, 2, 4, arch));  // 36 pixels
}

TEST_CASE("geometry: an image of a batch reads what it reads alone, and a group sees one image only",
          "[program][oracle]") {
  const arch::Arch arch;
  for (int images : batches)
    for (int width = 1; width <= 9; ++width)
      for (int kernel = 1; kernel <= 3; ++kernel)
        for (int stride : {1, 2})
          for (int pad = 0; pad <= 2; ++pad) {
            const int height = 3;
            if (std::min(height, width) + 2 * pad < kernel) continue;
            const arch::Instr alone = conv_of(height, width, kernel, stride, pad, arch),
                              batch = conv_of(height, width, kernel, stride, pad, arch, images);
            bool equal = batch.out_h == alone.out_h && batch.out_w == alone.out_w * images;
            for (int tile = 0; tile < batch.tiles; ++tile)
              for (int group = 0; group < 16; ++group) {
                const auto pixel = group_pixel(batch, tile, group, arch);
                if (!pixel) continue;
                const int image = pixel->x % images, q = pixel->y * alone.out_w + pixel->x / images;
                equal = equal && image == group % images;
                for (int ky = 0; ky < kernel; ++ky)
                  for (int kx = 0; kx < kernel; ++kx) {
                    const auto of_batch = operand_pixel(batch, tile, group, ky * kernel + kx, arch),
                               by_itself = operand_pixel(alone, q / 16, q % 16, ky * kernel + kx, arch);
                    equal = equal && of_batch.has_value() == by_itself.has_value() &&
                            (!of_batch ||
                             (of_batch->y == by_itself->y && of_batch->x == by_itself->x * images + image));
                  }
              }
            INFO(images << " images, width " << width << " kernel " << kernel << " stride " << stride
                        << " pad " << pad);
            CHECK(equal);
          }
}

TEST_CASE("geometry: sub-reads are those that banks need which serve one group each", "[program][oracle]") {
  const arch::Arch arch;
  for (int height : {1, 2, 7, 16})
    for (int width = 1; width <= 36; ++width)
      for (int kernel = 1; kernel <= 3; ++kernel)
        for (int stride : {1, 2})
          for (int pad = 0; pad <= 2; ++pad) {
            if (std::min(height, width) + 2 * pad < kernel) continue;
            const arch::Instr conv = conv_of(height, width, kernel, stride, pad, arch);
            bool equal = true;
            for (int tile = 0; tile < conv.tiles; ++tile)
              for (int ky = 0; ky < kernel; ++ky)
                for (int kx = 0; kx < kernel; ++kx)
                  equal = equal && sub_reads(conv, tile, ky * kernel + kx, arch) ==
                                       stepped_sub_reads(conv, tile, ky, kx);
            INFO(height << " x " << width << " kernel " << kernel << " stride " << stride << " pad " << pad);
            CHECK(equal);
          }
  // Nothing is read: still one.
  CHECK(sub_reads(conv_of(4, 4, 3, 1, 3, arch), 0, 0, arch) == 1);
  // A column of 16 pixels at a distance of 16 lies in one bank.
  arch::Instr column = conv_of(16, 16, 16, 1, 0, arch);
  column.kernel_h = 1, column.out_h = 16, column.tiles = 1;
  CHECK(sub_reads(column, 0, 3, arch) == 16);
}

TEST_CASE(
    "geometry: at stride 1 no banks conflict when input and output have one width, at stride 2 at most four "
    "groups do",
    "[program][oracle]") {
  const arch::Arch arch;
  int most[3] = {};
  for (int height = 1; height <= 64; ++height)
    for (int width = 1; width <= 64; ++width)
      for (int kernel : {1, 3, 5})
        for (int stride : {1, 2}) {
          const int found = most_sub_reads(conv_of(height, width, kernel, stride, kernel / 2, arch), arch);
          most[stride] = std::max(most[stride], found);
        }
  CHECK(most[1] == 1);
  CHECK(most[2] == 4);
}

TEST_CASE("geometry: a pooled tile reads each pixel once, in a group of its image, a bank each",
          "[program][oracle]") {
  const arch::Arch arch;
  for (int images : batches)
    for (int height : {1, 2, 7, 9})
      for (int width = 1; width <= 9; ++width) {
        arch::Instr conv = conv_of(height, width, 1, 1, 0, arch, images);
        conv.pooled = 1, conv.kernel_h = height, conv.kernel_w = width;
        conv.out_h = 1, conv.out_w = images, conv.tiles = 1;
        std::vector<int> reads(static_cast<std::size_t>(height * conv.in_w));
        bool right = true;
        for (int position = 0; position < tile_positions(conv); ++position) {
          right = right && sub_reads(conv, 0, position, arch) == 1;
          for (int group = 0; group < 16; ++group)
            if (const auto in = operand_pixel(conv, 0, group, position, arch)) {
              ++reads[static_cast<std::size_t>(in->y * conv.in_w + in->x)];
              right = right && in->x % images == group % images;
            }
        }
        INFO(images << " images, " << height << " x " << width);
        CHECK(right);
        CHECK(std::count(reads.begin(), reads.end(), 1) == height * conv.in_w);
      }
}
