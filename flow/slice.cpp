// SPDX-License-Identifier: Apache-2.0
#include "flow/slice.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <random>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "hw/numerics/fp8.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::flow {
namespace {

constexpr int chunk_size = 16, idle_cycles = 2;

int rows_per_chunk(const arch::Arch& arch, const SliceTile& tile) {
  return ceil_div(tile.planes, arch.planes_per_row);
}

/// Bit planes `first` .. of 16 weights: a set bit, and the sign of a set bit; without a bit, that the weight is not zero.
struct PlaneWord {
  std::uint16_t mask = 0, sign = 0;
};
PlaneWord plane_word(const SliceTile& tile, int chunk, int channel, int plane) {
  PlaneWord word;
  for (int i = 0; i < chunk_size; ++i) {
    const int w = tile.weights[index((chunk * chunk_size + i) * slice_pes + channel)];
    const bool set = std::abs(w) >> plane & 1;
    word.mask = static_cast<std::uint16_t>(word.mask | set << i);
    word.sign = static_cast<std::uint16_t>(word.sign | (set ? w < 0 : w != 0) << i);
  }
  return word;
}

/// Positions of a row that a channel walks, before activations.
std::uint16_t row_mask(const arch::Arch& arch, const SliceTile& tile, int row, int channel) {
  const int per_chunk = rows_per_chunk(arch, tile), first = row % per_chunk * arch.planes_per_row;
  std::uint16_t mask = 0;
  for (int plane = first; plane < std::min(tile.planes, first + arch.planes_per_row); ++plane)
    mask = static_cast<std::uint16_t>(mask | plane_word(tile, row / per_chunk, channel, plane).mask);
  return channel < tile.channels ? mask : 0;
}

std::uint16_t set_map(const SliceTile& tile, int chunk, int groups) {
  std::uint16_t map = 0;
  for (int g = 0; g < groups; ++g)
    map = static_cast<std::uint16_t>(map | tile.maps[index(chunk * groups + g)]);
  return map;
}

/// A vector of bits, put together from the most significant end as the test bench takes it apart.
class Bits {
 public:
  void add(std::uint64_t value, int width) {
    for (int bit = width - 1; bit >= 0; --bit) bits_.push_back(value >> bit & 1);
  }
  std::string hex() const {
    std::string out;
    std::vector<bool> all(ceil_div(bits_.size(), 4) * 4 - bits_.size(), false);
    all.insert(all.end(), bits_.begin(), bits_.end());
    for (std::size_t i = 0; i < all.size(); i += 4)
      out += "0123456789abcdef"[all[i] * 8 + all[i + 1] * 4 + all[i + 2] * 2 + all[i + 3]];
    return out;
  }

 private:
  std::vector<bool> bits_;
};

class Stimulus {
 public:
  explicit Stimulus(const arch::Arch& arch)
      : arch_(arch),
        entry_bits_(arch.entries > 1 ? std::bit_width(static_cast<unsigned>(arch.entries - 1)) : 1),
        info_(index(arch.window), 0),
        words_(index(slice_pes * arch.planes_per_row)),
        maps_(index(arch.groups()), 0),
        codes_(index(chunk_size), 0) {}

  void reset() {
    for (int i = 0; i < slice_reset_cycles; ++i) {
      reset_ = i < slice_reset_cycles - 2;
      line(false);
    }
  }

  void add(const SliceTile& tile) {
    tile_ = &tile;
    slot_ = 0;
    setup_ = true;
    line(false);
    setup_ = false;
    next_row_ = 0;
    for (int cycle = 0; cycle < tile.run_cycles; ++cycle) run_cycle(cycle);
    null_ = flush_ = false;
    for (int i = 0; i < idle_cycles; ++i) line(i == 0);
  }

  std::string take() { return std::move(out_); }

 private:
  void run_cycle(int cycle) {
    const SliceTile& tile = *tile_;
    const int per_chunk = rows_per_chunk(arch_, tile), rows = static_cast<int>(tile.row_issue.size());
    const auto issue = [&](int row) { return static_cast<int>(tile.row_issue[index(row)]); };
    if (next_row_ < rows && cycle >= (next_row_ == 0 ? 1 : issue(next_row_ - 1) + 1)) show_row(next_row_);
    const int chunk = next_row_ / per_chunk;
    const bool first = next_row_ % per_chunk == 0;
    if (next_row_ < rows && first) {
      const int before = chunk == 0 ? 0 : issue(next_row_ - per_chunk);
      if (cycle >= before + tile.sub_reads[index(chunk)] + 1) stage(chunk);
    }
    issues_ = next_row_ < rows && cycle == issue(next_row_);
    load_ = issues_ && first;
    null_ = cycle == tile.run_cycles - 3;
    flush_ = cycle >= tile.run_cycles - 2;
    line(false);
    if (!issues_) return;
    info_[index(slot_)] = static_cast<unsigned>(next_row_ % per_chunk * arch_.planes_per_row) << entry_bits_ |
                          static_cast<unsigned>(chunk % arch_.entries);
    slot_ = (slot_ + 1) % arch_.window;
    ++next_row_;
    issues_ = load_ = false;
  }

