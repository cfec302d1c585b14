// SPDX-License-Identifier: Apache-2.0
#include "flow/ranges.hpp"

#include <algorithm>

namespace wd::flow {
namespace {

/// a's counters become what `join` makes of them and b's.
template <typename Join>
void join_counters(arch::Counters& a, const arch::Counters& b, Join join) {
#define ARCH_COUNTER(name, sv, unit, meaning) a.name = join(a.name, b.name);
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
}

std::uint64_t lesser(std::uint64_t a, std::uint64_t b) { return std::min(a, b); }
std::uint64_t greater(std::uint64_t a, std::uint64_t b) { return std::max(a, b); }

}  // namespace

void CounterRanges::add(const arch::Counters& frame) {
  CounterRanges one;
  one.least_ = one.greatest_ = one.sum_ = frame;
  one.frames_ = 1;
  *this += one;
}

CounterRanges& CounterRanges::operator+=(const CounterRanges& other) {
  if (other.frames_ == 0) return *this;
  if (frames_ == 0) return *this = other;
  join_counters(least_, other.least_, lesser);
  join_counters(greatest_, other.greatest_, greater);
  sum_ += other.sum_;
  frames_ += other.frames_;
  return *this;
}

nlohmann::json CounterRanges::to_json(int batch) const {
  nlohmann::json result = nlohmann::json::object();
  const auto of_image = [&](std::uint64_t n) { return static_cast<double>(n) / batch; };
#define ARCH_COUNTER(name, sv, unit, meaning)                                    \
  result[#name] = {{"min", of_image(least_.name)},                               \
                   {"mean", of_image(sum_.name) / static_cast<double>(frames_)}, \
                   {"max", of_image(greatest_.name)}};
#include "hw/arch/counters.def"
#undef ARCH_COUNTER
  return result;
}

void LayerRanges::add(const std::vector<arch::Counters>& since_start) {
  if (before_.empty()) {
    before_ = since_start;
    layers_.resize(since_start.size());
    return;
  }
  for (std::size_t i = 0; i < since_start.size(); ++i) {
    arch::Counters frame = since_start[i];
    join_counters(frame, before_[i], std::minus<>());
    layers_[i].add(frame);
  }
  before_ = since_start;
}

LayerRanges& LayerRanges::operator+=(const LayerRanges& other) {
  layers_.resize(std::max(layers_.size(), other.layers_.size()));
  for (std::size_t i = 0; i < other.layers_.size(); ++i) layers_[i] += other.layers_[i];
  return *this;
}

}  // namespace wd::flow
