// SPDX-License-Identifier: Apache-2.0
// Cover points of the operand fetch and its parts.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "hw/arch/isa.hpp"
#include "testbench/rtl/cover.hpp"

namespace wd {

struct FetchCovers {
  Cover fetch{"wd_fetch",
              {"convolution",
               "pooled convolution",
               "pool",
               "transpose",
               "one sub-read",
               "two sub-reads",
               "16 sub-reads",
               "no group has a word",
               "all groups have words",
               "groups outside of the output",
               "consumed as soon as it is ready",
               "consumed later",
               "one chunk",
               "many chunks",
               "one tile",
               "first tile once more",
               "begins in bank 0",
               "begins in another bank",
               "ring begins again between two groups",
               "ring begins again before all groups",
               "last activation row",
               "reset in a fetch"}};
  Cover pixels{"wd_fetch_pixels",
               {"width 1",
                "width 2",
                "width 3",
                "width 4",
                "width 5",
                "width 6",
                "width 7",
                "width 8",
                "width 9",
                "width 10",
                "width 11",
                "width 12",
                "width 13",
                "width 14",
                "width 15",
                "width 16",
                "width 17 or more",
                "widest",
                "stride 1",
                "stride 2",
                "stride 3 or more",
                "stride 15",
                "1 images",
                "2 images",
                "4 images",
                "8 images",
                "16 images",
                "next tile",
                "next tile where a row ends"}};
  Cover taps{"wd_fetch_taps",
             {"kernel of one pixel",
              "kernel of a row",
              "kernel of a column",
              "63 kernel columns",
              "63 kernel rows",
              "one channel block",
              "several channel blocks",
              "no padding",
              "padding above only",
              "padding at the left only",
              "15 rows of padding",
              "15 columns of padding",
              "pad_y mod 4 is 1",
              "pad_y mod 4 is 2",
              "pad_y mod 4 is 3",
              "pad_y / 4 is 1",
              "pad_y / 4 is 2",
              "pad_y / 4 is 3",
              "pooled, last position whole",
              "pooled, last position of fewer pixels",
              "pooled, one position",
              "ring",
              "ring of a pool",
              "pool of several channel blocks"}};
  Cover stage{"wd_fetch_stage",
              {"word", "nothing: zeros", "first of a pool", "greater positive", "smaller positive",
               "positive over negative", "negative under positive", "negative nearer to zero",
               "negative farther from zero", "equal", "zero of the other sign"}};

  /// The instruction's cover points.
  void note(const arch::Instr& instr) {
    const bool conv = instr.op == static_cast<int>(arch::Op::Conv),
               pool = instr.op == static_cast<int>(arch::Op::Pool);
    const bool pooled = conv && instr.pooled != 0;
    fetch.hit("convolution", conv && !pooled);
    fetch.hit("pooled convolution", pooled);
    fetch.hit("pool", pool);
    fetch.hit("transpose", !conv && !pool);
    fetch.hit("begins in bank 0", instr.in_offset == 0);
    fetch.hit("begins in another bank", instr.in_offset != 0);
    if (!pooled && (conv || pool)) {
      pixels.hit(instr.out_w <= 16 ? "width " + std::to_string(instr.out_w) : "width 17 or more");
      pixels.hit("widest", instr.out_w == 1023);
      pixels.hit("stride 1", instr.stride == 1);
      pixels.hit("stride 2", instr.stride == 2);
      pixels.hit("stride 3 or more", instr.stride > 2);
      pixels.hit("stride 15", instr.stride == 15);
      pixels.hit(std::to_string(instr.images) + " images");
      taps.hit("kernel of one pixel", instr.kernel_h == 1 && instr.kernel_w == 1);
      taps.hit("kernel of a row", instr.kernel_h == 1 && instr.kernel_w > 1);
      taps.hit("kernel of a column", instr.kernel_h > 1 && instr.kernel_w == 1);
      taps.hit("63 kernel columns", instr.kernel_w == 63);
      taps.hit("63 kernel rows", instr.kernel_h == 63);
      taps.hit("no padding", instr.pad_y == 0 && instr.pad_x == 0);
      taps.hit("padding above only", instr.pad_y != 0 && instr.pad_x == 0);
      taps.hit("padding at the left only", instr.pad_y == 0 && instr.pad_x != 0);
      taps.hit("15 rows of padding", instr.pad_y == 15);
      taps.hit("15 columns of padding", instr.pad_x == 15);
      if (instr.pad_y % 4 != 0) taps.hit("pad_y mod 4 is " + std::to_string(instr.pad_y % 4));
      if (instr.pad_y / 4 != 0) taps.hit("pad_y / 4 is " + std::to_string(instr.pad_y / 4));
      taps.hit("ring", conv && instr.in_wrap != 0);
      taps.hit("ring of a pool", pool && instr.in_wrap != 0);
      taps.hit("pool of several channel blocks", pool && instr.in_blocks > 1);
    }
    taps.hit("one channel block", instr.in_blocks == 1);
    taps.hit("several channel blocks", conv && instr.in_blocks > 1);
    const int count = instr.in_h * instr.in_w;
    taps.hit("pooled, last position whole", pooled && count % 16 == 0);
    taps.hit("pooled, last position of fewer pixels", pooled && count % 16 != 0 && count > 16);
    taps.hit("pooled, one position", pooled && count <= 16);
  }
  /// Of a pool a word's code, and the greatest one before it; -1: there was none.
  void note_pool(std::uint8_t code, int most) {
    stage.hit("first of a pool", most < 0);
    if (most < 0) return;
    const bool negative = code >> 7 != 0, negative_most = most >> 7 != 0;
    const int magnitude = code & 0x7f, magnitude_most = most & 0x7f;
    stage.hit("equal", code == most);
    stage.hit("zero of the other sign", magnitude == 0 && magnitude_most == 0 && negative != negative_most);
    stage.hit("greater positive", !negative && !negative_most && magnitude > magnitude_most);
    stage.hit("smaller positive", !negative && !negative_most && magnitude < magnitude_most);
    stage.hit("positive over negative", !negative && negative_most && magnitude + magnitude_most > 0);
    stage.hit("negative under positive", negative && !negative_most && magnitude + magnitude_most > 0);
    stage.hit("negative nearer to zero", negative && negative_most && magnitude < magnitude_most);
    stage.hit("negative farther from zero", negative && negative_most && magnitude > magnitude_most);
  }

  void check() const {
    CHECK(fetch.missed() == "");
    CHECK(pixels.missed() == "");
    CHECK(taps.missed() == "");
    CHECK(stage.missed() == "");
  }
};

}  // namespace wd
