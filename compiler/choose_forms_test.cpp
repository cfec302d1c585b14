// SPDX-License-Identifier: Apache-2.0
#include "compiler/choose_forms.hpp"

#include <catch2/catch.hpp>

#include "base/integer.hpp"
#include "hw/formats/model/network.hpp"
#include "hw/formats/program/program.hpp"

using namespace wd;
using namespace wd::compiler;

namespace {

constexpr double post_cycles = 1 + 4 * 4;  // of a tile of 64 channels
constexpr double walked_share = 0.7;
constexpr double latency = 25;  // of a burst

struct Sides {
  int out_h = 4, out_w = 4;        // a tile is 4 x 4
  int kernel_h = 0, kernel_w = 0;  // of a pooled layer
};

/// Two convolutions, of a tile unless `sides` says more, each with its weights in forms of 1,000 cycles and 100 beats, and of 400 of both. @param cycles of the first
/// one's walks @return which forms are taken
std::vector<std::size_t> chosen(double cycles, bool resident = false, bool weigh_cycles = true,
                                const Sides& sides = {}) {
  model::Layer layer;
  LoweredConv conv;
  conv.conv = &layer;
  conv.out_h = sides.out_h, conv.out_w = sides.out_w;
  layer.pooled = sides.kernel_h != 0;
  conv.kernel_h = sides.kernel_h, conv.kernel_w = sides.kernel_w;
  const std::vector<LoweredStep> steps(2, {1, {conv}});
  Schedule schedule;
  schedule.weights_resident = resident;
  Part part;
  part.tiles = 1;
  schedule.parts.assign(2, {part});
  Piece piece;
  std::vector<std::vector<PartForms>> forms;
  for (std::size_t s = 0; s < 2; ++s) {
    piece.runs.push_back({s, 0, 1});
    Transfer transfer;
    transfer.step = s;
    transfer.first_run = transfer.last_run = s;
    piece.transfers.push_back(transfer);
    PartForms one;
    one.forms = {{Bytes(400 * program::beat_bytes), false, 400},
                 {Bytes(100 * program::beat_bytes), true, 1000}};
    one.tile_cycles = cycles;
    forms.push_back({one});
  }
  schedule.pieces = {piece};
  choose_forms(forms, steps, schedule, {.weigh_cycles = weigh_cycles});
  return {forms[0][0].chosen, forms[1][0].chosen};
}

}  // namespace

TEST_CASE("choose_forms: few beats where a run hides their time, few cycles where one waits",
          "[compiler][oracle]") {
  using Forms = std::vector<std::size_t>;
  // The first run always waits. The second one's burst begins with the first run: a form of 300 beats fewer is worth 300 / 8 cycles.
  const double even = (latency + 1000 - 300.0 / 8 - post_cycles) / walked_share;
  CHECK(chosen(even - 1) == Forms{0, 0});
  CHECK(chosen(even + 1) == Forms{0, 1});
  CHECK(chosen(even - 1, true) == Forms{1, 1});          // loaded once
  CHECK(chosen(even - 1, false, false) == Forms{1, 1});  // not asked for
}

TEST_CASE("choose_forms: tiles down times tiles across, and a pooled kernel's turns of 16 positions",
          "[compiler][oracle]") {
  using Forms = std::vector<std::size_t>;
  const auto even = [](int tiles, int turns) {
    return ((latency + 1000 - 300.0 / 8) / tiles - post_cycles) / walked_share / turns;
  };
  const auto check = [&](const Sides& sides, int tiles, int turns) {
    CAPTURE(sides.out_h, sides.out_w, sides.kernel_h, sides.kernel_w);
    CHECK(chosen(even(tiles, turns) - 1, false, true, sides) == Forms{0, 0});
    CHECK(chosen(even(tiles, turns) + 1, false, true, sides) == Forms{0, 1});
  };
  check({9, 4}, 3, 1);
  check({4, 9}, 3, 1);
  check({5, 9}, 6, 1);
  check({1, 1, 3, 8}, 1, 2);
  check({1, 1, 8, 3}, 1, 2);
}

TEST_CASE("choose_forms: a part's walks, by hand", "[compiler][oracle]") {
  arch::Arch arch;
  arch.window = 2;
  arch.planes_per_row = 2;
  const auto row = [&](int positions, int of_first) {
    program::WeightRow words(index(arch.pes_per_group));
    for (auto& word : words) word.mask = (1U << positions) - 1;
    words[0].mask = (1U << of_first) - 1;
    return words;
  };
  const auto cycles = [&](std::vector<program::WeightRow> rows, int planes) {
    return cycles_of_tile(rows, planes, arch);
  };
  CHECK(cycles({row(3, 3), row(3, 3), row(3, 3)}, 1) == 1 + 9);
  CHECK(cycles({row(0, 0), row(0, 0), row(0, 0)}, 1) == 3);          // a row is issued in each cycle
  CHECK(cycles({row(3, 5), row(3, 5)}, 2) == 1 + 5);                 // two planes are walked together
  CHECK(cycles({row(3, 5), row(3, 5), row(2, 2)}, 3) == 1 + 5 + 2);  // the third one alone
  // What one walker has more in a row it has less in the next: two rows in flight hide it, one does not.
  CHECK(cycles({row(4, 8), row(4, 0), row(4, 8), row(4, 0)}, 1) == 1 + 16);
  arch.window = 1;
  CHECK(cycles({row(4, 8), row(4, 0), row(4, 8), row(4, 0)}, 1) == 1 + 8 + 4 + 8 + 4);
}
