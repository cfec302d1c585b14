// SPDX-License-Identifier: Apache-2.0
#include "flow/slice.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "hw/numerics/fp8.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::flow {
namespace {

const std::vector<std::uint32_t>& row_issue(const sim::fast::TileTiming& timing) {
  for (const sim::TileDetail& detail : timing.details)
    if (detail.part == "row") return detail.values;
  fail("characterize: the array's organisation reports no rows");
}

/// The code of a value in units of 2^-9.
std::uint8_t code_of(std::int32_t units) {
  std::uint32_t magnitude = static_cast<std::uint32_t>(std::abs(units));
  int shift = 0;
  for (; magnitude > 15; magnitude >>= 1) ++shift;
  const auto code = static_cast<std::uint8_t>(
      magnitude < 8 ? magnitude : static_cast<std::uint32_t>(shift + 1) << 3 | (magnitude & 7));
  return static_cast<std::uint8_t>(units < 0 ? code | 0x80 : code);
}

/// The activation that a group meets at a place of the reduction. Of what was fetched, not of the buffer: a layer that runs in place
/// has overwritten that.
std::uint8_t fetched(const sim::fast::TileActs& acts, int place, int group) {
  const std::size_t plane = acts.works.size() * 4 * sim::fast::groups,
                    at = index((place / 4 * static_cast<int>(sim::fast::groups) + group) * 4 + place % 4);
  std::int32_t units = acts.limbs[at];
  if (acts.limb_count > 1) units += acts.limbs[plane + at] << 8;
  if (acts.limb_count > 2) units += (acts.limbs[2 * plane + at] - 4) * 65536;
  return code_of(units);
}

std::vector<int> lengths_of_tiles(sim::FastEngine& engine, std::span<const std::uint8_t> input) {
  std::vector<int> lengths;
  engine.set_recorder([&](const sim::fast::TileRecord& record) {
    lengths.push_back(static_cast<int>(record.timing.run_cycles));
  });
  engine.frame(input);
  return lengths;
}

}  // namespace

std::uint16_t SliceTile::map(const arch::Arch& arch, int chunk) const {
  std::uint16_t map = 0;
  for (int g = 0; g < arch.groups_per_walker; ++g)
    map = static_cast<std::uint16_t>(map | maps[index(chunk * arch.groups_per_walker + g)]);
  return map;
}

std::int64_t SliceTile::sum(int channel) const {
  std::int64_t sum = 0;
  for (int k = 0; k < chunks; ++k)
    for (int i = 0; i < slice_chunk; ++i)
      sum += std::int64_t{weight(k, i, channel)} * numerics::fp8_units(code(k, i));
  return sum;
}

void require_slice(const arch::Arch& arch) {
  WD_REQUIRE(arch.array() == arch::Organisation::walker_sets && arch.chunk == slice_chunk,
             "characterize: the slice is one of walker sets with chunks of ", slice_chunk, "; chunk is ",
             arch.chunk);
}

SliceTile slice_of(const arch::Arch& arch, const sim::fast::TileRecord& record, int block, int group) {
  SliceTile tile;
  tile.id = record.id;
  tile.planes = record.conv.planes;
  tile.chunks = program::walked_rows(record.conv, arch) / record.conv.planes;
  tile.channels = std::clamp(record.rows.channels - block * slice_pes, 0, slice_pes);
  tile.sub_reads = record.acts.sub_reads;
  tile.row_issue = row_issue(record.timing);
  tile.run_cycles = static_cast<int>(record.timing.run_cycles);
  const int first = group / arch.groups_per_walker * arch.groups_per_walker;
  for (int k = 0; k < tile.chunks * slice_chunk; ++k) {
    for (int p = 0; p < slice_pes; ++p)
      tile.weights.push_back(
          record.rows.weights[index((k / 4 * arch.pes_per_group + block * slice_pes + p) * 4 + k % 4)]);
    tile.codes.push_back(fetched(record.acts, k, group));
  }
  for (int k = 0; k < tile.chunks; ++k)
    for (int g = first; g < first + arch.groups_per_walker; ++g) {
      std::uint16_t map = 0;
      for (int i = 0; i < slice_chunk; ++i)
        map = static_cast<std::uint16_t>(map | (fetched(record.acts, k * slice_chunk + i, g) != 0) << i);
      tile.maps.push_back(map);
    }
  return tile;
}

std::vector<SliceTile> record_slices(const program::Program& program, std::span<const std::uint8_t> input,
                                     std::uint64_t seed, int cycles) {
  const arch::Arch& arch = program.arch;
  require_slice(arch);
  sim::FastEngine engine(program, {});
  engine.load();
  const std::vector<int> lengths = lengths_of_tiles(engine, input);
  std::mt19937_64 random(seed);
  std::vector<std::size_t> order(lengths.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  std::vector<bool> wanted(lengths.size(), false);
  int left = cycles;
  for (const std::size_t i : order)
    if (lengths[i] <= left) {
      wanted[i] = true;
      left -= lengths[i];
    }
  std::vector<SliceTile> tiles;
  std::size_t number = 0;
  engine.set_recorder([&](const sim::fast::TileRecord& record) {
    const std::uint64_t drawn = random();
    if (!wanted[number++]) return;
    const int blocks = ceil_div(record.rows.channels, slice_pes);
    int group = static_cast<int>(drawn % static_cast<unsigned>(arch.groups()));
    while ((record.acts.inside >> group & 1) == 0) group = (group + 1) % arch.groups();
    tiles.push_back(
        slice_of(arch, record, static_cast<int>(drawn / 64 % static_cast<unsigned>(blocks)), group));
  });
  engine.frame(input);
  WD_REQUIRE(!tiles.empty(), "characterize: --cycles leaves ", cycles,
             " for this program, less than any of its tiles takes");
  std::shuffle(tiles.begin(), tiles.end(), random);
  return tiles;
}

}  // namespace wd::flow
