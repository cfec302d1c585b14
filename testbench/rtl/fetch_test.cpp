// SPDX-License-Identifier: Apache-2.0
// Operand fetch against a plain enumeration of pixels: what is staged for every group, and in which cycle.
#include <verilated.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "Vwd_fetch.h"
#include "hw/arch/isa.hpp"

using namespace wd;
using arch::Instr;

namespace {

/// Byte i of a bank's word, by place.
std::uint8_t content(int bank, int row, int i) {
  return static_cast<std::uint8_t>(row * 37 + (row >> 8) * 11 + bank * 83 + i * 5 + 1);
}

/// Bank and row of what a group needs; bank -1: nothing.
struct Place {
  int bank = -1, row = 0;
};

class Bench {
 public:
  explicit Bench(const Instr& conv) : conv_(conv) {
    const arch::InstrWord word = arch::encode(conv);
    for (int i = 0; i < arch::instr_bits / 32; ++i)
      model_.instr_i[i] = static_cast<std::uint32_t>(word[static_cast<std::size_t>(i / 2)] >> 32 * (i % 2));
    model_.rst_ni = 0;
    cycle();
    model_.rst_ni = 1;
    cycle();
    model_.begin_i = 1;
    cycle();
    model_.begin_i = 0;
  }

  /// Runs a tile; consumes each chunk `wait` cycles after it is ready. @return whether all was as expected
  bool tile(int t, int wait) {
    model_.inside_i = 0;
    for (int g = 0; g < 16; ++g)
      model_.inside_i |= (conv_.pooled || 16 * t + g < conv_.out_h * conv_.out_w) << g;
    model_.setup_i = 1;
    cycle();
    model_.setup_i = 0;
    model_.run_first_i = 1;
    bool good = true;
    if (conv_.pooled)
      for (int first = 0; first < conv_.in_h * conv_.in_w; first += 16)
        for (int block = 0; block < conv_.in_blocks; ++block) good = pooled_chunk(first, block, wait) && good;
    for (int ky = 0; ky < conv_.kernel_h && !conv_.pooled; ++ky)
      for (int kx = 0; kx < conv_.kernel_w; ++kx)
        for (int block = 0; block < conv_.in_blocks; ++block) good = chunk(t, ky, kx, block, wait) && good;
    for (int i = 0; i < 3; ++i) {  // nothing follows the last chunk
      good = model_.ready_o == (i == 0) && good;
      cycle();
      good = reads_ == 0 && good;
      model_.consumed_i = 0;
    }
    model_.tile_done_i = 1;
    model_.next_oc_i = t + 1 == conv_.tiles;
    cycle();
    model_.tile_done_i = model_.next_oc_i = 0;
    return good;
  }

  /// Runs a POOL's tile. @return whether what is staged in the end, the cycles and the words read were as expected
  bool pool_tile(int block, int t, bool last_of_block) {
    model_.inside_i = 0;
    std::array<std::array<int, 16>, 16> greatest;
    for (auto& group : greatest) group.fill(-1);  // of no position
    int cycles = 0, words = 0;
    for (int ky = 0; ky < conv_.kernel_h; ++ky)
      for (int kx = 0; kx < conv_.kernel_w; ++kx) {
        std::array<int, 16> needs{};
        int sub_reads = 1;
        for (int g = 0; g < 16; ++g) {
          const int q = 16 * t + g, y = q / conv_.out_w * conv_.stride + ky - conv_.pad_y,
                    x = q % conv_.out_w * conv_.stride + kx - conv_.pad_x;
          if (q >= conv_.out_h * conv_.out_w) continue;
          model_.inside_i |= 1 << g;
          if (y < 0 || y >= conv_.in_h || x < 0 || x >= conv_.in_w) continue;
          const Place place = place_of(y, x, block);
          sub_reads = std::max(sub_reads, ++needs[static_cast<std::size_t>(place.bank)]);
          ++words;
          expect(greatest, g, place.bank, place.row);
        }
        cycles += sub_reads + 1;
      }
    model_.setup_i = 1;
    cycle();
    model_.setup_i = 0;
    model_.run_first_i = 1;
    bool good = true;
    int seen = 0;
    for (int i = 0; i < cycles; ++i) {
      cycle();
      model_.run_first_i = 0;
      good = done_ == (i + 1 == cycles) && good;
      seen += reads_;
    }
    for (int byte = 0; byte < 256; ++byte) {
      const int most = greatest[static_cast<std::size_t>(byte / 16)][static_cast<std::size_t>(byte % 16)];
      good =
          (most < 0 || static_cast<int>(model_.staged_o[byte / 4] >> 8 * (byte % 4) & 0xff) == most) && good;
    }
    model_.tile_done_i = 1;
    model_.next_oc_i = last_of_block;
    cycle();
    good = reads_ == 0 && good;
    model_.tile_done_i = model_.next_oc_i = 0;
    return good && seen == words;
  }

