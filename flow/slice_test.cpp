// SPDX-License-Identifier: Apache-2.0
#include "flow/slice.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "base/error.hpp"
#include "flow/slice_events.hpp"
#include "flow/slice_points.hpp"
#include "flow/slice_stimulus.hpp"
#include "flow/slice_table.hpp"

namespace {

using namespace wd;
using namespace wd::flow;

/// Random weights of some planes and codes; issue times are those of a walker that is never waited for.
SliceTile random_tile(const arch::Arch& arch, int planes, int chunks, unsigned seed) {
  std::mt19937 random(seed);
  SliceTile tile;
  tile.planes = planes;
  tile.chunks = chunks;
  for (int i = 0; i < chunks * 16 * slice_pes; ++i) {
    const int level = random() % 3 == 0 ? static_cast<int>(random() % (1U << planes)) : 0;
    tile.weights.push_back(static_cast<std::int8_t>(random() % 2 ? level : -level));
  }
  for (int i = 0; i < chunks * 16; ++i)
    tile.codes.push_back(static_cast<std::uint8_t>(random() % 2 ? random() % 127 : 0));
  for (int k = 0; k < chunks; ++k)
    for (int g = 0; g < arch.groups_per_walker; ++g) {
      std::uint16_t map = 0;
      for (int i = 0; i < 16; ++i)
        map = static_cast<std::uint16_t>(map | (tile.code(k, i) != 0 && g == 0) << i);
      tile.maps.push_back(map);
    }
  tile.sub_reads.assign(static_cast<std::size_t>(chunks), 1);
  const int rows = chunks * ((planes + arch.planes_per_row - 1) / arch.planes_per_row);
  for (int r = 0; r < rows; ++r) tile.row_issue.push_back(static_cast<std::uint32_t>(1 + 20 * r));
  tile.run_cycles = 1 + 20 * rows + 4;
  return tile;
}

double share(double part, double all) { return part / all; }

}  // namespace

TEST_CASE("slice: walks and operands are those of the weights and activations", "[flow][oracle]") {
  for (const int per_row : {1, 2, 3})
    for (const int planes : {1, 2, 3}) {
      arch::Arch arch;
      arch.planes_per_row = per_row;
      const SliceTile tile = random_tile(arch, planes, 4, static_cast<unsigned>(planes));
      double walks = 0, low = 0, twos = 0;
      for (int p = 0; p < slice_pes; ++p)
        for (int i = 0; i < 4 * 16; ++i) {
          const int w = std::abs(int{tile.weights[static_cast<std::size_t>(i * slice_pes + p)]});
          const std::uint8_t code = tile.codes[static_cast<std::size_t>(i)];
          // Only one group has activations: what is walked is an operand. A row holds some planes, the rest has rows of its own.
          for (int rest = w; rest != 0; rest >>= per_row) {
            const int part = rest & ((1 << per_row) - 1);
            if (part == 0 || code == 0) continue;
            ++walks;
            low += (code >> 3 & 15) <= 8;  // shift of the exponent less one, below 8
            twos += part == 3 || part > 4;
          }
        }
      CAPTURE(per_row, planes);
      const SliceEvents events = slice_events(arch, tile);
      CHECK(static_cast<double>(events.counters.walk_ops) == walks);
      CHECK(static_cast<double>(events.counters.bit_ops) == walks);
      CHECK(events.low_operands == low);
      CHECK(events.double_operands == twos);
      CHECK(events.counters.chunks_issued == 4);
      CHECK(events.counters.rows_issued == static_cast<std::uint64_t>(4 * planes));
      CHECK(events.counters.flush_ops == 2 * slice_pes);
      // A walker here is always idle when a row comes: it takes it, then walks.
      CHECK(events.counters.walker_cycles > events.counters.walk_ops);
      CHECK(events.counters.group_cycles <= events.counters.walker_cycles);
    }
}

TEST_CASE("slice: a walk that waits for no row starts only once", "[flow][oracle]") {
  arch::Arch arch;
  SliceTile tile = random_tile(arch, 1, 2, 1);
  std::fill(tile.weights.begin(), tile.weights.end(), std::int8_t{0});
  std::fill(tile.codes.begin(), tile.codes.end(), std::uint8_t{0x40});
  std::fill(tile.maps.begin(), tile.maps.end(), std::uint16_t{0xffff});
  for (int i = 0; i < 5; ++i) tile.weights[static_cast<std::size_t>(i * slice_pes)] = 1;          // chunk 0
  for (int i = 0; i < 3; ++i) tile.weights[static_cast<std::size_t>((16 + i) * slice_pes)] = -1;  // chunk 1
  for (const auto& [second, cycles] : {std::pair{3U, 1U + 5 + 3}, {20U, 1U + 5 + 1 + 3}}) {
    tile.row_issue = {1, second};  // while the first row is walked; long after
    const arch::Counters counters = slice_events(arch, tile).counters;
    CHECK(counters.walk_ops == 8);
    CHECK(counters.walker_cycles == cycles);
    CHECK(counters.group_cycles == cycles);  // one walker alone
  }
  CHECK(tile.sum(0) == 5 * 1024 - 3 * 1024);  // 2.0 is 1024 units of 2^-9
  CHECK(tile.sum(1) == 0);
}

