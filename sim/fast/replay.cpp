// SPDX-License-Identifier: Apache-2.0
// Recording of a frame's maps, and frames timed from them in the fast simulator.
//
// What      a replayed frame does all that costs time: bursts, tiles, counters; layers without values leave 0 or the smallest code
//           that is not 0 in the activation buffer, at the very places where values would be. The input, whose values are given, is as it is.
// Numerics  none: sums, normalization, scores and saturations are what was recorded.
// Test      testbench/replay_test.cpp (all counters and scores, against whole frames)
#include <algorithm>

#include "base/error.hpp"
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

/// Whether a pool's words have channels that no layer writes: what lies there is no output, yet an array that does not skip zero
/// weights walks it.
bool pools_strangers(const program::Program& program) {
  const auto partial = [&](const Instr& instr) {
    return instr.operation() == arch::Op::Pool && instr.in_blocks * arch::block % program.arch.chunk != 0;
  };
  return std::any_of(program.instrs.begin(), program.instrs.end(), partial);
}

}  // namespace

const fast::MapLayout& FastEngine::map_layout() {
  if (!map_layout_) map_layout_ = std::make_unique<fast::MapLayout>(state_.program());
  return *map_layout_;
}

bool FastEngine::can_replay() const {
  return switches_.skip_zero_weights || !pools_strangers(state_.program());
}

FrameResult FastEngine::record(std::span<const std::uint8_t> input, fast::FrameMaps& maps) {
  maps = map_layout().empty_frame();
  const During during(recorded_, &maps);
  const FrameResult result = frame(input);
  maps.scores = result.scores;
  return result;
}

FrameResult FastEngine::replay(std::span<const std::uint8_t> input, const fast::FrameMaps& maps) {
  WD_ASSERT(trace_ == nullptr && maps.maps.size() == map_layout().maps() &&
            maps.saturations.size() == map_layout().saturations());
  WD_REQUIRE(can_replay(),
             "a pool with channels in part of a word cannot be replayed while zero weights are walked; run "
             "without --replay");
  const During during(replayed_, &maps);
  FrameResult result = frame(input);
  result.scores = maps.scores;
  return result;
}

void FastEngine::record_maps(const Instr& layer, int iteration) {
  if (!fast::has_maps(layer)) return;
  const fast::MapLayout::Outputs to = map_layout().outputs(layer, iteration);
  const TensorPlace place = program::output_place(layer);
  for (int y = 0; y < layer.out_h; ++y)
    for (int x = 0; x < layer.out_w; ++x)
      for (int block = 0; block < layer.out_blocks; ++block)
        recorded_->maps[to.map(y, x, block)] = map_of(state_.acts.block(place, y, x, block));
}

void FastEngine::record_saturations(const Instr& layer, int iteration, int tile, int block,
                                    std::uint64_t count) {
  if (count == 0 || !fast::has_maps(layer)) return;
  std::uint16_t& sum =
      recorded_->saturations[map_layout().outputs(layer, iteration).saturations(tile, block)];
  sum = static_cast<std::uint16_t>(sum + count);  // of at most 16 pixels and 16 channels
}

/// What the post unit does with a block of a tile, but for the arithmetic.
void FastEngine::replay_block(const Instr& layer, const TileId& id, int block, int first_group,
                              int end_group) {
  std::uint64_t count = 0;
  const bool writes = fast::has_maps(layer);
  const fast::MapLayout::Outputs from =
      writes ? map_layout().outputs(layer, id.iteration) : fast::MapLayout::Outputs{};
  const TensorPlace place = program::output_place(layer);
  for (int group = first_group; group < end_group; ++group) {
    const auto pixel = program::group_pixel(layer, id.t, group, state_.arch());
    if (!pixel) continue;
    ++count;
    if (writes)
      put_map(replayed_->maps[from.map(pixel->y, pixel->x, block)],
              state_.acts.block(place, pixel->y, pixel->x, block));
  }
  if (writes) {
    if (first_group == 0) counters_.saturations += replayed_->saturations[from.saturations(id.t, block)];
    counters_.act_writes += count;
  }
  counters_.post_ops += count * arch::block;
  counters_.residual_reads += layer.residual ? count : 0;
}

/// The greatest code of some is 0 or not; which, their maps do not say.
void FastEngine::replay_pool(const Instr& pool, int iteration) {
  const fast::MapLayout::Outputs from = map_layout().outputs(pool, iteration);
  const TensorPlace place = program::output_place(pool);
  for (int y = 0; y < pool.out_h; ++y)
    for (int x = 0; x < pool.out_w; ++x)
      for (int block = 0; block < pool.out_blocks; ++block)
        put_map(replayed_->maps[from.map(y, x, block)], state_.acts.block(place, y, x, block));
}

}  // namespace wd::sim
