// SPDX-License-Identifier: Apache-2.0
// The recurrences of walker sets against an array that is stepped cycle by cycle: cycles, counters, details.
#include "sim/fast/walker_sets.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "sim/fast/gather.hpp"
#include "sim/fast/stepped_array.hpp"

using namespace wd;
using namespace wd::sim::fast;

namespace {

constexpr int stepped_groups = SteppedArray::groups;

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}
  int between(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }
  bool chance(int percent) { return between(0, 99) < percent; }

  arch::Arch arch() {
    arch::Arch arch;
    arch.pes_per_group = 16 * between(1, 4);
    arch.chunk = chance(20) ? 16 << between(1, 2) : 16;
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

  /// @param chunks 0: a few
  PlainTile tile(const arch::Arch& arch, int chunks = 0) {
    PlainTile tile;
    tile.chunks = chunks != 0 ? chunks : between(1, 10);
    tile.planes = between(1, 3);
    tile.channels = 16 * between(1, arch.pes_per_group / 16);
    tile.inside = chance(50) ? 0xffff : static_cast<std::uint32_t>(random_()) & 0xffff;
    const int weights = between(0, 100), activations = between(0, 100), slow = between(0, 1) * 3 + 1;
    for (int i = 0; i < tile.chunks * arch.chunk * arch.pes_per_group; ++i) {
      const int magnitude = chance(weights) ? between(1, (1 << tile.planes) - 1) : 0;
      const bool exists = i % arch.pes_per_group < tile.channels;
      tile.weights.push_back(!exists ? 0 : chance(50) ? magnitude : -magnitude);
    }
    for (int i = 0; i < tile.chunks * stepped_groups * arch.chunk; ++i) {
      const bool exists = tile.inside >> i / arch.chunk % stepped_groups & 1;
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

/// A tile as the fast simulator has it.
struct FastTile {
  TileRows rows;
  TileActs acts;

  FastTile(const WalkerSets& organisation, const arch::Arch& arch, const PlainTile& tile) {
    const auto pes = static_cast<std::size_t>(arch.pes_per_group),
               chunk = static_cast<std::size_t>(arch.chunk);
    rows.channels = tile.channels;
    for (int k = 0; k < tile.chunks; ++k) {
      std::vector<program::WeightRow> planes;
      for (int plane = 0; plane < tile.planes; ++plane) planes.push_back(words_of(tile, arch, k, plane));
      organisation.add_chunk(planes, rows);
    }
    rows.weights.resize(tile.weights.size());
    for (std::size_t i = 0; i < tile.weights.size(); ++i)
      rows.weights[(i / pes / 4 * pes + i % pes) * 4 + i / pes % 4] =
          static_cast<std::int8_t>(tile.weights[i]);
    std::vector<std::uint8_t> codes(tile.codes.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const std::size_t position = i / chunk / groups * chunk + i % chunk, group = i / chunk % groups;
      codes[(position / 4 * groups + group) * 4 + position % 4] = tile.codes[i];
    }
    survey(codes, acts);
    acts.inside = tile.inside;
    acts.sub_reads = tile.fetch;
    organisation.add_maps(acts);
  }
};

/// By the definition of a convolution's sum.
std::int64_t direct_sum(const PlainTile& tile, const arch::Arch& arch, int group, int pe) {
  std::int64_t sum = 0;
  for (int i = 0; i < tile.chunks * arch.chunk; ++i)
    sum += std::int64_t{tile.weights[static_cast<std::size_t>(i * arch.pes_per_group + pe)]} *
           numerics::fp8_units(tile.codes[static_cast<std::size_t>(
               (i / arch.chunk * stepped_groups + group) * arch.chunk + i % arch.chunk)]);
  return sum;
}

}  // namespace

TEST_CASE("tile timing: the recurrences agree with a stepped array", "[sim][oracle]") {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Draw draw(seed);
    const arch::Arch arch = draw.arch();
    const arch::Switches switches = draw.switches(arch);
    const PlainTile tile = draw.tile(arch);
    RowTimes times;
    const WalkerSets organisation(arch, switches, Kernel::plain);
    const FastTile its(organisation, arch, tile);
    const TileTiming fast = organisation.time({tile.chunks, tile.planes}, its.rows, its.acts, true, times);
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
    for (const Kernel kernel : all_kernels()) {
      if (!available(kernel)) continue;
      INFO("kernel " << name_of(kernel));
      const WalkerSets by_kernel(arch, switches, kernel);
      const TileTiming timed = by_kernel.time({tile.chunks, tile.planes}, its.rows, its.acts, false, times);
      REQUIRE(timed.run_cycles == plain.run_cycles);
      REQUIRE(arch::to_json(timed.counters).dump() == arch::to_json(plain.counters).dump());
      REQUIRE(times.issue == plain.row_issue);
    }
    for (int g = 0; g < stepped_groups; ++g)
      for (int pe = 0; pe < arch.pes_per_group; ++pe)
        REQUIRE(plain.sums[static_cast<std::size_t>(g * arch.pes_per_group + pe)] ==
                direct_sum(tile, arch, g, pe));
  }
}

TEST_CASE("tile timing: kernels agree with the plain recurrences where times leave 16 bits",
          "[sim][oracle]") {
  std::uint64_t longest = 0;
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    Draw draw(1000 + seed);
    arch::Arch arch = draw.arch();
    arch.chunk = 16;
    const arch::Switches switches = draw.switches(arch);
    const PlainTile tile = draw.tile(arch, 9000);
    INFO("seed " << seed << " groups_per_walker " << arch.groups_per_walker << " window " << arch.window
                 << " entries " << arch.entries << " planes_per_row " << arch.planes_per_row);
    const WalkerSets organisation(arch, switches, Kernel::plain);
    const FastTile its(organisation, arch, tile);
    RowTimes expected, times;
    const TileTiming plain =
        organisation.time({tile.chunks, tile.planes}, its.rows, its.acts, true, expected);
    longest = std::max(longest, plain.run_cycles);
    for (const Kernel kernel : all_kernels()) {
      if (!available(kernel)) continue;
      INFO("kernel " << name_of(kernel));
      const WalkerSets by_kernel(arch, switches, kernel);
      const TileTiming timed = by_kernel.time({tile.chunks, tile.planes}, its.rows, its.acts, false, times);
      REQUIRE(timed.run_cycles == plain.run_cycles);
      REQUIRE(arch::to_json(timed.counters).dump() == arch::to_json(plain.counters).dump());
      REQUIRE(times.issue == expected.issue);
      REQUIRE(times.free == expected.free);
    }
  }
  CHECK(longest > 3 * 65536);
}
