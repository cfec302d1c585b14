// SPDX-License-Identifier: Apache-2.0
// The order of a frame's input in memory: by patch channel, image, part and channel block.
#include "hw/formats/program/input_tensor.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "hw/numerics/fp8.hpp"

using namespace wd;
using namespace wd::program;

namespace {

/// Of images of 16 x 16 pixels in patches of 4 x 4.
Program small_program() {
  Program p;
  p.input_beats = 16;
  p.input_transform = {16, 16, 4, false, {0}, {1}};
  return p;
}

/// That loads `height` x 4 pixels of so many channel blocks in parts of so many rows.
Program program_of_parts(int height, int blocks, const std::vector<int>& rows) {
  Program p;
  p.input_addr = 100;
  p.input_beats = static_cast<std::uint32_t>(height * 4 * blocks);
  p.input_transform = {height, 4, 1, false, {0}, {1}};
  int next = 100;
  for (int part : rows) {
    arch::Instr load = arch::make(arch::Op::LoadTensor);
    load.in_h = part, load.in_w = 4, load.in_blocks = blocks, load.mem_addr = next;
    load.count = part * 4 * blocks;
    next += load.count;
    p.instrs.push_back(load);
  }
  return p;
}

std::string refusal(const Program& p) {
  try {
    check_input_parts(p, "p");
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("input tensor: pixels land in their patch channel", "[program]") {
  Program p = small_program();
  std::vector<std::uint8_t> image(256, 0);
  image[5 * 16 + 10] = 255;  // y 5, x 10: patch (1, 2), channel 1 * 4 + 2
  const auto beats = InputTensor(p).encode(image);
  REQUIRE(beats.size() == 256);
  for (std::size_t i = 0; i < beats.size(); ++i)
    CHECK(int{beats[i]} == (i == (1 * 4 + 2) * 16 + 6 ? int{numerics::fp8_from_float(1.0f)} : 0));
}

TEST_CASE("input tensor: images of a batch lie side by side, missing ones are zeros",
          "[program][bad-input]") {
  Program p = small_program();
  const InputTensor one(p);
  p.batch = 4;
  p.input_beats = 4 * 16;
  const InputTensor four(p);
  std::vector<std::vector<std::uint8_t>> images(3, std::vector<std::uint8_t>(256));
  std::vector<InputTensor::Image> seen;
  for (std::size_t i = 0; i < images.size(); ++i) {
    for (std::size_t at = 0; at < 256; ++at) images[i][at] = static_cast<std::uint8_t>(at * (i + 1) + i);
    seen.push_back(images[i]);
  }
  const auto beats = four.encode(seen);
  REQUIRE(beats.size() == 4 * 256);
  for (std::size_t pixel = 0; pixel < 16; ++pixel)
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t channel = 0; channel < 16; ++channel)
        CHECK(int{beats[(pixel * 4 + i) * 16 + channel]} ==
              (i < 3 ? int{one.encode(images[i])[pixel * 16 + channel]} : 0));
  CHECK_THROWS_WITH(one.encode(seen), Catch::Contains("3 images for a frame of 1"));
}

TEST_CASE("input tensor: of several blocks, each part holds its first blocks, then its second ones",
          "[program][oracle]") {
  Program p = small_program();
  p.input_transform = {16, 16, 4, true, {0}, {1}};  // 4 x 4 pixels of 32 channels
  p.input_beats = 32;
  std::vector<std::uint8_t> image(256);
  for (std::size_t at = 0; at < 256; ++at) image[at] = static_cast<std::uint8_t>(at * 7);
  const auto whole = InputTensor(p).encode(image);  // no load: all is one part
  for (int rows : {1, 3}) {
    arch::Instr load = arch::make(arch::Op::LoadTensor);
    load.in_w = 4, load.in_blocks = 2;
    p.instrs.clear();
    load.in_h = rows, load.count = rows * 8;
    p.instrs.push_back(load);
    p.instrs.push_back(load);  // again
    load.in_h = 4 - rows, load.mem_addr = load.count, load.count = (4 - rows) * 8;
    p.instrs.insert(p.instrs.begin(), load);
    CHECK(refusal(p) == "accepted");
    const auto parts = InputTensor(p).encode(image);
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 4; ++x)
        for (int block = 0; block < 2; ++block)
          for (int i = 0; i < 16; ++i) {
            const int first = y < rows ? 0 : rows, of_part = y < rows ? rows : 4 - rows;
            const int beat = first * 8 + (block * of_part + y - first) * 4 + x;
            CHECK(parts[static_cast<std::size_t>(beat * 16 + i)] ==
                  whole[static_cast<std::size_t>((block * 16 + y * 4 + x) * 16 + i)]);
          }
  }
}

TEST_CASE("input parts: of one block, any rows may be loaded; of several, parts that fit each other",
          "[program][bad-input][message]") {
  CHECK(refusal(program_of_parts(8, 1, {3, 5})) == "accepted");
  Program overlapping = program_of_parts(8, 1, {3, 5});
  overlapping.instrs[0].in_h = 5, overlapping.instrs[0].count = 20;
  CHECK(refusal(overlapping) == "accepted");
  CHECK_FALSE(input_parts(overlapping).rows.size() > 0);
  overlapping.instrs[1].mem_addr += 2;
  CHECK(refusal(overlapping) ==
        "p: the LOAD_TENSOR of 20 beats of the input at 114 does not begin where a part of the input does; "
        "the one before reads 100 to 120");
  CHECK(refusal(program_of_parts(8, 1, {3, 4})) == "p: the LOAD_TENSORs read 28 of the 32 beats of the input");
  CHECK(refusal(program_of_parts(8, 1, {})) == "p: no LOAD_TENSOR reads the input at 100");

  CHECK(refusal(program_of_parts(8, 2, {3, 3, 2})) == "accepted");
  CHECK(input_parts(program_of_parts(8, 2, {3, 3, 2})).rows == std::vector<int>{3, 3, 2});
  Program two = program_of_parts(8, 2, {3, 5});
  two.instrs[0].in_h = 5, two.instrs[0].count = 40;
  CHECK_THAT(refusal(two), Catch::Contains("at 124 does not begin where a part of the input does"));
  two = program_of_parts(8, 2, {3, 5});
  two.instrs[1].in_blocks = 1;
  CHECK_THAT(refusal(two), Catch::Contains("'in_w' 4 and 4, 'in_blocks' 1 and 2; one tensor has one of each"));
}
