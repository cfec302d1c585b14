// SPDX-License-Identifier: Apache-2.0
// The recurrences of walker sets against an array that is stepped cycle by cycle: cycles, counters, details.
#include "sim/fast/walker_sets.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "sim/fast/stepped_array.hpp"

using namespace wd;
using namespace wd::sim::fast;

namespace {

constexpr int groups = SteppedArray::groups;

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}
  int between(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }
  bool chance(int percent) { return between(0, 99) < percent; }

  arch::Arch arch() {
    arch::Arch arch;
    arch.pes_per_group = 16 * between(1, 2);
    arch.chunk = chance(20) ? 64 : 16;
    arch.groups_per_walker = 1 << between(0, 4);
    arch.window = between(1, 8);
    arch.entries = between(1, arch.window);
    arch.planes_per_row = between(1, 3);
    arch.sum_segment = chance(30) ? 0 : 8;
    return arch;
  }

  arch::Switches switches(const arch::Arch& arch) {
    arch::Switches switches;
    switches.skip_zero_activations = chance(70);
    switches.skip_zero_weights = chance(70);
    switches.skip_zero_bits = chance(70);
    switches.window = between(0, arch.window);
    return switches;
  }

  PlainTile tile(const arch::Arch& arch) {
    PlainTile tile;
    tile.chunks = between(1, 10);
    tile.planes = between(1, 3);
    tile.channels = 16 * between(1, arch.pes_per_group / 16);
    tile.inside = chance(50) ? 0xffff : static_cast<std::uint32_t>(random_()) & 0xffff;
    const int weights = between(0, 100), activations = between(0, 100), slow = between(0, 1) * 3 + 1;
    for (int i = 0; i < tile.chunks * arch.chunk * arch.pes_per_group; ++i) {
      const int magnitude = chance(weights) ? between(1, (1 << tile.planes) - 1) : 0;
      const bool exists = i % arch.pes_per_group < tile.channels;
      tile.weights.push_back(!exists ? 0 : chance(50) ? magnitude : -magnitude);
    }
    for (int i = 0; i < tile.chunks * groups * arch.chunk; ++i) {
      const bool exists = tile.inside >> i / arch.chunk % groups & 1;
      tile.codes.push_back(static_cast<std::uint8_t>(exists && chance(activations) ? between(0, 255) : 0));
    }
    for (int k = 0; k < tile.chunks; ++k) tile.fetch.push_back(static_cast<std::uint8_t>(between(1, slow)));
    return tile;
  }

 private:
  std::mt19937_64 random_;
};

/// The words of docs/architecture.md for one plane of a chunk.
program::WeightRow words_of(const PlainTile& tile, const arch::Arch& arch, int chunk, int plane) {
  program::WeightRow row(static_cast<std::size_t>(arch.pes_per_group));
  for (int i = 0; i < arch.chunk; ++i)
    for (int pe = 0; pe < arch.pes_per_group; ++pe) {
      const int w =
          tile.weights[static_cast<std::size_t>((chunk * arch.chunk + i) * arch.pes_per_group + pe)];
      const bool set = std::abs(w) >> plane & 1;
      program::WeightWord& word = row[static_cast<std::size_t>(pe)];
      word.mask |= std::uint64_t{set} << i;
      word.sign |= std::uint64_t{set ? w < 0 : w != 0} << i;
    }
  return row;
}

TileTiming timed(const WalkerSets& organisation, const arch::Arch& arch, const PlainTile& tile) {
  TileRows rows;
  rows.channels = tile.channels;
  for (int k = 0; k < tile.chunks; ++k) {
    std::vector<program::WeightRow> words;
    std::vector<const program::WeightRow*> planes;
    for (int plane = 0; plane < tile.planes; ++plane) words.push_back(words_of(tile, arch, k, plane));
    for (const program::WeightRow& row : words) planes.push_back(&row);
    organisation.add_chunk(planes, rows);
  }
  for (int w : tile.weights) rows.weights.push_back(static_cast<std::int8_t>(w));
  TileActs acts;
  acts.inside = tile.inside;
  acts.sub_reads = tile.fetch;
  for (std::size_t i = 0; i < tile.codes.size(); ++i) {
    if (i % static_cast<std::size_t>(arch.chunk) == 0) acts.nonzero.push_back(0);
    acts.nonzero.back() |= std::uint64_t{(tile.codes[i] & 0x7f) != 0}
                           << i % static_cast<std::size_t>(arch.chunk);
  }
  organisation.add_maps(acts);
  return organisation.time({tile.chunks, tile.planes}, rows, acts, true);
}

/// By the definition of a convolution's sum.
std::int64_t direct_sum(const PlainTile& tile, const arch::Arch& arch, int group, int pe) {
  std::int64_t sum = 0;
  for (int i = 0; i < tile.chunks * arch.chunk; ++i)
    sum += std::int64_t{tile.weights[static_cast<std::size_t>(i * arch.pes_per_group + pe)]} *
           numerics::fp8_units(tile.codes[static_cast<std::size_t>(
               (i / arch.chunk * groups + group) * arch.chunk + i % arch.chunk)]);
  return sum;
}

}  // namespace

TEST_CASE("tile timing: the recurrences agree with a stepped array", "[sim][oracle]") {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Draw draw(seed);
    const arch::Arch arch = draw.arch();
    const arch::Switches switches = draw.switches(arch);
    const PlainTile tile = draw.tile(arch);
    const TileTiming fast = timed(WalkerSets(arch, switches), arch, tile);
    const SteppedArray plain(arch, switches, tile);
    INFO("seed " << seed << " groups_per_walker " << arch.groups_per_walker << " window " << arch.window
                 << " entries " << arch.entries << " planes_per_row " << arch.planes_per_row);
    REQUIRE(fast.details.size() == 4);
    REQUIRE(fast.details[0].values == plain.walks);
    REQUIRE(fast.details[1].values == plain.operands);
    REQUIRE(fast.details[2].values == plain.row_issue);
    REQUIRE(fast.details[3].values == plain.last_walk);
    REQUIRE(fast.run_cycles == plain.run_cycles);
    REQUIRE(arch::to_json(fast.counters).dump() == arch::to_json(plain.counters).dump());
    for (int g = 0; g < groups; ++g)
      for (int pe = 0; pe < arch.pes_per_group; ++pe)
        REQUIRE(plain.sums[static_cast<std::size_t>(g * arch.pes_per_group + pe)] ==
                direct_sum(tile, arch, g, pe));
  }
}
