// SPDX-License-Identifier: Apache-2.0
// A tensor's place in the activation buffer: in which bank and row each word of each pixel lies.
//
// Shape     a place is counted as 16 * row + bank: pixel q, in raster order, has its first word at place 16 * base + offset + q, the
//           next one `rows` rows further. A ring holds the last rows of a taller tensor: from pixel row `wrap` on they lie `rows` rows
//           earlier, where the ring begins again. docs/architecture.md.
// Units     all places fit an int where the fields are in the ranges of isa.def.
// Test      geometry_test.cpp
#pragma once

#include <algorithm>
#include <vector>

#include "hw/arch/arch.hpp"

namespace wd::program {

struct TensorPlace {
  int base = 0, width = 0;
  int rows = 0;    // from a pixel's word to its next one
  int offset = 0;  // bank of the first pixel
  int wrap = 0;    // pixel rows before the ring begins again; 0: it does not
};

/// Consecutive places, or rows of another buffer: first .. end - 1.
struct Span {
  int first = 0, end = 0;
  bool operator==(const Span&) const = default;
};

inline int word_place(const TensorPlace& place, int y, int x, int word, const arch::Arch& arch) {
  const int row = place.base + (word - (place.wrap != 0 && y >= place.wrap ? 1 : 0)) * place.rows;
  return row * arch.groups() + place.offset + y * place.width + x;
}

inline int pixel_bank(const TensorPlace& place, int y, int x, const arch::Arch& arch) {
  return (place.offset + y * place.width + x) % arch.groups();
}

/// Row of a pixel's word in its bank.
inline int pixel_row(const TensorPlace& place, int y, int x, int word, const arch::Arch& arch) {
  return word_place(place, y, x, word, arch) / arch.groups();
}

/// All places of a tensor's words, in ascending order, neighbours joined.
inline std::vector<Span> tensor_spans(const TensorPlace& place, int height, int words,
                                      const arch::Arch& arch) {
  std::vector<Span> spans;
  const auto add = [&](int y, int end_y, int word) {
    const int first = word_place(place, y, 0, word, arch);
    spans.push_back({first, first + (end_y - y) * place.width});
  };
  for (int word = 0; word < words; ++word) {
    const int wrap = place.wrap == 0 ? height : place.wrap;
    if (wrap < height) add(wrap, height, word);  // where the ring begins
    add(0, wrap, word);
  }
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.first < b.first; });
  std::size_t last = 0;
  for (std::size_t i = 1; i < spans.size(); ++i)
    if (spans[i].first <= spans[last].end)
      spans[last].end = std::max(spans[last].end, spans[i].end);
    else
      spans[++last] = spans[i];
  spans.resize(last + 1);
  return spans;
}

/// The first place that two lists of spans in ascending order have in common; -1: none.
inline int first_common(const std::vector<Span>& a, const std::vector<Span>& b) {
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size(); ++(a[i].end <= b[j].end ? i : j)) {
    const int first = std::max(a[i].first, b[j].first);
    if (first < std::min(a[i].end, b[j].end)) return first;
  }
  return -1;
}

}  // namespace wd::program
