// SPDX-License-Identifier: Apache-2.0
#include "flow/slice_stimulus.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "base/integer.hpp"

namespace wd::flow {
namespace {

constexpr int slice_idle_cycles = 2;

int rows_per_chunk(const arch::Arch& arch, const SliceTile& tile) {
  return ceil_div(tile.planes, arch.planes_per_row);
}

/// A bit-plane of 16 weights: a set bit, and the sign of a set bit; without a bit, that the weight is not zero.
struct PlaneWord {
  std::uint16_t mask = 0, sign = 0;
};
PlaneWord plane_word(const SliceTile& tile, int chunk, int channel, int plane) {
  PlaneWord word;
  for (int i = 0; i < slice_chunk; ++i) {
    const int w = tile.weights[index((chunk * slice_chunk + i) * slice_pes + channel)];
    const bool set = std::abs(w) >> plane & 1;
    word.mask = static_cast<std::uint16_t>(word.mask | set << i);
    word.sign = static_cast<std::uint16_t>(word.sign | (set ? w < 0 : w != 0) << i);
  }
  return word;
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
  Stimulus(const arch::Arch& arch, unsigned ungated)
      : arch_(arch),
        ungated_(ungated),
        entry_bits_(arch.entries > 1 ? std::bit_width(static_cast<unsigned>(arch.entries - 1)) : 1),
        info_(index(arch.window), 0),
        words_(index(slice_pes * arch.planes_per_row)),
        maps_(index(arch.groups_per_walker), 0),
        codes_(index(slice_chunk), 0) {}

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
    for (int i = 0; i < slice_idle_cycles; ++i) line(i == 0);
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
    const int of_set = arch_.groups_per_walker;
    for (int g = 0; g < of_set; ++g) maps_[index(g)] = tile_->maps[index(chunk * of_set + g)];
    for (int i = 0; i < slice_chunk; ++i) codes_[index(i)] = tile_->codes[index(chunk * slice_chunk + i)];
  }

  void line(bool show) {
    Bits bits;
    bits.add(0xffU & ~ungated_, 8);  // gates by level from bit 0; skips on
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
      bits.add(words_[w].sign, slice_chunk);
      bits.add(words_[w].mask, slice_chunk);
    }
    for (std::size_t g = maps_.size(); g-- > 0;) bits.add(maps_[g], slice_chunk);
    for (std::size_t i = codes_.size(); i-- > 0;) bits.add(codes_[i], 8);
    out_ += bits.hex() + (show ? " 1\n" : " 0\n");
  }

  const arch::Arch& arch_;
  const unsigned ungated_;
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

}  // namespace

int slice_cycles(const SliceTile& tile) { return 1 + tile.run_cycles + slice_idle_cycles; }

std::string slice_stimulus(const arch::Arch& arch, const std::vector<SliceTile>& tiles, unsigned ungated) {
  Stimulus stimulus(arch, ungated);
  stimulus.reset();
  for (const SliceTile& tile : tiles) stimulus.add(tile);
  return stimulus.take();
}

}  // namespace wd::flow
