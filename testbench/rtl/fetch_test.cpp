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
#include "testbench/rtl/fetch_cover.hpp"

using namespace wd;
using arch::Instr;

namespace {

constexpr int few = FETCH_FEW;  // one in so many of the cases: counters make the model many times slower

/// Byte i of a bank's word, by place; often a zero of either sign.
std::uint8_t content(int bank, int row, int i) {
  const auto code = static_cast<std::uint8_t>(row * 37 + (row >> 8) * 11 + bank * 83 + i * 5 + 1);
  return code % 11 == 0 ? code & 0x80 : code;
}

/// Bank and row of what a group needs; bank -1: nothing.
struct Place {
  int bank = -1, row = 0;
  bool wraps = false;  // behind a ring's end
};

class Bench {
 public:
  /// @param reset_after  cycles of a fetch, that a reset ends before the instruction begins; 0: none
  Bench(const Instr& conv, FetchCovers& covers, int reset_after = 0) : conv_(conv), covers_(covers) {
    covers.note(conv);
    const arch::InstrWord word = arch::encode(conv);
    for (int i = 0; i < arch::instr_bits / 32; ++i)
      model_.instr_i[i] = static_cast<std::uint32_t>(word[static_cast<std::size_t>(i / 2)] >> 32 * (i % 2));
    model_.rst_ni = 0;
    cycle();
    if (reset_after != 0) interrupted(reset_after);
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
    covers_.fetch.hit("one tile", conv_.tiles == 1);
    covers_.fetch.hit("first tile once more", t == 0 && last_tile_ == conv_.tiles - 1 && conv_.tiles > 1);
    note_tile(t);
    bool good = true;
    if (conv_.pooled)
      for (int first = 0; first < conv_.in_h * conv_.in_w; first += 16)
        for (int block = 0; block < conv_.in_blocks; ++block) good = pooled_chunk(first, block, wait) && good;
    for (int ky = 0; ky < conv_.kernel_h && !conv_.pooled; ++ky)
      for (int kx = 0; kx < conv_.kernel_w; ++kx)
        for (int block = 0; block < conv_.in_blocks; ++block) good = chunk(t, ky, kx, block, wait) && good;
    const int positions =
        conv_.pooled ? (conv_.in_h * conv_.in_w + 15) / 16 : conv_.kernel_h * conv_.kernel_w;
    covers_.fetch.hit("one chunk", positions * conv_.in_blocks == 1);
    covers_.fetch.hit("many chunks", positions * conv_.in_blocks > 100);
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
    note_tile(t);
    model_.inside_i = 0;
    std::array<std::array<int, 16>, 16> greatest;
    for (auto& group : greatest) group.fill(-1);  // of no position
    int cycles = 0, words = 0;
    for (int ky = 0; ky < conv_.kernel_h; ++ky)
      for (int kx = 0; kx < conv_.kernel_w; ++kx) {
        std::array<int, 16> needs{};
        int sub_reads = 1;
        for (int g = 0; g < 16; ++g) {
          const int q = 16 * t + g, image = q % conv_.images, column = q % conv_.out_w / conv_.images;
          const int y = q / conv_.out_w * conv_.stride + ky - conv_.pad_y,
                    x = (column * conv_.stride + kx - conv_.pad_x) * conv_.images + image;
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
    bool good = runs(cycles, words);
    for (int byte = 0; byte < 256; ++byte) {
      const int most = greatest[static_cast<std::size_t>(byte / 16)][static_cast<std::size_t>(byte % 16)];
      good =
          (most < 0 || static_cast<int>(model_.staged_o[byte / 4] >> 8 * (byte % 4) & 0xff) == most) && good;
    }
    return ends(last_of_block) && good;
  }

  /// Runs a TRANSPOSE's tile: a block's pixels as they are, a bank each.
  bool transposed_tile(int block, int t, bool last_of_block) {
    note_tile(t);
    const int pixels = std::min(16, conv_.in_h * conv_.in_w - 16 * t);
    model_.inside_i = (1 << pixels) - 1;
    bool good = runs(2, pixels);
    for (int byte = 0; byte < 256; ++byte) {
      const unsigned code =
          byte / 16 < pixels ? content(byte / 16, conv_.in_base + block * conv_.in_rows + t, byte % 16) : 0u;
      good = (model_.staged_o[byte / 4] >> 8 * (byte % 4) & 0xff) == code && good;
    }
    return ends(last_of_block) && good;
  }

 private:
  /// A POOL's or TRANSPOSE's RUN. @return whether it took the cycles and words
  bool runs(int cycles, int words) {
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
    return good && seen == words;
  }
  bool ends(bool last_of_block) {
    model_.tile_done_i = 1;
    model_.next_oc_i = last_of_block;
    cycle();
    model_.tile_done_i = model_.next_oc_i = 0;
    return reads_ == 0;
  }
  void interrupted(int cycles) {
    model_.rst_ni = model_.begin_i = 1;
    cycle();
    model_.begin_i = 0, model_.setup_i = 1, model_.inside_i = 0xffff;
    cycle();
    model_.setup_i = 0, model_.run_first_i = 1;
    for (int i = 0; i < cycles; ++i) {
      cycle();
      model_.run_first_i = 0;
    }
    model_.rst_ni = 0;
    cycle();
    covers_.fetch.hit("reset in a fetch");
  }

  void note_tile(int t) {
    const int first = 16 * t % conv_.out_w;
    covers_.pixels.hit("next tile", t == last_tile_ + 1 && t > 0);
    covers_.pixels.hit("next tile where a row ends",
                       t == last_tile_ + 1 && t > 0 && conv_.out_w > 16 && first < 16);
    covers_.fetch.hit("groups outside of the output",
                      !conv_.pooled && conv_.out_h * conv_.out_w < 16 * t + 16);
    last_tile_ = t;
  }

  /// Of an input pixel; the rows behind `in_wrap` lie where the ring of a channel block begins.
  Place place_of(int y, int x, int block) const {
    const int ring = 16 * conv_.in_rows, first = 16 * conv_.in_base + conv_.in_offset;
    const bool wraps = conv_.in_wrap != 0 && y >= conv_.in_wrap;
    const int at = first + block * ring + y * conv_.in_w + x - (wraps ? ring : 0);
    return {at % 16, at / 16, wraps};
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
    Cover& fetch = covers_.fetch;
    fetch.hit("one sub-read", sub_reads == 1);
    fetch.hit("two sub-reads", sub_reads == 2);
    fetch.hit("16 sub-reads", sub_reads == 16);
    fetch.hit("no group has a word", words == 0);
    fetch.hit("all groups have words", words == 16);
    fetch.hit("consumed as soon as it is ready", wait == 0);
    fetch.hit("consumed later", wait > 0);
    int inside = 0, behind = 0;
    for (const Place& place : places) {
      covers_.stage.hit("word", place.bank >= 0);
      covers_.stage.hit("nothing: zeros", place.bank < 0);
      fetch.hit("last activation row", place.row == 1023);
      inside += place.bank >= 0, behind += place.bank >= 0 && place.wraps;
    }
    fetch.hit("ring begins again between two groups", behind > 0 && behind < inside);
    fetch.hit("ring begins again before all groups", behind > 0 && behind == inside);
    for (int i = 0; i <= sub_reads + wait; ++i) {
      cycle();
      model_.run_first_i = model_.consumed_i = 0;
      seen += reads_;
      good = model_.ready_o == (i >= sub_reads) && good;  // in the coming cycle
    }
    good = seen == words && good;
    for (int g = 0; g < 16; ++g)
      for (int i = 0; i < 16; ++i) {
        const auto [bank, row, wraps] = places[static_cast<std::size_t>(g)];
        const int byte = g * 16 + i;
        good =
            (model_.staged_o[byte / 4] >> 8 * (byte % 4) & 0xff) == (bank < 0 ? 0u : content(bank, row, i)) &&
            good;
      }
    model_.consumed_i = 1;
    return good;
  }

  void expect(std::array<std::array<int, 16>, 16>& greatest, int group, int bank, int row) {
    for (int i = 0; i < 16; ++i) {
      const std::uint8_t code = content(bank, row, i);
      int& most = greatest[static_cast<std::size_t>(group)][static_cast<std::size_t>(i)];
      covers_.note_pool(code, most);
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
  FetchCovers& covers_;
  Vwd_fetch model_;
  int last_tile_ = -1;
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

/// Whether a CONV is right in both of its output-channel tiles, so that the first tile comes again; a POOL or TRANSPOSE in all blocks.
bool fetches(const Instr& instr, int wait, FetchCovers& covers, int reset_after = 0) {
  Bench bench(instr, covers, reset_after);
  const bool conv = instr.op == static_cast<int>(arch::Op::Conv),
             pool = instr.op == static_cast<int>(arch::Op::Pool);
  bool good = true;
  for (int block = 0; block < (conv ? 2 : instr.in_blocks); ++block)
    for (int t = 0; t < instr.tiles && good; ++t)
      good = conv   ? bench.tile(t, wait)
             : pool ? bench.pool_tile(block, t, t + 1 == instr.tiles)
                    : bench.transposed_tile(block, t, t + 1 == instr.tiles);
  return good;
}

class Random {
 public:
  explicit Random(unsigned seed) : bits_(seed) {}
  int between(int low, int high) {
    return low + static_cast<int>(bits_() % static_cast<unsigned>(high - low + 1));
  }

 private:
  std::mt19937 bits_;
};

void every_width(FetchCovers& covers) {
  int number = 0;
  for (int width = 1; width <= 20; ++width)
    for (int height : {1, 5, 9})
      for (int stride : {1, 2})
        for (int kernel : {1, 3}) {
          if (++number % few != 0) continue;
          Instr conv = conv_of(height, width, kernel, kernel, stride, kernel / 2, 1 + width % 2);
          conv.in_base = 16 * width;
          INFO(height << " x " << width << " stride " << stride << " kernel " << kernel);
          CHECK(fetches(conv, width % 3, covers));
        }
}

/// Images side by side are each fetched as if alone.
void images_side_by_side(FetchCovers& covers) {
  int number = 0;
  for (int images : {2, 4, 8, 16})
    for (int width = 1; width <= 9; ++width)
      for (int stride : {1, 2})
        for (int kernel : {1, 2, 3}) {
          if (++number % few != 0) continue;
          INFO(images << " images, width " << width << " stride " << stride << " kernel " << kernel);
          CHECK(fetches(
              conv_of(width % 4 + 2, width, kernel, kernel, stride, kernel / 2, 1 + width % 2, images),
              width % 3, covers));
        }
}

/// A pooled convolution's groups share all pixels.
void pooled_convolutions(FetchCovers& covers) {
  int number = 0;
  for (int images : {1, 2, 4, 8, 16})
    for (int width = 1; width <= 9; ++width)
      for (int height : {1, 2, 7, 9}) {
        if (++number % few != 0) continue;
        Instr conv = conv_of(height, width, height, width, 1, 0, 1 + width % 3, images);
        conv.pooled = 1;
        conv.in_base = 16 * width;
        INFO(images << " images, " << height << " x " << width);
        CHECK(fetches(conv, width % 3, covers));
      }
  Instr large = conv_of(63, 63, 63, 63, 1, 0, 1, 4);
  large.pooled = 1;
  CHECK(fetches(large, 0, covers));
}

void random_convolutions(FetchCovers& covers) {
  Random random(24);
  for (int round = 0; round < 600 / few;) {
    const int images = round % 2 == 0 ? 1 : 1 << random.between(1, 4);
    const int height = random.between(1, 24 / std::min(images, 4)), width = random.between(1, 80 / images),
              pad = random.between(0, round % 8 == 0 ? 15 : 3);
    const int kernel_h = random.between(1, 5), kernel_w = random.between(1, 5);
    if (height + 2 * pad < kernel_h || width + 2 * pad < kernel_w) continue;
    Instr conv =
        conv_of(height, width, kernel_h, kernel_w, random.between(1, 2), pad, random.between(1, 3), images);
    conv.in_base = round % 16 == 0 ? 1024 - conv.in_blocks * conv.in_rows
                                   : random.between(0, 1024 - conv.in_blocks * conv.in_rows);
    INFO("round " << round << ": " << arch::disassemble(conv));
    CHECK(fetches(conv, random.between(0, 2), covers, round % 16 == 1 ? random.between(1, 12) : 0));
    ++round;
  }
  CHECK(fetches(conv_of(16, 16, 1, 16, 1, 0, 1), 0, covers));  // 16 sub-reads
  CHECK(fetches(conv_of(2, 255, 3, 3, 1, 1, 2), 0, covers));   // wide
  CHECK(fetches(conv_of(1, 1023, 1, 1, 1, 0, 1), 0, covers));  // the widest
  CHECK(fetches(conv_of(255, 1, 3, 1, 2, 15, 1), 0, covers));  // high
  CHECK(fetches(conv_of(63, 1, 63, 1, 1, 15, 1), 0, covers));  // the highest kernel
  CHECK(fetches(conv_of(1, 63, 3, 63, 2, 15, 1, 16), 0,
                covers));  // the most padding before and behind the pixels
}

/// Inputs in rings, and stripes of them, are read where their rows lie.
void rings(FetchCovers& covers) {
  Random random(31);
  for (int round = 0; round < 400 / few;) {
    const int images = 1 << std::max(0, random.between(-4, 4)), width = random.between(1, 40 / images),
              height = random.between(1, 12);
    const int ring_rows = 16 * random.between(1, 2), kernel_h = random.between(1, 5),
              kernel_w = random.between(1, 5);
    const int stride = random.between(1, 2), pad_y = random.between(0, 3), pad_x = random.between(0, 3);
    if (height + pad_y < kernel_h || width + 2 * pad_x < kernel_w) continue;
    const bool pool = random.between(0, 3) == 0;
    if (pool && (pad_y >= kernel_h || pad_x >= kernel_w)) continue;
    Instr i = conv_of(height, width, kernel_h, kernel_w, stride, pad_x, random.between(1, 3), images);
    if (pool) i.op = static_cast<int>(arch::Op::Pool), i.tiles_oc = i.in_blocks;
    i.pad_y = pad_y;
    i.out_h = (height + pad_y + random.between(0, 1) * std::min(pad_y, kernel_h - 1) - kernel_h) / stride + 1;
    i.tiles = (i.out_h * i.out_w + 15) / 16;
    i.in_rows = ring_rows * i.in_w / 16;
    const int top = random.between(0, ring_rows - 1),
              first = top * i.in_w;  // row of the ring with which the input begins
    if (top + height > ring_rows) i.in_wrap = ring_rows - top;
    if (1024 < i.in_blocks * i.in_rows) continue;
    const int base = random.between(0, 1024 - i.in_blocks * i.in_rows);
    i.in_base = base + first / 16, i.in_offset = first % 16;
    INFO("round " << round << ": " << arch::disassemble(i));
    CHECK(fetches(i, random.between(0, 2), covers));
    ++round;
  }
}

/// A pool stages the greatest codes of its windows, in the cycles of the contract.
void pools(FetchCovers& covers) {
  Random random(9);
  for (int round = 0; round < 200 / few;) {
    const int images = round % 3 == 0 ? 1 << random.between(1, 4) : 1;
    const int height = random.between(1, 24), width = random.between(1, 80 / images),
              stride = round % 16 == 1 ? 15 : random.between(1, round % 2 == 0 ? 3 : 15);
    const int kernel_h = random.between(1, round % 2 == 0 ? 3 : 15),
              kernel_w = random.between(1, round % 2 == 0 ? 3 : 15);
    const int pad = random.between(0, std::min(kernel_h, kernel_w) - 1);
    if (height + 2 * pad < kernel_h || width + 2 * pad < kernel_w) continue;
    Instr pool = conv_of(height, width, kernel_h, kernel_w, stride, pad, random.between(1, 3), images);
    if (pool.in_blocks * pool.in_rows > 1024) continue;
    if (pool.in_blocks * pool.tiles * kernel_h * kernel_w > 5000)
      continue;  // takes long, and is as a smaller one
    pool.op = static_cast<int>(arch::Op::Pool);
    pool.in_base = random.between(0, 1024 - pool.in_blocks * pool.in_rows);
    INFO("round " << round << ": " << arch::disassemble(pool));
    CHECK(fetches(pool, 0, covers));
    ++round;
  }
}

/// A TRANSPOSE's tile has each pixel of a block as it is.
void transposes(FetchCovers& covers) {
  Random random(12);
  for (int round = 0; round < 40 / few + 8; ++round) {
    Instr instr = arch::make(arch::Op::Transpose);
    instr.in_h = random.between(1, 12), instr.in_w = random.between(1, 40),
    instr.in_blocks = random.between(1, 3);
    instr.tiles = (instr.in_h * instr.in_w + 15) / 16, instr.tiles_oc = instr.in_blocks;
    instr.in_rows = instr.tiles + random.between(0, 3);
    instr.out_h = 1, instr.out_w = 16 * instr.in_blocks, instr.out_blocks = instr.out_rows = instr.tiles;
    instr.in_base = random.between(0, 1024 - instr.in_blocks * instr.in_rows);
    INFO("round " << round << ": " << arch::disassemble(instr));
    CHECK(fetches(instr, 0, covers));
  }
}

}  // namespace

TEST_CASE("fetch: what is staged for every group, and when, is what a plain enumeration finds",
          "[rtl][oracle]") {
  FetchCovers covers;
  every_width(covers);
  images_side_by_side(covers);
  pooled_convolutions(covers);
  random_convolutions(covers);
  rings(covers);
  pools(covers);
  transposes(covers);
  covers.check();
}