 private:
  /// Of an input pixel; the rows behind `in_wrap` lie where the ring of a channel block begins.
  Place place_of(int y, int x, int block) const {
    const int ring = 16 * conv_.in_rows, first = 16 * conv_.in_base + conv_.in_offset;
    const int at = first + block * ring + y * conv_.in_w + x - (conv_.in_wrap != 0 && y >= conv_.in_wrap ? ring : 0);
    return {at % 16, at / 16};
  }

  /// Group g has pixel first + g of the input, and lies with it in bank g.
  bool pooled_chunk(int first, int block, int wait) {
    std::array<Place, 16> places;
    for (int g = 0; g < std::min(16, conv_.in_h * conv_.in_w - first); ++g)
      places[static_cast<std::size_t>(g)] = {g, conv_.in_base + block * conv_.in_rows + first / 16};
    return staged(places, 1, wait);
  }

  bool chunk(int t, int ky, int kx, int block, int wait) {
    std::array<Place, 16> places;
    std::array<int, 16> needs{};
    int sub_reads = 1;
    for (int g = 0; g < 16; ++g) {
      const int q = 16 * t + g, image = q % conv_.images, column = q % conv_.out_w / conv_.images;
      const int y = q / conv_.out_w * conv_.stride + ky - conv_.pad_y,
                x = (column * conv_.stride + kx - conv_.pad_x) * conv_.images + image;
      if (q >= conv_.out_h * conv_.out_w || y < 0 || y >= conv_.in_h || x < 0 || x >= conv_.in_w) continue;
      const Place place = places[static_cast<std::size_t>(g)] = place_of(y, x, block);
      sub_reads = std::max(sub_reads, ++needs[static_cast<std::size_t>(place.bank)]);
    }
    return staged(places, sub_reads, wait);
  }

  /// From the cycle in which a chunk's fetch starts to the one in which it is consumed, which is left to the next one.
  bool staged(const std::array<Place, 16>& places, int sub_reads, int wait) {
    const auto words =
        std::count_if(places.begin(), places.end(), [](const Place& place) { return place.bank >= 0; });
    int seen = 0;
    bool good = true;
    for (int i = 0; i <= sub_reads + wait; ++i) {
      cycle();
      model_.run_first_i = model_.consumed_i = 0;
      seen += reads_;
      good = model_.ready_o == (i >= sub_reads) && good;  // in the coming cycle
    }
    good = seen == words && good;
    for (int g = 0; g < 16; ++g)
      for (int i = 0; i < 16; ++i) {
        const auto [bank, row] = places[static_cast<std::size_t>(g)];
        const int byte = g * 16 + i;
        good =
            (model_.staged_o[byte / 4] >> 8 * (byte % 4) & 0xff) == (bank < 0 ? 0u : content(bank, row, i)) &&
            good;
      }
    model_.consumed_i = 1;
    return good;
  }

  void expect(std::array<std::array<int, 16>, 16>& greatest, int group, int bank, int row) const {
    for (int i = 0; i < 16; ++i) {
      const std::uint8_t code = content(bank, row, i);
      int& most = greatest[static_cast<std::size_t>(group)][static_cast<std::size_t>(i)];
      if (most < 0 || order(code) > order(static_cast<std::uint8_t>(most))) most = code;
    }
  }

  static int order(std::uint8_t code) { return code & 0x80 ? -(code & 0x7f) : code & 0x7f; }

