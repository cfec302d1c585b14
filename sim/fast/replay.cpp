// SPDX-License-Identifier: Apache-2.0
// Recording of a frame's maps, and frames timed from them in the fast simulator.
//
// What      a replayed frame does all that costs time: bursts, tiles, counters; layers without values leave 0 or the smallest code
//           that is not 0 in the activation buffer, at the very places where values would be. The input, whose values are given, is as it is.
// Numerics  none: sums, normalization, scores and saturations are what was recorded.
// Test      testbench/replay_test.cpp (all counters and scores, against whole frames)
#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "hw/numerics/post.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::sim {

using arch::Instr;

namespace {

constexpr std::uint8_t not_zero = 1;  // any code that is not 0 or -0

/// Bit i: code i of a block is not zero.
std::uint16_t map_of(const std::uint8_t* codes) {
  unsigned map = 0;
  for (int i = 0; i < arch::block; ++i) map |= static_cast<unsigned>((codes[i] & 0x7f) != 0) << i;
  return static_cast<std::uint16_t>(map);
}

void put_map(std::uint16_t map, std::uint8_t* codes) {
  for (int i = 0; i < arch::block; ++i) codes[i] = (map >> i & 1) != 0 ? not_zero : 0;
}

/// Sets a pointer for the time of a frame, which may end with an error.
template <typename T>
class During {
 public:
  During(T*& pointer, T* value) : pointer_(pointer) { pointer = value; }
  ~During() { pointer_ = nullptr; }
  During(const During&) = delete;
  During& operator=(const During&) = delete;

 private:
  T*& pointer_;
};

}  // namespace

void FastEngine::make_map_layout() {
  if (!map_layout_) map_layout_ = std::make_shared<const fast::MapLayout>(state_.program());
}

FrameResult FastEngine::record(std::span<const std::uint8_t> input, fast::FrameMaps& maps) {
  make_map_layout();
  maps = map_layout_->empty_frame();
  const During during(recorded_, &maps);
  const FrameResult result = frame(input);
  maps.scores = result.scores;
  return result;
}

FrameResult FastEngine::replay(std::span<const std::uint8_t> input, const fast::FrameMaps& maps) {
  make_map_layout();
  WD_ASSERT(trace_ == nullptr && maps.maps.size() == map_layout_->maps() &&
            maps.saturations.size() == map_layout_->saturations());
  const During during(replayed_, &maps);
  FrameResult result = frame(input);
  result.scores = maps.scores;
  return result;
}

void FastEngine::record_maps(const Instr& layer, int iteration) {
  if (!fast::has_maps(layer)) return;
  const fast::MapLayout::Outputs to = map_layout_->outputs(layer, iteration);
  const TensorPlace place = program::output_place(layer);
  for (int y = 0; y < layer.out_h; ++y)
    for (int x = 0; x < layer.out_w; ++x)
      for (int block = 0; block < layer.out_blocks; ++block)
        recorded_->maps[to.map(y, x, block)] = map_of(state_.acts.block(place, y, x, block));
}

/// By block of channels: tiles of other arrays have other channels. @param row, rows of the tile, which saturate somewhere
void FastEngine::record_saturations(const Instr& layer, const TileId& id, std::size_t row, std::size_t rows,
                                    std::size_t channels, const double* gamma, const double* beta,
                                    fast::TileScratch& scratch) {
  const fast::MapLayout::Outputs to = map_layout_->outputs(layer, id.iteration);
  const int first = id.oc * program::tile_blocks(state_.arch());
  const auto pes = static_cast<std::size_t>(state_.arch().pes_per_group);
  const double unit = std::ldexp(1.0, numerics::fp8_unit_exp - layer.acc_shift);
  for (std::size_t r = row; r < row + rows; ++r)
    for (std::size_t c = 0; c < channels; c += arch::block) {
      const std::size_t at = r * channels + c;
      const std::size_t count = post_kernels_.codes(
          1, arch::block, &scratch.sums[r * pes + c], unit, gamma + c, beta + c,
          layer.residual ? &scratch.residual[at] : nullptr, std::ldexp(1.0, layer.res_shift), layer.relu != 0,
          &scratch.results[at]);  // the same codes again
      std::uint16_t& sum =
          recorded_->saturations[to.saturations(id.t, first + static_cast<int>(c) / arch::block)];
      sum = static_cast<std::uint16_t>(sum + count);  // of at most 16 pixels and 16 channels
    }
}

/// What the post unit leaves of a tile, without its arithmetic. @return saturations
std::uint64_t FastEngine::replay_results(const Instr& layer, const TileId& id, int rows, int blocks) {
  if (!fast::has_maps(layer)) return 0;  // scores
  const fast::MapLayout::Outputs from = map_layout_->outputs(layer, id.iteration);
  const TensorPlace place = program::output_place(layer);
  const int first = id.oc * program::tile_blocks(state_.arch());
  for (int row = 0; row < rows; ++row) {
    const auto pixel = *program::group_pixel(layer, id.t, row, state_.arch());
    const BlockWalk to(state_.acts, place, pixel.y, pixel.x);
    for (int b = 0; b < blocks; ++b)
      put_map(replayed_->maps[from.map(pixel.y, pixel.x, first + b)], to.block(first + b));
  }
  std::uint64_t saturations = 0;
  for (int b = 0; b < blocks; ++b) saturations += replayed_->saturations[from.saturations(id.t, first + b)];
  return saturations;
}

/// The greatest code of some is 0 or not; which, their maps do not say.
void FastEngine::replay_pool(const Instr& pool, int iteration) {
  const fast::MapLayout::Outputs from = map_layout_->outputs(pool, iteration);
  const TensorPlace place = program::output_place(pool);
  for (int y = 0; y < pool.out_h; ++y)
    for (int x = 0; x < pool.out_w; ++x)
      for (int block = 0; block < pool.out_blocks; ++block)
        put_map(replayed_->maps[from.map(y, x, block)], state_.acts.block(place, y, x, block));
}

}  // namespace wd::sim
