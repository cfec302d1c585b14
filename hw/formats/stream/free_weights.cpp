// SPDX-License-Identifier: Apache-2.0
#include "hw/formats/stream/free_weights.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "hw/formats/stream/freeze_generator.hpp"
#include "hw/formats/stream/weight_code.hpp"

namespace wd::stream {
namespace {

FreezeGenerator generator(const model::Freeze& freeze) {
  return {freeze.seed, static_cast<std::uint32_t>(freeze.pruned), static_cast<std::uint32_t>(freeze.locked)};
}

/// Of each stream, all weights.
std::vector<std::size_t> stream_sizes(const model::Weights& weights) {
  const std::size_t row = weights.count() / static_cast<std::size_t>(weights.out_channels);
  std::vector<std::size_t> sizes;
  for (int first = 0; first < weights.out_channels; first += stream_channels)
    sizes.push_back(row * static_cast<std::size_t>(std::min(stream_channels, weights.out_channels - first)));
  return sizes;
}

}  // namespace

FreeWeights::FreeWeights(const model::Weights& weights, const std::string& origin)
    : levels(weights.levels), signs(weights.learned_signs), stream_weights(stream_sizes(weights)) {
  if (!weights.freeze) return;
  const FreezeGenerator frozen = generator(*weights.freeze);
  const auto locked_level = static_cast<std::uint8_t>(weights.freeze->level);
  std::size_t at = 0, locked = 0;
  for (std::size_t& stream : stream_weights) {
    const std::size_t end = at + stream, before = free_levels_.size();
    for (; at < end; ++at) {
      const FreezeState state = frozen.state(at);
      if (state == FreezeState::free) {
        free_levels_.push_back(levels[at]);
        if (!signs.empty()) free_signs_.push_back(signs[at]);
        continue;
      }
      const std::uint8_t level = state == FreezeState::locked ? locked_level : std::uint8_t{0};
      WD_REQUIRE(levels[at] == level, origin, ": weights '", weights.name, "': weight ", at,
                 " is frozen at level ", int{level}, " by its seed, but has level ", int{levels[at]});
      if (state == FreezeState::pruned || signs.empty()) continue;
      if (locked % 8 == 0) locked_signs.push_back(0);
      locked_signs.back() = static_cast<std::uint8_t>(locked_signs.back() | signs[at] << (7 - locked % 8));
      ++locked;
    }
    stream = free_levels_.size() - before;
  }
  levels = free_levels_;
  signs = free_signs_;
}

FreeCounts::FreeCounts(const model::Weights& weights)
    : stream_weights(stream_sizes(weights)), free(weights.count()) {
  if (!weights.freeze) return;
  const FreezeGenerator frozen = generator(*weights.freeze);
  std::size_t at = 0;
  free = 0;
  for (std::size_t& stream : stream_weights) {
    const std::size_t end = at + stream;
    stream = 0;
    for (; at < end; ++at) {
      const FreezeState state = frozen.state(at);
      stream += state == FreezeState::free;
      locked += state == FreezeState::locked;
    }
    free += stream;
  }
}

std::size_t coded_bytes(const model::Weights& weights) {
  const FreeWeights free(weights, weights.name);
  std::size_t bytes = free.locked_signs.size();
  if (!free.levels.empty())
    bytes += encode_weights(free.levels, free.signs, weights.coats, {free.stream_weights, {}, {}}).size();
  return bytes;
}

void put_back(model::Weights& weights, std::vector<std::uint8_t> levels, std::vector<std::uint8_t> signs,
              std::span<const std::uint8_t> locked_signs, const std::string& origin) {
  if (!weights.freeze) {
    weights.levels = std::move(levels);
    weights.learned_signs = std::move(signs);
    return;
  }
  const bool learned = weights.signs == model::SignSource::learned;
  const FreezeGenerator frozen = generator(*weights.freeze);
  const auto locked_level = static_cast<std::uint8_t>(weights.freeze->level);
  // In place: the free ones move to the end, from where none is overwritten before it is taken.
  const std::size_t free = levels.size();
  std::size_t next = weights.count() - free, locked = 0;
  for (std::vector<std::uint8_t>* values : {&levels, &signs}) {
    if (values == &signs && !learned) continue;
    values->resize(weights.count());
    std::move_backward(values->begin(), values->begin() + static_cast<std::ptrdiff_t>(free), values->end());
  }
  weights.levels = std::move(levels);
  weights.learned_signs = std::move(signs);
  for (std::size_t at = 0; at < weights.count(); ++at) {
    const FreezeState state = frozen.state(at);
    if (state == FreezeState::free) {
      weights.levels[at] = weights.levels[next];
      if (learned) weights.learned_signs[at] = weights.learned_signs[next];
      ++next;
    } else if (state == FreezeState::locked) {
      weights.levels[at] = locked_level;
      if (learned) weights.learned_signs[at] = locked_signs[locked / 8] >> (7 - locked % 8) & 1;
      ++locked;
    } else {
      weights.levels[at] = 0;
      if (learned) weights.learned_signs[at] = 0;
    }
  }
  if (learned && locked % 8 != 0)
    WD_REQUIRE((locked_signs[locked / 8] & (0xff >> locked % 8)) == 0, origin,
               ": the padding after the last locked sign is not zero");
}

}  // namespace wd::stream