  void cycle() {
    model_.clk_i = 0;
    model_.eval();
    const std::uint32_t read = model_.read_o;
    reads_ = model_.reads_o;
    done_ = model_.pool_done_o;
    std::array<int, 16> rows{};
    for (int bank = 0; bank < 16; ++bank)
      for (int bit = 0; bit < 10; ++bit)
        rows[static_cast<std::size_t>(bank)] |=
            static_cast<int>(model_.row_o[(bank * 10 + bit) / 32] >> (bank * 10 + bit) % 32 & 1) << bit;
    model_.clk_i = 1;
    model_.eval();
    for (int bank = 0; bank < 16; ++bank)
      if (read >> bank & 1)
        for (int i = 0; i < 4; ++i) {
          std::uint32_t four = 0;
          for (int j = 0; j < 4; ++j)
            four |= std::uint32_t{content(bank, rows[static_cast<std::size_t>(bank)], 4 * i + j)} << 8 * j;
          model_.data_i[bank * 4 + i] = four;
        }
    model_.eval();
  }

  const Instr conv_;
  Vwd_fetch model_;
  int reads_ = 0;      // of the cycle before
  bool done_ = false;  // the same
};

/// @param width of an image, in columns
Instr conv_of(int height, int width, int kernel_h, int kernel_w, int stride, int pad, int blocks,
              int images = 1) {
  Instr conv = arch::make(arch::Op::Conv);
  conv.images = images;
  conv.in_h = height, conv.in_w = width * images, conv.in_blocks = blocks;
  conv.in_rows = (height * width * images + 15) / 16;
  conv.kernel_h = kernel_h, conv.kernel_w = kernel_w, conv.stride = stride, conv.pad_y = conv.pad_x = pad;
  conv.out_h = (height + 2 * pad - kernel_h) / stride + 1;
  conv.out_w = ((width + 2 * pad - kernel_w) / stride + 1) * images;
  conv.tiles = (conv.out_h * conv.out_w + 15) / 16, conv.tiles_oc = 2;
  return conv;
}

/// Both of its output-channel tiles, so that the first tile comes again.
bool fetches(const Instr& conv, int wait) {
  Bench bench(conv);
  for (int oc = 0; oc < 2; ++oc)
    for (int t = 0; t < conv.tiles; ++t)
      if (!bench.tile(t, wait)) return false;
  return true;
}

}  // namespace

TEST_CASE("fetch: every width to 20 stages what a plain enumeration finds, when it says", "[rtl][oracle]") {
  for (int width = 1; width <= 20; ++width)
    for (int height : {1, 5, 9})
      for (int stride : {1, 2})
        for (int kernel : {1, 3}) {
          Instr conv = conv_of(height, width, kernel, kernel, stride, kernel / 2, 1 + width % 2);
          conv.in_base = 16 * width;
          INFO(height << " x " << width << " stride " << stride << " kernel " << kernel);
          CHECK(fetches(conv, width % 3));
        }
}

TEST_CASE("fetch: images side by side are each fetched as if alone", "[rtl][oracle]") {
  for (int images : {2, 4, 8, 16})
    for (int width = 1; width <= 9; ++width)
      for (int stride : {1, 2})
        for (int kernel : {1, 2, 3}) {
          INFO(images << " images, width " << width << " stride " << stride << " kernel " << kernel);
          CHECK(fetches(
              conv_of(width % 4 + 2, width, kernel, kernel, stride, kernel / 2, 1 + width % 2, images),
              width % 3));
        }
}

TEST_CASE("fetch: a pooled convolution's groups share all pixels", "[rtl][oracle]") {
  for (int images : {1, 2, 4, 8, 16})
    for (int width = 1; width <= 9; ++width)
      for (int height : {1, 2, 7, 9}) {
        Instr conv = conv_of(height, width, height, width, 1, 0, 1 + width % 3, images);
        conv.pooled = 1;
        conv.in_base = 16 * width;
        INFO(images << " images, " << height << " x " << width);
        CHECK(fetches(conv, width % 3));
      }
  Instr large = conv_of(63, 63, 63, 63, 1, 0, 1, 4);
  large.pooled = 1;
  CHECK(fetches(large, 0));
}