  void show_row(int row) {
    const int per_chunk = rows_per_chunk(arch_, *tile_), plane = row % per_chunk * arch_.planes_per_row;
    first_ = row % per_chunk == 0;
    planes_ = std::min(arch_.planes_per_row, tile_->planes - plane);
    entry_ = row / per_chunk % arch_.entries;
    for (int p = 0; p < slice_pes; ++p)
      for (int j = 0; j < arch_.planes_per_row; ++j)
        words_[index(p * arch_.planes_per_row + j)] =
            j < planes_ ? plane_word(*tile_, row / per_chunk, p, plane + j) : PlaneWord{};
  }
  void stage(int chunk) {
    for (int g = 0; g < arch_.groups(); ++g) maps_[index(g)] = tile_->maps[index(chunk * arch_.groups() + g)];
    for (int i = 0; i < chunk_size; ++i) codes_[index(i)] = tile_->codes[index(chunk * chunk_size + i)];
  }

  void line(bool show) {
    Bits bits;
    bits.add(0xff, 8);  // all gates and skips on
    bits.add(reset_, 1);
    bits.add(setup_, 1);
    bits.add(null_, 1);
    bits.add(flush_, 1);
    bits.add(tile_ != nullptr, 1);
    bits.add(tile_ == nullptr ? 0xffff : (1U << tile_->channels) - 1, slice_pes);
    bits.add(issues_ ? 1U << slot_ : 0, arch_.window);
    bits.add(load_, 1);
    bits.add(1U << entry_, arch_.entries);
    bits.add(first_, 1);
    bits.add(static_cast<unsigned>(planes_), 2);
    bits.add((1U << arch_.window) - (1U << slot_), arch_.window);
    for (std::size_t s = info_.size(); s-- > 0;) bits.add(info_[s], 2 + entry_bits_);
    for (std::size_t w = words_.size(); w-- > 0;) {
      bits.add(words_[w].sign, chunk_size);
      bits.add(words_[w].mask, chunk_size);
    }
    for (std::size_t g = maps_.size(); g-- > 0;) bits.add(maps_[g], chunk_size);
    for (std::size_t i = codes_.size(); i-- > 0;) bits.add(codes_[i], 8);
    out_ += bits.hex() + (show ? " 1\n" : " 0\n");
  }

  const arch::Arch& arch_;
  const int entry_bits_;
  const SliceTile* tile_ = nullptr;
  std::string out_;
  bool reset_ = true, setup_ = false, null_ = false, flush_ = false, issues_ = false, load_ = false,
       first_ = false;
  int planes_ = 1, slot_ = 0, entry_ = 0, next_row_ = 0;
  std::vector<unsigned> info_;
  std::vector<PlaneWord> words_;
  std::vector<std::uint16_t> maps_;
  std::vector<std::uint8_t> codes_;
};

const std::vector<std::uint32_t>& row_issue(const sim::fast::TileTiming& timing) {
  for (const sim::TileDetail& detail : timing.details)
    if (detail.part == "row") return detail.values;
  fail("characterize: the array's organisation reports no rows");
}

void require_walker_sets(const arch::Arch& arch) {
  WD_REQUIRE(arch.array() == arch::Organisation::walker_sets && arch.chunk == chunk_size &&
                 arch.groups_per_walker == arch.groups(),
             "characterize: the slice is one of walker sets with chunks of 16 and a walker for all groups; "
             "chunk is ",
             arch.chunk, ", groups_per_walker ", arch.groups_per_walker);
}

}  // namespace

