// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "hw/formats/stream/huffman.hpp"
#include "hw/formats/stream/weight_code.hpp"

namespace wd::stream {
namespace {

struct Candidate {
  const TokenHistogram* histogram;
  std::uint64_t own_bytes;  // of its code with a table of its own, and of that table
};

/// More than any file if a symbol has no code.
std::uint64_t coded_bytes(const CodeTable& table, const TokenHistogram& histogram) {
  return table.payload_bits(histogram) / 8 + 1;
}

/// Which layers this table makes smaller, and by how much in all.
struct Group {
  std::vector<std::size_t> members;
  std::int64_t gain = 0;
};

Group group_of(const CodeTable& table, const std::vector<Candidate>& layers) {
  Group group;
  group.gain = -static_cast<std::int64_t>(table.bytes()) - 2;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::uint64_t bytes = coded_bytes(table, *layers[i].histogram) + 1;
    if (bytes >= layers[i].own_bytes) continue;
    group.gain += static_cast<std::int64_t>(layers[i].own_bytes - bytes);
    group.members.push_back(i);
  }
  return group;
}

/// Tables for those of a class's layers that gain by them: each starts from the table of all, or of the layer whose
/// own serves the others best, and is made again for those that it serves.
void add_tables(std::span<const LayerHistogram> layers, const WeightKinds& kinds,
                std::vector<CodeTable>& tables) {
  std::vector<Candidate> left;
  std::vector<CodeTable> own;
  for (const LayerHistogram& layer : layers)
    if (layer.kinds == kinds) {
      own.push_back(best_table(layer.histogram, kinds));
      left.push_back({&layer.histogram, coded_bytes(own.back(), layer.histogram) + own.back().bytes()});
    }
  while (left.size() >= 2 && tables.size() < max_shared_tables) {
    CodeTable best;
    Group group;
    const auto consider = [&](const CodeTable& table) {
      Group other = group_of(table, left);
      if (other.gain <= group.gain) return;
      best = table;
      group = std::move(other);
    };
    TokenHistogram all;
    for (const Candidate& layer : left) all.add(*layer.histogram);
    consider(best_table(all, kinds));
    for (const CodeTable& table : own) consider(table);
    for (bool better = group.gain > 0; better;) {
      TokenHistogram sum;
      for (const std::size_t member : group.members) sum.add(*left[member].histogram);
      CodeTable again = best_table(sum, kinds);
      Group other = group_of(again, left);
      better = other.gain > group.gain;
      if (!better) break;
      best = std::move(again);
      group = std::move(other);
    }
    if (group.gain <= 0) return;
    tables.push_back(std::move(best));
    for (auto member = group.members.rbegin(); member != group.members.rend(); ++member) {
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(*member));
      own.erase(own.begin() + static_cast<std::ptrdiff_t>(*member));
    }
  }
}

}  // namespace

std::vector<CodeTable> choose_shared_tables(std::span<const LayerHistogram> layers) {
  std::vector<CodeTable> tables;
  for (int coats = 1; coats <= max_coats; ++coats)
    for (const bool has_signs : {false, true}) add_tables(layers, {coats, has_signs}, tables);
  return tables;
}

}  // namespace wd::stream