TEST_CASE("fetch: random convolutions stage what a plain enumeration finds", "[rtl][oracle]") {
  std::mt19937 random(24);
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  for (int round = 0; round < 600;) {
    const int images = round % 2 == 0 ? 1 : 1 << between(1, 4);
    const int height = between(1, 24 / std::min(images, 4)), width = between(1, 80 / images),
              pad = between(0, round % 8 == 0 ? 15 : 3);
    const int kernel_h = between(1, 5), kernel_w = between(1, 5);
    if (height + 2 * pad < kernel_h || width + 2 * pad < kernel_w) continue;
    Instr conv = conv_of(height, width, kernel_h, kernel_w, between(1, 2), pad, between(1, 3), images);
    conv.in_base = between(0, 1024 - conv.in_blocks * conv.in_rows);
    INFO("round " << round << ": " << arch::disassemble(conv));
    CHECK(fetches(conv, between(0, 2)));
    ++round;
  }
  CHECK(fetches(conv_of(16, 16, 1, 16, 1, 0, 1), 0));      // 16 sub-reads
  CHECK(fetches(conv_of(2, 255, 3, 3, 1, 1, 2), 0));       // the widest
  CHECK(fetches(conv_of(255, 1, 3, 1, 2, 15, 1), 0));      // the highest
  CHECK(fetches(conv_of(1, 63, 3, 63, 2, 15, 1, 16), 0));  // the most padding before and behind the pixels
}

TEST_CASE("fetch: inputs in rings, and stripes of them, are read where their rows lie", "[rtl][oracle]") {
  std::mt19937 random(31);
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  int wraps = 0, offsets = 0;
  for (int round = 0; round < 400;) {
    const int images = 1 << std::max(0, between(-4, 4)), width = between(1, 40 / images), height = between(1, 12);
    const int ring_rows = 16 * between(1, 2), kernel_h = between(1, 5), kernel_w = between(1, 5);
    const int stride = between(1, 2), pad_y = between(0, 3), pad_x = between(0, 3);
    if (height + pad_y < kernel_h || width + 2 * pad_x < kernel_w) continue;
    const bool pool = random() % 4 == 0;
    if (pool && (pad_y >= kernel_h || pad_x >= kernel_w)) continue;
    Instr i = conv_of(height, width, kernel_h, kernel_w, stride, pad_x, between(1, 3), images);
    if (pool) i.op = static_cast<int>(arch::Op::Pool), i.tiles_oc = i.in_blocks;
    i.pad_y = pad_y;
    i.out_h = (height + pad_y + between(0, 1) * std::min(pad_y, kernel_h - 1) - kernel_h) / stride + 1;
    i.tiles = (i.out_h * i.out_w + 15) / 16;
    i.in_rows = ring_rows * i.in_w / 16;
    const int top = between(0, ring_rows - 1), first = top * i.in_w;  // row of the ring with which the input begins
    if (top + height > ring_rows) i.in_wrap = ring_rows - top;
    if (1024 < i.in_blocks * i.in_rows) continue;
    const int base = between(0, 1024 - i.in_blocks * i.in_rows);
    i.in_base = base + first / 16, i.in_offset = first % 16;
    wraps += i.in_wrap != 0, offsets += i.in_offset != 0;
    INFO("round " << round << ": " << arch::disassemble(i));
    if (pool && images == 1) {
      Bench bench(i);
      bool good = true;
      for (int block = 0; block < i.in_blocks; ++block)
        for (int t = 0; t < i.tiles; ++t) good = bench.pool_tile(block, t, t + 1 == i.tiles) && good;
      CHECK(good);
    } else if (!pool) {
      CHECK(fetches(i, between(0, 2)));
    }
    ++round;
  }
  CHECK(wraps > 40);
  CHECK(offsets > 100);
}

TEST_CASE("fetch: a pool stages the greatest codes of its windows, in the cycles of the contract",
          "[rtl][oracle]") {
  std::mt19937 random(9);
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  for (int round = 0; round < 200;) {
    const int height = between(1, 24), width = between(1, 80), stride = between(1, round % 2 == 0 ? 3 : 15);
    const int kernel_h = between(1, round % 2 == 0 ? 3 : 15), kernel_w = between(1, round % 2 == 0 ? 3 : 15);
    const int pad = between(0, std::min(kernel_h, kernel_w) - 1);
    if (height + 2 * pad < kernel_h || width + 2 * pad < kernel_w) continue;
    Instr pool = conv_of(height, width, kernel_h, kernel_w, stride, pad, between(1, 3));
    pool.op = static_cast<int>(arch::Op::Pool);
    pool.in_base = between(0, 1024 - pool.in_blocks * pool.in_rows);
    INFO("round " << round << ": " << arch::disassemble(pool));
    Bench bench(pool);
    bool good = true;
    for (int block = 0; block < pool.in_blocks; ++block)
      for (int t = 0; t < pool.tiles; ++t) good = bench.pool_tile(block, t, t + 1 == pool.tiles) && good;
    CHECK(good);
    ++round;
  }
}
