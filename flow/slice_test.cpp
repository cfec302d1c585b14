// SPDX-License-Identifier: Apache-2.0
#include "flow/slice.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "base/error.hpp"
#include "flow/characterize.hpp"
#include "hw/numerics/fp8.hpp"

namespace {

using namespace wd;
using namespace wd::flow;

/// Random weights of some planes and codes; issue times are those of a walker that is never waited for.
SliceTile random_tile(int planes, int chunks, unsigned seed) {
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
    for (int g = 0; g < 16; ++g) {
      std::uint16_t map = 0;
      for (int i = 0; i < 16; ++i)
        map = static_cast<std::uint16_t>(
            map | (tile.codes[static_cast<std::size_t>(k * 16 + i)] != 0 && g == 3) << i);
      tile.maps.push_back(map);
    }
  tile.sub_reads.assign(static_cast<std::size_t>(chunks), 1);
  const int rows = chunks * ((planes + 1) / 2);
  for (int r = 0; r < rows; ++r) tile.row_issue.push_back(static_cast<std::uint32_t>(1 + 20 * r));
  tile.run_cycles = 1 + 20 * rows + 4;
  return tile;
}

}  // namespace

TEST_CASE("slice: walks and operands are those of the weights and activations", "[flow][oracle]") {
  const arch::Arch arch;
  for (const int planes : {1, 2, 3}) {
    const SliceTile tile = random_tile(planes, 4, static_cast<unsigned>(planes));
    double walks = 0, operands = 0, low = 0, twos = 0;
    for (int p = 0; p < slice_pes; ++p)
      for (int i = 0; i < 4 * 16; ++i) {
        const int w = std::abs(int{tile.weights[static_cast<std::size_t>(i * slice_pes + p)]});
        const std::uint8_t code = tile.codes[static_cast<std::size_t>(i)];
        // Only one group has activations: what is walked is an operand. A row holds two planes, the third is one of its own.
        for (const int part : {w & 3, w >> 2}) {
          if (part == 0 || code == 0) continue;
          ++walks;
          ++operands;
          low += (code >> 3 & 15) <= 8;  // shift of the exponent less one, below 8
          twos += part == 3;
        }
      }
    const SliceEvents events = slice_events(arch, tile);
    CHECK(events.walks == walks);
    CHECK(events.operands() == operands);
    CHECK(events.low_operands == low);
    CHECK(events.double_operands == twos);
    CHECK(events.rows == 4 * (planes == 3 ? 2 : 1));
    CHECK(events.flushes == 2 * slice_pes);
  }
}

TEST_CASE("slice: the stimulus issues every row once, where the array does", "[flow][oracle]") {
  const arch::Arch arch;
  const SliceTile tile = random_tile(2, 3, 5);
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

TEST_CASE("characterize: energies of known events come back from their tiles", "[flow][oracle]") {
  const arch::Arch arch;
  SliceEnergy energy;
  std::vector<SliceEvents> events;
  energy.area_um2 = {1, 2, 3, 4};
  energy.period_ns = 2;
  for (unsigned seed = 1; seed <= 24; ++seed) {
    const SliceTile tile = random_tile(static_cast<int>(seed % 3) + 1, static_cast<int>(seed % 5) + 1, seed);
    SliceEvents e = slice_events(arch, tile);
    e.walks += seed * 37 % 101;  // picks of no operand
    e.starts = seed * seed % 7;  // independent of the others
    e.flushes = seed % 2 * 32.0;
    events.push_back(e);
    std::vector<silicon::Energy> parts(slice_parts);
    parts[0] = {e.cycles, 0, 0, 0};
    parts[1] = {5 * e.rows, 2 * e.cycles, 10, 0};
    parts[2] = {3 * e.walks + 11 * e.starts, 7 * e.chunks, 10, 0};
    parts[3] = {100 * e.low_operands + 70 * e.high_operands, 9 * e.flushes + 4 * e.walks, 10, 5};
    energy.tiles.push_back(parts);
    energy.cycles += static_cast<std::uint64_t>(e.cycles);
  }
  const std::vector<PartTable> tables = fit_parts(energy, events);
  const auto each = [&](std::size_t part, const std::string& name) {
    for (const EventEnergy& event : tables[part].events)
      if (event.event == name) return event.femtojoule;
    return -1.0;
  };
  CHECK(each(1, "row") == Approx(5).margin(0.05));
  CHECK(each(1, "idle") == Approx(2).margin(0.01));
  CHECK(each(2, "start") == Approx(11).margin(0.1));
  CHECK(each(3, "operand_low") == Approx(100).margin(1));
  CHECK(each(3, "operand_high") == Approx(70).margin(1));
  CHECK(each(3, "flush") == Approx(9).margin(0.5));
  CHECK(tables[3].residual < 1e-3);
  CHECK(std::abs(tables[3].held_out) < 1e-2);
  // 24 tiles of 10 fJ over all cycles of 2 ns: 1 fJ in 1 ns is 1 uW.
  CHECK(tables[1].leakage_nw == Approx(240 / (2.0 * static_cast<double>(energy.cycles)) * 1000));
}