SliceEvents& SliceEvents::operator+=(const SliceEvents& other) {
  cycles += other.cycles;
  rows += other.rows;
  chunks += other.chunks;
  walks += other.walks;
  starts += other.starts;
  flushes += other.flushes;
  low_operands += other.low_operands;
  high_operands += other.high_operands;
  double_operands += other.double_operands;
  return *this;
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
  for (int k = 0; k < tile.chunks * chunk_size; ++k)
    for (int p = 0; p < slice_pes; ++p)
      tile.weights.push_back(
          record.rows.weights[index((k / 4 * arch.pes_per_group + block * slice_pes + p) * 4 + k % 4)]);
  const program::TensorPlace place = program::input_place(record.conv);
  const int words = program::block_words(record.conv.in_blocks, arch);
  for (int k = 0; k < tile.chunks; ++k)
    for (int g = 0; g < arch.groups(); ++g) {
      const auto pixel = program::operand_pixel(record.conv, record.id.t, g, k / words, arch);
      const std::uint8_t* codes =
          pixel ? record.state.acts.word(place, pixel->y, pixel->x, k % words) : nullptr;
      std::uint16_t map = 0;
      for (int i = 0; i < chunk_size; ++i) {
        const std::uint8_t code = codes == nullptr ? 0 : codes[i];
        map = static_cast<std::uint16_t>(map | ((code & 0x7f) != 0) << i);
        if (g == group) tile.codes.push_back(code);
      }
      tile.maps.push_back(map);
    }
  for (int p = 0; p < tile.channels; ++p)
    tile.sums.push_back(
        static_cast<std::int64_t>(record.sums[index(group * arch.pes_per_group + block * slice_pes + p)]));
  return tile;
}

std::vector<SliceTile> record_slices(const program::Program& program, std::span<const std::uint8_t> input,
                                     std::uint64_t seed, int cycles) {
  const arch::Arch& arch = program.arch;
  require_walker_sets(arch);
  sim::FastEngine engine(program, {});
  engine.load();
  std::vector<int> lengths;
  engine.set_recorder([&](const sim::fast::TileRecord& record) {
    const bool plain = record.conv.pooled == 0 && !record.in_place;
    lengths.push_back(plain ? static_cast<int>(record.timing.run_cycles) : 0);
  });
  engine.frame(input);
  std::mt19937_64 random(seed);
  std::vector<std::size_t> order(lengths.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  std::vector<bool> wanted(lengths.size(), false);
  int left = cycles;
  for (const std::size_t i : order)
    if (lengths[i] > 0 && lengths[i] <= left) {
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
  WD_REQUIRE(!tiles.empty(), "characterize: --cycles ", cycles,
             " is less than any tile of the program takes");
  std::shuffle(tiles.begin(), tiles.end(), random);
  return tiles;
}

SliceEvents slice_events(const arch::Arch& arch, const SliceTile& tile) {
  SliceEvents events;
  const int per_chunk = rows_per_chunk(arch, tile);
  events.cycles = slice_cycles(tile);
  events.chunks = tile.chunks;
  events.rows = static_cast<double>(tile.row_issue.size());
  if (arch.sum_segment != 0) events.flushes = 2.0 * tile.channels;
  for (int p = 0; p < slice_pes; ++p) {
    std::uint32_t free = 0;  // the cycle after the last walk
    for (int row = 0; row < static_cast<int>(tile.row_issue.size()); ++row) {
      const int chunk = row / per_chunk, first = row % per_chunk * arch.planes_per_row;
      const std::uint16_t walk =
          static_cast<std::uint16_t>(row_mask(arch, tile, row, p) & set_map(tile, chunk, arch.groups()));
      if (walk == 0) continue;
      const std::uint32_t take = tile.row_issue[index(row)] + 2;
      events.starts += free < take;
      free = std::max(free, take) + static_cast<std::uint32_t>(std::popcount(walk));
      events.walks += std::popcount(walk);
      for (int i = 0; i < chunk_size; ++i) {
        const std::uint8_t code = tile.codes[index(chunk * chunk_size + i)];
        if ((walk >> i & 1) == 0 || (code & 0x7f) == 0) continue;
        const int w = std::abs(int{tile.weights[index((chunk * chunk_size + i) * slice_pes + p)]});
        const unsigned part = static_cast<unsigned>(w >> first) & ((1U << arch.planes_per_row) - 1);
        (numerics::fp8_shift(code) < arch.sum_segment ? events.low_operands : events.high_operands) += 1;
        events.double_operands += std::popcount(part) > 1;
      }
    }
  }
  return events;
}

int slice_cycles(const SliceTile& tile) { return 1 + tile.run_cycles + idle_cycles; }

std::string slice_stimulus(const arch::Arch& arch, const std::vector<SliceTile>& tiles) {
  Stimulus stimulus(arch);
  stimulus.reset();
  for (const SliceTile& tile : tiles) stimulus.add(tile);
  return stimulus.take();
}

}  // namespace wd::flow
