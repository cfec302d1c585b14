// SPDX-License-Identifier: Apache-2.0
#include "algo/reservoir/lazy_reservoir.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace wd::algo {
namespace {

bool get(const std::vector<std::uint64_t>& bits, std::size_t i) { return bits[i / 64] >> (i % 64) & 1; }
void put(std::vector<std::uint64_t>& bits, std::size_t i, bool value) {
  bits[i / 64] |= std::uint64_t{value} << (i % 64);
}

/// @return the neighbour's coordinate, or -1 where the plane ends
int neighbour(int at, int offset, int size, Boundary boundary) {
  const int to = at + offset;
  if (boundary == Boundary::periodic) return (to + size) % size;
  return to >= 0 && to < size ? to : -1;
}

}  // namespace

LazyCounts& LazyCounts::operator+=(const LazyCounts& other) {
  images += other.images;
  bit_tests += other.bit_tests;
  cells_asked += other.cells_asked;
  pixel_bits += other.pixel_bits;
  cells_computed += other.cells_computed;
  cells_read += other.cells_read;
  return *this;
}

LazyReservoir::LazyReservoir(const Reservoir& reservoir)
    : reservoir_(reservoir),
      known_(reservoir.feature_words()),
      value_(reservoir.feature_words()),
      asked_(reservoir.feature_words()) {
  for (const Automaton& automaton : reservoir.config().automata) rules_.push_back(local_rule(automaton));
}

void LazyReservoir::start(std::span<const std::uint8_t> image) {
  image_ = image;
  ++counts_.images;
  for (auto* bits : {&known_, &value_, &asked_}) std::fill(bits->begin(), bits->end(), 0);
}

bool LazyReservoir::bit(std::size_t feature) {
  WD_ASSERT(feature < reservoir_.features());
  ++counts_.bit_tests;
  counts_.cells_asked += !get(asked_, feature);
  put(asked_, feature, true);
  return cell(feature);
}

bool LazyReservoir::cell(std::size_t feature) {
  if (get(known_, feature)) return get(value_, feature);
  const bool value = compute(feature);
  put(known_, feature, true);
  put(value_, feature, value);
  return value;
}

bool LazyReservoir::compute(std::size_t feature) {
  const std::size_t slab = feature / reservoir_.slab_cells(), within = feature % reservoir_.slab_cells();
  const auto height = static_cast<std::size_t>(reservoir_.height()),
             width = static_cast<std::size_t>(reservoir_.width());
  const std::size_t position = within % (height * width), plane = within / (height * width);
  if (slab == 0) {
    ++counts_.pixel_bits;
    return reservoir_.encoding().bit(static_cast<int>(plane), image_[position]);
  }
  const auto steps = static_cast<std::size_t>(reservoir_.config().steps);
  // The step before the first one is the encoded image, which all automata share.
  const std::size_t before = (slab - 1) % steps == 0 ? 0 : slab - 1;
  const std::size_t from = before * reservoir_.slab_cells() + plane * height * width;
  const LocalRule& rule = rules_[(slab - 1) / steps];
  const Boundary boundary = reservoir_.config().boundary;
  const int row = static_cast<int>(position / width), column = static_cast<int>(position % width);
  std::size_t pattern = 0;
  for (std::size_t k = 0; k < rule.offsets.size(); ++k) {
    const int y = neighbour(row, rule.offsets[k].dy, reservoir_.height(), boundary);
    const int x = neighbour(column, rule.offsets[k].dx, reservoir_.width(), boundary);
    if (y < 0 || x < 0) continue;  // cells outside are 0
    const std::size_t at = static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x);
    pattern |= std::size_t{cell(from + at)} << k;
    ++counts_.cells_read;
  }
  ++counts_.cells_computed;
  return rule.next[pattern];
}

FullCounts full_counts(const Reservoir& reservoir) {
  FullCounts counts;
  const auto steps = static_cast<std::uint64_t>(reservoir.config().steps);
  const auto planes = static_cast<std::uint64_t>(reservoir.encoding().planes());
  for (const Automaton& automaton : reservoir.config().automata) {
    counts.cells_computed += reservoir.slab_cells() * steps;
    for (const LocalRule::Offset& offset : local_rule(automaton).offsets)
      for (int y = 0; y < reservoir.height(); ++y)
        for (int x = 0; x < reservoir.width(); ++x)
          if (neighbour(y, offset.dy, reservoir.height(), reservoir.config().boundary) >= 0 &&
              neighbour(x, offset.dx, reservoir.width(), reservoir.config().boundary) >= 0)
            counts.cells_read += planes * steps;
  }
  return counts;
}

}  // namespace wd::algo
