// SPDX-License-Identifier: Apache-2.0
// The fast simulator's bursts to memory outside of the chip.
//
// What      data move when it is known in which cycle a burst starts, which is before whoever waits for it goes on: the checker has proved
//           that nobody looks at them earlier (hw/formats/program/burst_order.hpp).
// Test      testbench/platform_test.cpp (all models of the chip against each other)
#include <algorithm>

#include "hw/formats/program/weight_bursts.hpp"
#include "sim/fast/fast_engine.hpp"

namespace wd::sim {

FastEngine::Run FastEngine::execute(std::uint32_t entry) {
  run(entry);
  return {counters_, std::max(cycle_, bursts_.finish_all())};
}

std::uint64_t FastEngine::load(const arch::Instr& burst, int iteration, std::uint64_t start) {
  beats_.resize(std::size_t{1} * static_cast<unsigned>(burst.count) * program::beat_bytes);
  const auto first = static_cast<std::uint64_t>(program::burst_address(burst, iteration));
  std::uint64_t last = 0;
  if (burst.coded) {
    const stream::ChipDecoderShape shape = program::decoder_shape(state_.arch());
    fast::KnownDecoding& known = decodings_[{first, burst.count}];
    if (!known.plan && memory_->peek(first, beats_)) known.expect(beats_, shape);
    fast::KnownDecoderClock decoder(shape, start, known);
    memory_->read(start + 1, first, beats_,
                  [&](std::uint64_t shown, const std::uint8_t* beat) { return decoder.take(shown, beat); });
    last = decoder.finish();
    count_decoder(decoder.activity(), decoder.activity().cycles);
    if (const auto cycle = decoder.given_up()) {
      if (!given_up_)
        given_up_ = GivenUp{*cycle, static_cast<std::uint32_t>(&burst - state_.program().instrs.data())};
      return last;
    }
  } else {
    last = memory_->read(start + 1, first, beats_, {});
  }
  // Kept weights are known by where they lie, which is used again.
  if (state_.load(burst, iteration, beats_))
    weights_ = std::make_shared<fast::DecodedWeights>(options_.weights_limit);
  return last;
}

void FastEngine::store(const arch::Instr& burst, int iteration, std::uint64_t word, std::uint64_t words,
                       std::uint64_t sent) {
  const auto base = static_cast<std::uint64_t>(program::burst_address(burst, iteration));
  const auto count = static_cast<std::uint64_t>(burst.count);
  if (word == 0) beats_ = state_.stored(burst);  // its rows stay as they are until somebody has waited for it
  for (const std::uint64_t end = word + words; word < end; ++word, ++sent) {
    const std::uint64_t behind = base + word + 1;
    if (behind % fast::bus_beats != 0 && word + 1 != count) continue;
    const std::uint64_t first =
        std::max(base, word == 0 ? base : (base + word) / fast::bus_beats * fast::bus_beats);
    memory_->write(sent, first,
                   std::span(beats_).subspan((first - base) * program::beat_bytes,
                                             (behind - first) * program::beat_bytes));
  }
}

}  // namespace wd::sim
