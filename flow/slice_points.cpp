// SPDX-License-Identifier: Apache-2.0
#include "flow/slice_points.hpp"

#include <cmath>
#include <random>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "hw/numerics/fp8.hpp"
#include "sim/fast/walker_timing.hpp"

namespace wd::flow {
namespace {

constexpr int least_chunks = 6, most_chunks = 24, most_tries = 200;

/// A tile of the whole array, of which a slice is taken.
class RandomTile {
 public:
  RandomTile(const arch::Arch& arch, const SlicePoint& point, std::uint64_t seed)
      : arch_(arch), point_(point), random_(seed) {
    planes_ = point.planes[random_() % point.planes.size()];
    chunks_ = least_chunks + static_cast<int>(random_() % (most_chunks - least_chunks + 1));
    const auto positions = index(chunks_ * slice_chunk);
    weights_.resize(positions * index(arch.pes_per_group));
    for (std::int8_t& weight : weights_) weight = draw_weight();
    codes_.resize(positions * sim::fast::groups);
    for (std::uint8_t& code : codes_) code = draw_code();
  }

  SliceTile slice() {
    SliceTile tile;
    tile.planes = planes_;
    tile.chunks = chunks_;
    tile.sub_reads.assign(index(chunks_), 1);
    time(tile);
    const int block = static_cast<int>(random_() % index(arch_.pes_per_group / slice_pes)),
              group = static_cast<int>(random_() % sim::fast::groups),
              first = group / arch_.groups_per_walker * arch_.groups_per_walker;
    for (int k = 0; k < chunks_ * slice_chunk; ++k) {
      for (int p = 0; p < slice_pes; ++p) tile.weights.push_back(weight(k, block * slice_pes + p));
      tile.codes.push_back(code(k, group));
    }
    for (int k = 0; k < chunks_; ++k)
      for (int g = first; g < first + arch_.groups_per_walker; ++g) tile.maps.push_back(map(k, g, 1));
    return tile;
  }

 private:
  double uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  std::int8_t draw_weight() {
    if (uniform() >= point_.density) return 0;
    const int most = (1 << planes_) - 1, level = 1 + static_cast<int>(random_() % index(most));
    return static_cast<std::int8_t>(random_() & 1 ? level : -level);
  }
  /// A value that rounds to zero is none: the share of zeros is as asked.
  std::uint8_t draw_code() {
    if (uniform() < point_.zeros) return 0;
    const double radius = std::sqrt(-2 * std::log(1 - uniform())), angle = 6.283185307179586 * uniform();
    const auto code =
        numerics::fp8_from_float(static_cast<float>(std::abs(point_.sigma * radius * std::cos(angle))));
    return code == 0 ? std::uint8_t{1} : code;
  }
  std::int8_t weight(int place, int channel) const {
    return weights_[index(place * arch_.pes_per_group + channel)];
  }
  std::uint8_t code(int place, int group) const {
    return codes_[index(place * static_cast<int>(sim::fast::groups) + group)];
  }
  /// Where any of so many groups has an activation.
  std::uint16_t map(int chunk, int first, int count) const {
    std::uint16_t map = 0;
    for (int i = 0; i < slice_chunk; ++i)
      for (int g = first; g < first + count; ++g)
        map = static_cast<std::uint16_t>(map | ((code(chunk * slice_chunk + i, g) & 0x7f) != 0) << i);
    return map;
  }

  void time(SliceTile& tile) const {
    const int rows = ceil_div(planes_, arch_.planes_per_row), of_set = arch_.groups_per_walker;
    const std::size_t pitch = sim::fast::walk_pitch(index(arch_.pes_per_group));
    sim::fast::TileRows its;
    its.walk16.assign(index(chunks_ * rows) * pitch, 0);
    for (int r = 0; r < chunks_ * rows; ++r)
      for (int p = 0; p < arch_.pes_per_group; ++p)
        for (int i = 0; i < slice_chunk; ++i) {
          const int w =
              std::abs(int{weight(r / rows * slice_chunk + i, p)}) >> r % rows * arch_.planes_per_row;
          std::uint16_t& word = its.walk16[index(r) * pitch + index(p)];
          word = static_cast<std::uint16_t>(word | ((w & ((1 << arch_.planes_per_row) - 1)) != 0) << i);
        }
    sim::fast::TileActs acts;
    acts.inside = 0xffff;
    acts.sub_reads = tile.sub_reads;
    for (int k = 0; k < chunks_; ++k)
      for (int g = 0; g < arch_.groups(); g += of_set) acts.walk16.push_back(map(k, g, of_set));
    const sim::fast::WalkerRequest request{
        chunks_, rows, arch_.window, arch_.entries, arch_.pes_per_group, of_set, slice_chunk, true};
    sim::fast::RowTimes times;
    tile.run_cycles = static_cast<int>(
        sim::fast::time_walkers(request, its, acts, kernel_set(sim::fast::Kernel::plain), times).run_cycles);
    tile.row_issue = times.issue;
  }

  const arch::Arch& arch_;
  const SlicePoint& point_;
  std::mt19937_64 random_;
  int planes_ = 1, chunks_ = 0;
  std::vector<std::int8_t> weights_;  // [position][channel]
  std::vector<std::uint8_t> codes_;   // [position][group]
};

}  // namespace

std::string SlicePoint::name() const {
  return text(100 * density, " % of weights, ", 100 * zeros, " % zero activations");
}

std::vector<SliceTile> random_slices(const arch::Arch& arch, const SlicePoint& point, std::uint64_t seed,
                                     int cycles) {
  require_slice(arch);
  std::vector<SliceTile> tiles;
  for (int left = cycles, tries = 0; tries < most_tries && left > 0; ++tries) {
    SliceTile tile = RandomTile(arch, point, seed * 1000 + static_cast<std::uint64_t>(tries)).slice();
    tile.id.t = tries;
    if (tile.run_cycles > left) continue;
    left -= tile.run_cycles;
    tiles.push_back(std::move(tile));
  }
  WD_REQUIRE(!tiles.empty(), "characterize: --cycles leaves ", cycles, " for operands of ", point.name(),
             ", less than any tile takes");
  return tiles;
}

}  // namespace wd::flow
