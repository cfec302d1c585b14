// SPDX-License-Identifier: Apache-2.0
#include "sim/fast/decoded_weights.hpp"

#include <algorithm>
#include <cstring>

#include "sim/fast/weight_bytes.hpp"

namespace wd::sim::fast {

std::size_t bytes_of(const LayerRows& rows) {
  std::size_t bytes = 0;
  for (const TileRows& tile : rows)
    bytes += tile.walk.size() * 8 + tile.walk16.size() * 2 + tile.operands.size() + tile.weights.size() +
             tile.base.size() * 8;
  return bytes;
}

void add_levels(std::span<const program::WeightRow> planes, int chunk, TileRows& rows) {
  const std::size_t width = planes.front().size(), quads = static_cast<std::size_t>(chunk) / 4;
  const std::size_t before = rows.weights.size();
  rows.weights.resize(before + quads * width * 4);
  rows.base.resize(width, 0.0);
  for (std::size_t pe = 0; pe < width; ++pe) {
    std::int64_t sum = 0;
    for (std::size_t eight = 0; eight < quads / 2; ++eight) {
      std::uint64_t plus = 0, minus = 0;
      for (std::size_t plane = 0; plane < planes.size(); ++plane) {
        const program::WeightWord& word = planes[plane][pe];
        const std::uint64_t mask = word.mask >> 8 * eight, sign = word.sign >> 8 * eight;
        plus |= bytes_of_bits(mask & ~sign) << plane;
        minus |= bytes_of_bits(mask & sign) << plane;
      }
      constexpr std::uint64_t each = 0x0101010101010101;
      sum += static_cast<std::int64_t>(plus * each >> 56) - static_cast<std::int64_t>(minus * each >> 56);
      const std::uint64_t levels = difference_of_bytes(plus, minus);
      std::int8_t* const to = &rows.weights[before + (2 * eight * width + pe) * 4];
      std::memcpy(to, &levels, 4);
      const std::uint32_t second = static_cast<std::uint32_t>(levels >> 32);
      std::memcpy(to + width * 4, &second, 4);
    }
    rows.base[pe] -= 4.0 * 65536 * static_cast<double>(sum);
  }
}

LayerRows decode_layer(const ChipState& state, const arch::Instr& conv, const Organisation& organisation) {
  const int pes = state.arch().pes_per_group, chunk = state.arch().chunk;
  const int stored = program::stored_rows(conv, state.arch());
  const int repeats = conv.pooled ? program::tile_positions(conv) : 1;
  LayerRows tiles(static_cast<std::size_t>(conv.tiles_oc));
  std::vector<program::WeightRow> planes(static_cast<std::size_t>(conv.planes));  // of a chunk
  for (int tile = 0; tile < conv.tiles_oc; ++tile) {
    TileRows& rows = tiles[static_cast<std::size_t>(tile)];
    rows.channels = std::min(pes, conv.out_blocks * arch::block - tile * pes);
    rows.weights.reserve(std::size_t{1} * repeats * (stored / conv.planes) * chunk * pes);
    for (int row = 0; row < repeats * stored; row += conv.planes) {
      for (int plane = 0; plane < conv.planes; ++plane)
        state.weight_row(conv.weight_row + tile * stored + (row + plane) % stored,
                         planes[static_cast<std::size_t>(plane)]);
      add_levels(planes, chunk, rows);
      organisation.add_chunk(planes, rows);
    }
  }
  return tiles;
}

std::shared_ptr<const LayerRows> DecodedWeights::get(WeightKey key, const std::function<LayerRows()>& make) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Entry>& found = entries_[std::move(key)];
    if (!found) found = std::make_shared<Entry>();
    entry = found;
  }
  {
    const std::lock_guard lock(entry->making);
    if (entry->rows) return entry->rows;
    if (!entry->made) {
      auto rows = std::make_shared<const LayerRows>(make());
      entry->made = true;
      const std::lock_guard all(mutex_);
      const std::size_t bytes = bytes_of(*rows);
      if (kept_ + bytes <= limit_) {
        kept_ += bytes;
        entry->rows = rows;
      }
      return rows;
    }
  }
  return std::make_shared<const LayerRows>(make());  // does not fit
}

std::size_t DecodedWeights::kept_bytes() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

}  // namespace wd::sim::fast