TEST_CASE("slice: the stimulus issues every row once, where the array does", "[flow][oracle]") {
  const arch::Arch arch;
  const SliceTile tile = random_tile(arch, 2, 3, 5);
  std::istringstream lines(slice_stimulus(arch, {tile}));
  std::vector<std::string> hex;
  int shows = 0;
  for (std::string vector, show; lines >> vector >> show; shows += show == "1") hex.push_back(vector);
  REQUIRE(static_cast<int>(hex.size()) == slice_reset_cycles + slice_cycles(tile));
  CHECK(shows == 1);
  // Bits from the top: 8 settings, reset, setup, null, flush, inside, 16 used, then the slot that is written. All is 1465 bits.
  const std::size_t bits = 8 + 5 + 16 + 2 + 1 + 2 + 1 + 2 + 2 + 2 * 3 + 16 * 2 * 32 + 16 * 16 + 128;
  REQUIRE(hex[0].size() == (bits + 3) / 4);
  const auto bit = [&](std::size_t line, std::size_t from_top) {
    const std::size_t place = bits - 1 - from_top;
    const char digit = hex[line][hex[line].size() - 1 - place / 4];
    return (digit <= '9' ? digit - '0' : digit - 'a' + 10) >> place % 4 & 1;
  };
  std::vector<std::uint32_t> issued;
  for (std::size_t line = 0; line < hex.size(); ++line)
    if (bit(line, 29) + bit(line, 30) != 0) {
      CHECK(bit(line, 29) + bit(line, 30) == 1);
      CHECK(bit(line, 30) == (issued.size() % 2 == 0));  // slot 0 first
      issued.push_back(static_cast<std::uint32_t>(line) - slice_reset_cycles - 1);
    }
  CHECK(issued == tile.row_issue);
  CHECK(bit(0, 8) == 1);                   // reset
  CHECK(bit(slice_reset_cycles, 9) == 1);  // SETUP
  CHECK(bit(slice_reset_cycles + 1 + static_cast<std::size_t>(tile.run_cycles) - 1, 11) ==
        1);  // flush in the last RUN cycle
}

TEST_CASE("slice: levels without gates show in the settings alone", "[flow][oracle]") {
  const arch::Arch arch;
  const SliceTile tile = random_tile(arch, 2, 3, 5);
  std::string gated = slice_stimulus(arch, {tile}),
              open = slice_stimulus(arch, {tile}, gate_bit(SliceGate::group) | gate_bit(SliceGate::segment));
  REQUIRE(gated.size() == open.size());
  // 1465 bits: the top digit has settings 7 alone, then 6 .. 3 and 2 .. 0 with reset.
  CHECK(gated.substr(1, 2) == "ff");
  CHECK(open.substr(1, 2) == "db");  // settings 1 (group) and 4 (segment) are 0
}

TEST_CASE("slice points: densities and zeros are as asked, the same seed gives the same tiles",
          "[flow][oracle]") {
  for (const int of_set : {1, 16}) {
    arch::Arch arch;
    arch.groups_per_walker = of_set;
    const SlicePoint point{0.3, 0.9};
    const std::vector<SliceTile> tiles = random_slices(arch, point, 3, 4000);
    SliceEvents all;
    for (const SliceTile& tile : tiles) {
      all += slice_events(arch, tile);
      REQUIRE(tile.maps.size() == static_cast<std::size_t>(tile.chunks * of_set));
    }
    CHECK(all.cycles <= 4000 + 3.0 * static_cast<double>(tiles.size()));
    CHECK(share(all.weights_set, all.dense_macs) == Approx(0.3).margin(0.02));
    CHECK(share(all.zero_activations, all.activations) == Approx(0.9).margin(0.03));
    // A set walks where any of its groups has an activation: 1 - 0.9^Q of the positions.
    const double met = 1 - std::pow(0.9, of_set);
    CHECK(static_cast<double>(all.counters.bit_ops) / static_cast<double>(all.counters.walk_ops) ==
          Approx(0.1 / met).margin(of_set == 1 ? 1e-12 : 0.03));
    CHECK(slice_stimulus(arch, random_slices(arch, point, 3, 4000)) == slice_stimulus(arch, tiles));
    CHECK(slice_stimulus(arch, random_slices(arch, point, 4, 4000)) != slice_stimulus(arch, tiles));
  }
  CHECK_THROWS_AS(random_slices({}, {0.9, 0.0}, 1, 20), Error);
}
